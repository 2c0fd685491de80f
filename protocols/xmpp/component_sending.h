// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "protocols/engine.h"
#include "protocols/xmpp/settings.h"

namespace hanse::xmpp {

// What goes over the connection of a component, whichever side has made it: in order, each with its
// bytes, from wherever these are. The protocol has no acknowledgement: what the store has counts as
// delivered when the other host's TCP has taken it (xmpp 5.3), the rest when it is written. Pure.
class ComponentSending {
 public:
  // `look_timer`: one of the engine's, which brings it to look_again().
  ComponentSending(const XmppSettings& settings, TimerId look_timer)
      : settings_(&settings), look_timer_(look_timer) {}
  void apply(const XmppSettings& settings) { settings_ = &settings; }

  // Who has it then, for outcomes.
  void set_remote(std::string remote) { remote_ = std::move(remote); }

  void add(Work work) { works_.push_back(std::move(work)); }
  // Writes what can be written now; asks for the bytes of the first that has none.
  void write(std::string& wire, Outbox& out);
  void answered(AskId id, const Answer& answer, std::string& wire, Outbox& out);
  // All of `wire`, with what others have put there, goes on its way.
  void flush(std::string& wire, Outbox& out);
  bool all_written() const { return works_.empty(); }
  bool empty() const { return works_.empty() && under_way_.empty(); }

  // Settles what has been taken; at once, or when it is worth a look, and sets the timer for the
  // next. False: the other host takes nothing for as long as anybody may take to answer, and is to
  // be cut, so that what is on its way to it goes to whoever comes in its place.
  [[nodiscard]] bool look(Instant now, bool at_once, Outbox& out);
  [[nodiscard]] bool look_again(Instant now, Outbox& out);
  // The connection is over: what was taken, then what nobody knows the end of.
  void settle_taken(Instant now, Outbox& out);
  void lose(Outbox& out);

  void give_back(const Work& work, std::string_view why, Outbox& out) const;
  void give_all_back(std::string_view why, Outbox& out);

 private:
  struct UnderWay {
    std::uint64_t end;                     // where it is over, among all octets that left
    DeliveryId id;
  };
  void write_one(const Work& work, std::string_view bytes, std::string& wire, Outbox& out);
  void settle(DeliveryId id, std::string_view how, Outbox& out) const;

  const XmppSettings* settings_;           // never null
  const TimerId look_timer_;
  Instant looks_at_ = Instant::max();      // when the timer is set
  std::string remote_;
  std::deque<Work> works_;                 // the first may be waiting for its bytes
  std::string fetched_;                    // of the first
  AskId fetch_ = 0;                        // 0: none is open
  std::deque<UnderWay> under_way_;         // written, and not known to be taken
  std::uint64_t sent_ = 0, taken_ = 0;     // octets
  Instant moved_{};                        // when the first of these left, or one was taken
  bool first_ = false;                     // it left since the last look
};

}  // namespace hanse::xmpp
