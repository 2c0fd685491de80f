// SPDX-License-Identifier: Apache-2.0
// Works on a stream that is ready: writing them, and when they count as delivered.

#include <algorithm>

#include "protocols/xmpp/names.h"
#include "protocols/xmpp/outbound.h"
#include "protocols/xmpp/stanza.h"
#include "server/base/text.h"

namespace hanse::xmpp {

namespace {

constexpr std::uint32_t stanzas_per_question = 50;                   // xmpp 6.2
constexpr Duration quiet_wait = std::chrono::seconds(10);            // xmpp 5.3 (b)
constexpr std::chrono::seconds delay_least{30};                      // xmpp 5.4

bool needs_acknowledgement(const Envelope& envelope) {
  return envelope.flow == Flow::durable || envelope.flow == Flow::swift;
}

}  // namespace

Outcome Outbound::outcome(Disposition disposition) const {
  Outcome out;
  out.disposition = disposition;
  out.fault = disposition == Disposition::failed ? Fault::never : Fault::try_later;
  out.remote = endpoint_text_;
  out.tls = tls_text_;
  return out;
}

void Outbound::deliver(Work work, Outbox& out) {
  if (phase_ != Phase::ready || draining_) {
    Outcome back = outcome(Disposition::returned);
    back.reply = "the stream is closing";
    for (const Target& target : work.targets) out.settle(target.id, back);
    return;
  }
  if (questions_) return deliver_question(work, out);
  if (work.body.bytes == nullptr) {
    // Stanzas are far below the size from which bodies live in files only.
    Outcome broken = outcome(Disposition::failed);
    broken.status = "5.3.0";
    broken.reply = "the stanza is not in memory";
    for (const Target& target : work.targets) out.settle(target.id, broken);
    return;
  }
  const std::string_view bytes = *work.body.bytes;
  if (peer_bytes_max_ != 0 && bytes.size() > peer_bytes_max_) {        // xmpp 9.2
    Outcome large = outcome(Disposition::failed);
    large.status = "5.3.4";
    large.reply = "larger than the " + std::to_string(peer_bytes_max_) + " octets the peer takes";
    for (const Target& target : work.targets) out.settle(target.id, large);
    return;
  }
  write_stanza(work, bytes, out);
}

void Outbound::write_stanza(const Work& work, std::string_view bytes, Outbox& out) {
  const Envelope& envelope = *work.envelope;
  const bool stored = envelope.flow == Flow::durable || envelope.flow == Flow::swift;
  const UtcTime utc = settings_->clock->utc();
  if (stored && utc - envelope.accepted > delay_least) {
    out.send(with_delay(bytes, settings_->node_domain, envelope.accepted));
  } else {
    out.send(bytes);
  }
  sent_at_ = now_;
  std::vector<DeliveryId> targets;
  for (const Target& target : work.targets) targets.push_back(target.id);
  if (!needs_acknowledgement(envelope)) {
    unacknowledged_.sent({});
    return settle(targets, Disposition::delivered, out);
  }
  unacknowledged_.sent(std::move(targets));
  // xmpp 6.2: what is not acknowledged when a stream breaks comes twice, so ask often.
  if (asked_.empty() || unacknowledged_.count() - asked_.back().at >= stanzas_per_question)
    ask_for_acknowledgement(out);
}

// A question covers all that was sent before it. Peers without XEP-0198 are asked
// whether a key is theirs: the answer comes on this stream, after they have read what came before.
void Outbound::ask_for_acknowledgement(Outbox& out) {
  const bool first = asked_.empty();
  if (!first && !management_ && !dialback_offered_) return;   // the quiet wait covers all
  asked_.push_back({++last_question_, unacknowledged_.count()});
  if (management_) {
    out.send(write_request());
  } else if (dialback_offered_) {
    xml::Element question(ns::dialback, "verify");
    question.set("from", local_);
    question.set("to", remote_);
    question.set("id", "hanse-" + std::to_string(last_question_));
    question.add_text("0");
    std::string bytes;
    write_element(question, bytes);
    out.send(bytes);
  } else {
    out.set_timer(answer_timer, now_ + quiet_wait);
    return;
  }
  if (first) out.set_timer(answer_timer, now_ + settings_->answer_wait_max);   // xmpp 6.2
}

// The question to an authoritative server (xmpp 3.10); its answer is the outcome's reply.
void Outbound::deliver_question(const Work& work, Outbox& out) {
  const Result<xml::Element> question =
      work.body.bytes != nullptr && work.targets.size() == 1
          ? read_stanza(*work.body.bytes)
          : Result<xml::Element>(Error{Fault::broken, "not a question"});
  if (!question) {
    Outcome broken = outcome(Disposition::failed);
    broken.reply = question.error().what;
    for (const Target& target : work.targets) out.settle(target.id, broken);
    return;
  }
  out.send(*work.body.bytes);
  sent_at_ = now_;
  if (questions_open_.empty()) out.set_timer(answer_timer, now_ + settings_->answer_wait_max);
  questions_open_.emplace_back(std::string(question->attribute("id")), work.targets.front().id);
}

// ---- what the peer says ----

void Outbound::hear(const xml::Element& element, Outbox& out) {
  if (element.is(ns::management, "r") && management_) return out.send(write_answer(handled_));
  if (element.is(ns::management, "a") && management_) {
    const auto handled = read_handled(element.attribute("h"));
    if (handled) return acknowledged(*handled, out);
  }
  if (element.is(ns::dialback, "verify")) return hear_answer(element, out);
  if (phase_ == Phase::closing) return;
  if (is_stanza(element)) {
    // Without XEP-0288 nothing but our own stanzas travels on a stream that we opened.
    ++handled_;
    return fail_with_error({"not-authorized", "this stream carries stanzas to you only", {}},
                           "4.7.0", out);
  }
  if (element.is(ns::dialback, "result")) {
    out.note(Level::warning, "conn.protocol_error", "SECURITY: a dialback answer nobody asked for");
    return fail_with_error({"not-authorized", "not asked for", {}}, "4.7.0", out);   // xmpp 3.9
  }
  fail_with_error({"unsupported-stanza-type", "not expected here", {}}, "4.5.0", out);
}

void Outbound::hear_answer(const xml::Element& element, Outbox& out) {
  const std::string id(element.attribute("id"));
  if (!questions_) {
    const auto asked = std::find_if(asked_.begin(), asked_.end(), [&](const Asked& one) {
      return id == "hanse-" + std::to_string(one.number);
    });
    if (asked != asked_.end()) acknowledged(asked->at, out);
    return;
  }
  // xmpp 3.11: only for a question of ours, and only once.
  const auto found = std::find_if(questions_open_.begin(), questions_open_.end(),
                                  [&](const auto& one) { return one.first == id; });
  if (found == questions_open_.end()) {
    out.note(Level::warning, "conn.protocol_error", "SECURITY: a dialback answer nobody asked for");
    return;
  }
  Outcome answer = outcome(Disposition::delivered);
  answer.reply = element.attribute("type");
  if (answer.reply == "error") {
    const xml::Element* error = element.child(ns::server, "error");
    const xml::Element* condition = error == nullptr ? nullptr : error->first_child();
    answer.reply = condition == nullptr ? "undefined-condition" : condition->name;
  }
  out.settle(found->second, std::move(answer));
  questions_open_.erase(found);
  if (questions_open_.empty()) out.cancel_timer(answer_timer);
  if (draining_) drain(out);
}

void Outbound::acknowledged(std::uint32_t handled, Outbox& out) {
  const auto settled = unacknowledged_.acknowledged(handled);
  if (!settled) {
    return fail_with_error({"undefined-condition", "more acknowledged than was sent",
                            "handled-count-too-high"}, "4.5.0", out);
  }
  settle(*settled, Disposition::delivered, out);
  // A question stays open until all it was about is acknowledged.
  while (!asked_.empty() && static_cast<std::int32_t>(handled - asked_.front().at) >= 0)
    asked_.pop_front();
  if (!asked_.empty()) {
    if (!settled->empty()) out.set_timer(answer_timer, now_ + settings_->answer_wait_max);
    return;
  }
  out.cancel_timer(answer_timer);
  if (unacknowledged_.keeps_any()) ask_for_acknowledgement(out);
  if (draining_) drain(out);
}

void Outbound::settle(const std::vector<DeliveryId>& ids, Disposition disposition, Outbox& out) {
  for (const DeliveryId id : ids) {
    Outcome each = outcome(disposition);
    each.status = "2.0.0";
    each.reply = management_ ? "acknowledged" : "taken";
    out.settle(id, std::move(each));
  }
}

// xmpp 9.1: white space tells a dead connection from a quiet one; the answer to a question also
// tells a hung peer.
void Outbound::keep_alive(Outbox& out) {
  const Duration quiet = now_ - std::max(heard_at_, sent_at_);
  if (quiet >= settings_->idle_ping_after && asked_.empty()) {
    if (!questions_ && (management_ || dialback_offered_)) ask_for_acknowledgement(out);
    else out.send(" ");
  }
  out.set_timer(keepalive_timer, now_ + settings_->idle_ping_after);
}

}  // namespace hanse::xmpp
