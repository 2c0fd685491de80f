// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/engine.h"
#include "protocols/xmpp/errors.h"
#include "protocols/xmpp/management.h"
#include "protocols/xmpp/settings.h"

namespace hanse::xmpp {

// XEP-0478: how large a stanza the peer takes, in its features or <bidi/>; 0: not said.
std::uint64_t announced_bytes_max(const xml::Element& features);
void announce_limits(const XmppSettings& settings, xml::Element& features);   // what we take

// The reply of an outcome that a later stream has learnt.
inline constexpr std::string_view known_later = "acknowledged when the stream was lost already";

// Stanzas on their way to the peer over one stream, whoever has opened it, and when they count as
// delivered (xmpp 5.3, 6.2). Writes into the text that its engine sends. Pure.
class Sending {
 public:
  enum class Proof : std::uint8_t {
    quiet,          // nothing broke for a while, and the peer's host has taken all of it
    answered,       // a dialback question that was sent behind them is answered
    acknowledged,   // XEP-0198
  };
  // `answer_timer` is the engine's, and this one's alone while stanzas are under way.
  Sending(const XmppSettings& settings, TimerId answer_timer)
      : settings_(&settings), answer_timer_(answer_timer) {}

  void apply(const XmppSettings& settings) { settings_ = &settings; }
  void set_domains(std::string local, std::string remote);   // of the dialback question
  void set_place(std::string endpoint, std::string tls);     // for outcomes
  void set_proof(Proof proof) { proof_ = proof; }
  void count_from_here(Instant now, std::string& wire, Outbox& out);   // XEP-0198 begins
  void set_bytes_max(std::uint64_t most) { bytes_max_ = most; }   // XEP-0478; 0: not said

  void deliver(const Work& work, Instant now, std::string& wire, Outbox& out);
  void give_back(const Work& work, std::string_view why, Outbox& out) const;
  void ask(Instant now, std::string& wire, Outbox& out);     // for an acknowledgement
  bool asks() const { return !asked_.empty(); }              // one is awaited
  bool is_answered() const { return proof_ != Proof::quiet; }   // the peer answers such questions
  bool busy() const { return unacknowledged_.keeps_any(); }

  // What came back. An error ends the stream.
  std::optional<StreamError> acknowledged(std::uint32_t handled, Instant now, std::string& wire,
                                          Outbox& out);
  // db:verify; false: it answers no question of ours.
  bool answered(std::string_view id, Instant now, std::string& wire, Outbox& out);
  bool timed_out(Instant now, std::string& wire, Outbox& out);   // false: the peer owed a word
  // The stream is over: what is open may have arrived. What is fleeting waits in the lane if
  // another stream may go on from this one.
  void lose(bool resumable, Outbox& out);
  // The peer ended the stream over a stanza. Which one is certain only when one alone is open: that
  // one has failed. Of several none has; the lane gives them to its next streams one at a time.
  void refused(std::string_view status, const std::string& why, Outbox& out);

  // The peer says that nobody is there any more (xmpp 4.6): all that is open has failed.
  void gone(std::string_view status, const std::string& why, Outbox& out);

  // Resumption (xmpp 6.4). A lane gives what a stream has lost to the next one; that one settles at
  // once what is known to have arrived.
  Sent left() const;                             // before lose()
  // What the peer has handled of it, also when it does not go on. False: more than was sent.
  bool learn(const Sent& before, std::uint32_t handled, bool certain = true);
  void go_on(std::uint32_t handled) { unacknowledged_.go_on(handled); }

  Outcome outcome(Disposition disposition) const;

 private:
  struct Asked {
    std::uint64_t number;   // of the question
    std::uint32_t at;       // unacknowledged_.count() when it was asked
    std::uint64_t written;  // written_ at that time
  };
  bool is_mute() const {    // what it answers nothing tells but time
    return proof_ == Proof::quiet || (proof_ == Proof::answered && !has_answered_);
  }
  bool arrived_before(const Work& work, Outbox& out);
  bool too_late_for(const Work& work, Outbox& out);
  void fail(const Work& work, std::string status, std::string reply, Outbox& out) const;
  void settle(const std::vector<DeliveryId>& ids, Outbox& out) const;

  const XmppSettings* settings_;         // never null
  const TimerId answer_timer_;
  Proof proof_ = Proof::quiet;
  std::string local_, remote_, endpoint_, tls_;
  std::uint64_t bytes_max_ = 0;
  Unacknowledged unacknowledged_;
  std::set<std::string, std::less<>> arrived_;   // on streams before this one
  std::set<std::string, std::less<>> absent_;    // lost with one of them, and not handled
  std::deque<Asked> asked_;             // oldest first
  std::uint64_t last_question_ = 0;     // numbers the ids of our questions
  std::uint64_t written_ = 0;           // octets of stanzas
  bool has_answered_ = false;           // a question, on this stream
  std::int64_t taken_ = 0;              // octets, about, when last looked at
  Instant give_up_{};                   // unless more is taken until then
};

}  // namespace hanse::xmpp
