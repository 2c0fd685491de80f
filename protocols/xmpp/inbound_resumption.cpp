// SPDX-License-Identifier: Apache-2.0
// A stream that goes on from one that was lost. XEP-0198 5, xmpp 6.4

#include <algorithm>

#include "protocols/xmpp/inbound.h"
#include "protocols/xmpp/limits.h"
#include "protocols/xmpp/management.h"
#include "protocols/xmpp/names.h"

namespace hanse::xmpp {

void Inbound::begin_session(std::string id, Outbox& out) {
  LegacyKey key = accepted_key(to_key_, from_key_, id);
  session_.begin(std::move(id), std::move(key), out);
  receiving_.outlive();
}

// The pair that this stream has proved leads to the session: it is nobody else's.
void Inbound::resume(const xml::Element& one, Outbox& out) {
  if (state_ != State::trusted || receiving_.counts() || serving_)
    return say(write_failed("unexpected-request"));
  const std::optional<std::uint32_t> handled = read_handled(one.attribute("h"));
  if (!handled) return close_with({"bad-format", "h has to be a number", {}}, out);
  resume_handled_ = *handled;
  ask(Asked::session, Inherit{accepted_key(to_key_, from_key_, one.attribute("previd"))}, out);
}

void Inbound::session_found(const Answer& answer, Outbox& out) {
  const Inherited* const inherited = std::get_if<Inherited>(&answer);
  const LostStream* const lost =
      inherited == nullptr ? nullptr : dynamic_cast<const LostStream*>(inherited->legacy.get());
  if (lost == nullptr) return say(write_failed("item-not-found"));
  const bool alike = lost->external == by_external_ && lost->both_ways == both_ways_;
  if (alike && now_ <= lost->resume_until) return go_on(*lost, out);
  // What had arrived is worth knowing all the same.
  sending_.learn(lost->sent, resume_handled_);
  say(write_failed("item-not-found", lost->handled));
}

void Inbound::go_on(const LostStream& lost, Outbox& out) {
  if (!sending_.learn(lost.sent, resume_handled_))
    return close_with(handled_too_high(resume_handled_, lost.sent.count), out);
  sending_.go_on(resume_handled_);
  receiving_.begin_counting(lost.handled);
  for (const LostStream::Pair& one : lost.pairs) {
    if (receiving_.pairs().contains(one.pair)) continue;
    if (one.pair.remote != from_key_) judge_again(one, out);
    else if (book_.grant(one.pair)) receiving_.add_pair(one.pair).peer = one.peer;
  }
  begin_session(lost.id, out);
  say(write_resumed(lost.id, lost.handled));
  out.note(Level::info, "xmpp.resumed", from_ + " goes on behind " +
                                            std::to_string(lost.handled) + " stanzas");
  serve_pairs(out);
}

// The peer has proved itself in the same way as before, but only for one domain. What the
// connection before had shown for the others by its certificate this one has to show as well; what
// their authoritative servers have said holds as long as their word counts. Trust is asked anyway.
void Inbound::judge_again(const LostStream::Pair& lost, Outbox& out) {
  const std::string& remote = lost.pair.remote;
  if (!book_.request(lost.pair)) return;
  PairRequest requested;
  requested.from = remote;
  requested.to = lost.pair.local;
  requested.pair = lost.pair;
  requested.by_dialback = lost.by_dialback && settings_->trust_of(remote) == Trust::dialback;
  requested.again = true;
  if (!requested.by_dialback && look_up(remote, false, out))
    asking_dns_.push_back(std::move(requested));
  else
    judge_pair(std::move(requested), out);
}

bool Inbound::judges_again() const {
  return std::any_of(asking_dns_.begin(), asking_dns_.end(),
                     [](const PairRequest& one) { return one.again; });
}

// The connection is over; whether the session is, shows who comes.
void Inbound::lose_session(Outbox& out) {
  if (session_.runs()) {
    auto lost = std::make_unique<LostStream>();
    lost->external = by_external_;
    lost->both_ways = both_ways_;
    for (const auto& [pair, proved] : receiving_.pairs())
      lost->pairs.push_back({pair, proved.peer, proved.by_dialback});
    lost->sent = sending_.left();
    lost->resume_until = now_ + limits::stream_resume_max;
    session_.lose(std::move(lost));
  }
  if (receiving_.counts()) session_.settle(receiving_.commits(), receiving_.handled(), out);
}

// The peer is here again, on another connection, and this one does not know yet that it is dead.
void Inbound::handle(Succeeded&, Outbox& out) {
  close_with({"conflict", "resumed elsewhere", {}}, out);
}

// Works that were on their way to us when we hung up, and commits that were.
void Inbound::after_the_end(Event& event, Outbox& out) {
  if (const Deliver* late = std::get_if<Deliver>(&event))
    return sending_.give_back(late->work, "closing", out);
  const auto* const answer = std::get_if<hanse::Answered>(&event);
  if (answer == nullptr) return;
  receiving_.answered(answer->id, answer->answer, now_, out);
  if (receiving_.counts()) session_.settle(receiving_.commits(), receiving_.handled(), out);
}

}  // namespace hanse::xmpp
