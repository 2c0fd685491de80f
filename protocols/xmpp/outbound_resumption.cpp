// SPDX-License-Identifier: Apache-2.0
// A stream that goes on from the last one of its lane, which was lost. XEP-0198 5, xmpp 6.4

#include <utility>

#include "protocols/xmpp/limits.h"
#include "protocols/xmpp/names.h"
#include "protocols/xmpp/outbound.h"

namespace hanse::xmpp {

// What was lost went back to the lane, which gives it to this stream: what the peer turns out to
// have is settled when it comes. After a restart, when nobody knows any more, some come twice.
void Outbound::recalled(const Answer& answer, Outbox& out) {
  if (const Inherited* found = std::get_if<Inherited>(&answer)) inherited_ = found->legacy;
  lost_ = dynamic_cast<const LostStream*>(inherited_.get());
  if (phase_ != Phase::recalling) return;   // it has failed meanwhile
  phase_ = Phase::enabling;
  out.send(lost_ != nullptr ? write_resume(*lost_) : write_enable());
  wait_for_answer(out);
}

void Outbound::hear_resumed(const xml::Element& element, Outbox& out) {
  const std::shared_ptr<const Legacy> held = std::move(inherited_);
  const LostStream* const lost = std::exchange(lost_, nullptr);
  const std::optional<std::uint32_t> handled = read_handled(element.attribute("h"));
  if (!handled || element.attribute("previd") != lost->id)
    return fail_with_error({"bad-format", "that is not what was to be resumed", {}}, "4.5.0", out);
  if (!sending_.learn(lost->sent, *handled))
    return fail_with_error(handled_too_high(*handled, lost->sent.count), "4.5.0", out);
  sending_.go_on(*handled);
  management_ = true;
  receiving_.begin_counting(lost->handled);
  out.note(Level::info, "conn.resumed",
           local_ + " to " + remote_ + " goes on behind " + std::to_string(*handled) + " of " +
               std::to_string(lost->sent.count) + " stanzas");
  begin_session(lost->id, out);
  become_ready(out);
}

// Whatever it counted it has. Without its count only what an earlier stream knew.
void Outbound::not_resumed(const xml::Element& failed, Outbox& out) {
  const std::optional<std::uint32_t> handled = read_handled(failed.attribute("h"));
  (void)sending_.learn(lost_->sent, handled.value_or(lost_->sent.acknowledged),
                       handled.has_value());
  lost_ = nullptr;
  inherited_.reset();
  out.send(write_enable());
  wait_for_answer(out);
}

// xmpp 6.1: without an identifier there is nothing to ask for.
void Outbound::begin_session(std::string id, Outbox& out) {
  if (id.empty() || id.size() > limits::stream_session_id_octets_max) return;
  session_.begin(std::move(id), opened_key(context_.lane), out);
  receiving_.outlive();
}

void Outbound::lose_session(Outbox& out) {
  give_back_found(out);
  if (!session_.runs()) return;
  auto lost = std::make_unique<LostStream>();
  lost->external = proof_ == "EXTERNAL";
  lost->both_ways = both_ways_;
  lost->sent = sending_.left();
  lost->resume_until = now_ + limits::stream_resume_max;
  session_.lose(std::move(lost));
}

// What could not be asked for, or had no answer, is asked for once more; a peer that breaks the
// stream each time is spared in the end.
void Outbound::give_back_found(Outbox& out) {
  if (lost_ == nullptr) return;
  auto again = std::make_shared<LostStream>(*std::exchange(lost_, nullptr));
  inherited_.reset();
  if (++again->asked < limits::stream_resume_asks_max)
    out.leave(opened_key(context_.lane), std::move(again));
}

void Outbound::settle_session(Outbox& out) {
  if (phase_ == Phase::closed && receiving_.counts())
    session_.settle(receiving_.commits(), receiving_.handled(), out);
}

}  // namespace hanse::xmpp
