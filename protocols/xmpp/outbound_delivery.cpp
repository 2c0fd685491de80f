// SPDX-License-Identifier: Apache-2.0
// Works on a stream that is ready: writing them, and when they count as delivered.

#include <algorithm>

#include "protocols/xmpp/jid.h"
#include "protocols/xmpp/names.h"
#include "protocols/xmpp/outbound.h"
#include "protocols/xmpp/stanza.h"
#include "server/base/limits.h"

namespace hanse::xmpp {

void Outbound::deliver(Work work, Outbox& out) {
  if (phase_ != Phase::ready || draining_ || peer_closed_)
    return sending_.give_back(work, "the stream is closing", out);
  if (questions_) return deliver_question(work, out);
  sending_.deliver(work, now_, wire_, out);
  flush(out);
}

void Outbound::flush(Outbox& out) {
  if (wire_.empty()) return;
  out.send(wire_);
  sent_at_ = now_;
  if (wire_.capacity() > limits::output_kept_bytes_max) wire_ = std::string();
  wire_.clear();
}

// The question to an authoritative server (xmpp 3.10); its answer is the outcome's reply.
void Outbound::deliver_question(const Work& work, Outbox& out) {
  const Result<xml::Element> question =
      work.body.bytes != nullptr && work.targets.size() == 1
          ? read_stanza(*work.body.bytes)
          : Result<xml::Element>(Error{Fault::broken, "not a question"});
  if (!question) {
    Outcome broken = sending_.outcome(Disposition::failed);
    broken.reply = question.error().what;
    for (const Target& target : work.targets) out.settle(target.id, broken);
    return;
  }
  const DomainPair pair{domain_key(question->attribute("from")),
                        domain_key(question->attribute("to"))};
  const bool first = questions_open_.empty();
  const bool fresh = questions_open_
                         .emplace(std::pair(std::string(question->attribute("id")), pair),
                                  work.targets.front().id)
                         .second;
  if (!fresh) {
    Outcome twice = sending_.outcome(Disposition::failed);
    twice.reply = "it is being asked";
    return out.settle(work.targets.front().id, std::move(twice));
  }
  out.send(*work.body.bytes);
  sent_at_ = now_;
  if (first) out.set_timer(answer_timer, now_ + settings_->answer_wait_max);
}

// ---- what the peer says ----

void Outbound::hear(xml::Element&& element, Outbox& out) {
  if (element.is(ns::management, "r") && management_) return hear_request(out);
  if (element.is(ns::management, "a") && management_) {
    const auto handled = read_handled(element.attribute("h"));
    if (handled) return acknowledged(*handled, out);
  }
  if (element.is(ns::dialback, "verify")) return hear_answer(element, out);
  if (is_stanza(element) && both_ways_) return hear_stanza(std::move(element), out);
  if (phase_ == Phase::closing) return;
  if (is_stanza(element)) {
    // Without XEP-0288 nothing but our own stanzas travels on a stream that we opened.
    return fail_with_error({"not-authorized", "this stream carries stanzas to you only", {}},
                           "4.7.0", out);
  }
  if (element.is(ns::dialback, "result")) {
    out.note(Level::warning, "conn.protocol_error", "SECURITY: a dialback answer nobody asked for");
    return fail_with_error({"not-authorized", "not asked for", {}}, "4.7.0", out);   // xmpp 3.9
  }
  fail_with_error({"unsupported-stanza-type", "not expected here", {}}, "4.5.0", out);
}

// xmpp 3.11: the stream's id and both domains are those of a question of ours, and it is answered
// once.
void Outbound::hear_answer(const xml::Element& element, Outbox& out) {
  const std::string id(element.attribute("id"));
  const DomainPair pair{domain_key(element.attribute("to")), domain_key(element.attribute("from"))};
  if (!questions_) {
    if (pair != DomainPair{local_key_, remote_key_} || !sending_.answered(id, now_, wire_, out))
      return not_asked(out);
    flush(out);
    return draining_ ? drain(out) : void();
  }
  const auto found = questions_open_.find({id, pair});
  if (found == questions_open_.end()) return not_asked(out);
  Outcome answer = sending_.outcome(Disposition::delivered);
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

// Answers to what others have asked were once the way to speak for anybody.
void Outbound::not_asked(Outbox& out) {
  out.note(Level::warning, "conn.protocol_error", "SECURITY: a dialback answer nobody asked for");
  if (++strikes_ >= limits::dialback_strikes_max)
    fail_with_error({"not-authorized", "not asked for", {}}, "4.7.0", out);
}

void Outbound::acknowledged(std::uint32_t handled, Outbox& out) {
  if (const auto error = sending_.acknowledged(handled, now_, wire_, out))
    return fail_with_error(*error, "4.5.0", out);
  flush(out);
  if (draining_) drain(out);
}

// xmpp 9.1: the answer to a question tells a hung peer from a quiet one, however much goes there. A
// ping is answered on whatever stream the peer has to us.
void Outbound::keep_alive(Outbox& out) {
  if (ping_) {
    const bool there = ping_.answered() || heard_at_ >= pinged_at_;
    ping_ = {};
    if (!there)
      return fail_with_error({"connection-timeout", "no answer to a ping", {}}, "4.4.2", out);
    heard_at_ = now_;
  }
  const Instant due = heard_at_ + settings_->idle_ping_after;
  if (due > now_) return out.set_timer(keepalive_timer, due);
  if (!sending_.asks()) ask_for_a_word(out);
  out.set_timer(keepalive_timer, now_ + (ping_ ? settings_->answer_wait_max
                                               : settings_->idle_ping_after));
}

// Where nobody can be asked, white space tells at least a dead connection.
void Outbound::ask_for_a_word(Outbox& out) {
  const bool may_ping = !questions_ && settings_->home_of(local_key_) != Home::none;
  if (!questions_ && sending_.is_answered()) {
    sending_.ask(now_, wire_, out);
  } else if (may_ping && (ping_ = settings_->pings->open({local_key_, remote_key_}))) {
    pinged_at_ = now_;
    wire_ += ping_.iq(local_, remote_);
  } else {
    wire_ += ' ';
  }
  flush(out);
}

}  // namespace hanse::xmpp
