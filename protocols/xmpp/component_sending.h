// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
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
  explicit ComponentSending(const XmppSettings& settings) : settings_(&settings) {}
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

  // Settles what has been taken; at once, or when it is worth a look. When to look again: never, as
  // all has been taken; nothing: it is stuck.
  std::optional<Instant> look(Instant now, bool at_once, Outbox& out);
  void lose(Outbox& out);                  // what nobody knows the end of

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
