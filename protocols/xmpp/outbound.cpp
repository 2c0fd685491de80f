// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/outbound.h"

#include <utility>

#include "federation/lane_name.h"
#include "protocols/xmpp/jid.h"
#include "protocols/xmpp/names.h"
#include "server/base/limits.h"
#include "server/base/text.h"

namespace hanse::xmpp {

namespace {

std::string wire_domain(std::string_view key) {
  const Result<std::string> prepared = prepare_domain(key);
  return prepared ? *prepared : std::string(key);
}

// What the end of a stream says of the next try (xmpp 4.6).
Fault fault_of(const StreamError& error) {
  return error.condition == "host-unknown" || error.condition == "host-gone" ||
                 error.condition == "invalid-from"
             ? Fault::never
             : Fault::try_later;
}

std::string status_of(const StreamError& error) {
  if (error.condition == "invalid-from") return "5.7.1";   // xmpp 4.8: often the peer's own name
  if (fault_of(error) == Fault::never) return "5.1.2";
  if (error.condition == "not-authorized" || error.condition == "policy-violation") return "4.7.1";
  if (error.condition == "resource-constraint") return "4.3.1";
  return "4.4.2";
}

}  // namespace

Outbound::Outbound(const OutboundContext& context, std::shared_ptr<const XmppSettings> settings)
    : context_(context), settings_(std::move(settings)), reader_(settings_->before_trust),
      receiving_(*settings_), sending_(*settings_, answer_timer) {
  const LaneName name = split_lane(context_.lane);
  questions_ = name.purpose == verify_purpose;
  local_key_ = name.sender;
  remote_key_ = name.target;
  local_ = wire_domain(local_key_);
  remote_ = wire_domain(remote_key_);
  sending_.set_domains(local_, remote_);
  sending_.set_place(to_text(context_.endpoint), {});
  in_clear_ = context_.tls == TlsLevel::off && settings_->home_of(remote_key_) == Home::face;
}

void Outbound::on(Event event, Instant now, Outbox& out) {
  now_ = now;
  out_ = &out;
  if (std::holds_alternative<Opened>(event)) {
    opened(out);
  } else if (const auto* bytes = std::get_if<Received>(&event)) {
    received(bytes->bytes, out);
  } else if (const auto* up = std::get_if<TlsUp>(&event)) {
    tls_up(up->facts, out);
  } else if (const auto* rung = std::get_if<Rang>(&event)) {
    rang(rung->timer, out);
  } else if (const auto* answer = std::get_if<hanse::Answered>(&event)) {
    answered(*answer, out);
    if (!held_.empty() && !must_hold()) read(std::exchange(held_, {}), out);
  } else if (auto* work = std::get_if<Deliver>(&event)) {
    deliver(std::move(work->work), out);
  } else if (std::holds_alternative<Drain>(event)) {
    drain(out);
  } else if (const auto* reload = std::get_if<Reloaded>(&event)) {
    reloaded(*reload, out);
  } else if (std::holds_alternative<Succeeded>(event)) {
    fail("4.4.2", "another stream takes the place of this one", out);
  } else if (const auto* end = std::get_if<Closed>(&event)) {
    closed(*end, out);
  }
  acknowledge_if_due(out);
  settle_session(out);
  out_ = nullptr;
}

void Outbound::opened(Outbox& out) {
  heard_at_ = sent_at_ = now_;
  out.set_timer(negotiation_timer, now_ + settings_->negotiation_max);  // xmpp 2.6
  wait_for_answer(out);
  if (!context_.endpoint.tls_first) return send_head(Phase::opening, out);
  phase_ = Phase::securing;
  begin_tls(out);
}

void Outbound::send_head(Phase next, Outbox& out) {
  phase_ = next;
  restart_ = true;   // the reader may be the one that calls us
  out.send(write_head({local_, remote_, {}, false}));
  wait_for_answer(out);
}

void Outbound::wait_for_answer(Outbox& out) {
  out.set_timer(answer_timer, now_ + settings_->features_wait_max);
}

// ---- bytes ----

void Outbound::received(std::string_view bytes, Outbox& out) {
  if (phase_ == Phase::closed) return;
  heard_at_ = now_;
  pace_.read(bytes.size(), now_, out);
  if (must_hold()) {
    // Only what had already come: the session has stopped reading.
    if (held_.size() + bytes.size() <= limits::stream_held_bytes_max) held_.append(bytes);
    else fail("4.5.0", "too much input ahead of the answers", out);
    return;
  }
  read(bytes, out);
}

bool Outbound::must_hold() const {
  return phase_ == Phase::trusting || phase_ == Phase::inviting || phase_ == Phase::recalling ||
         receiving_.waits() || refused_;
}

void Outbound::answered(const hanse::Answered& event, Outbox& out) {
  if (pace_.answered(event.id)) return;
  if (receiving_.answered(event.id, event.answer, now_, out)) return receiving_answered(out);
  if (std::holds_alternative<Inherited>(event.answer) || phase_ == Phase::recalling)
    recalled(event.answer, out);
  else if (phase_ == Phase::inviting) peer_judged(event.answer, out);
  else trust_decided(event.answer, out);
}

void Outbound::read(std::string_view bytes, Outbox& out) {
  while (!bytes.empty() && phase_ != Phase::closed && !peer_closed_) {
    const Phase before = phase_;
    if (std::exchange(restart_, false)) reader_.restart();
    const xml::StreamReader::Fed fed = reader_.feed(bytes, *this);
    if (fed.fault) return fail_with_error(from_fault(*fed.fault), "4.5.0", out);
    bytes.remove_prefix(fed.consumed);
    if (std::exchange(proceed_heard_, false)) {
      // RFC 6120 5.4.3.3: clear text behind <proceed/> is somebody else's.
      if (!bytes.empty()) return fail("4.7.0", "plain text behind <proceed/>", out);
      return begin_tls(out);
    }
    if (must_hold()) {
      held_ = bytes;
      return;
    }
    if (fed.consumed == 0 && phase_ == before) return;
  }
}

bool Outbound::on_open(xml::Element header, std::vector<xml::Declaration> declared) {
  const ReadHead head = read_head(header, declared, ns::server);
  if (head.fault) {
    fail_with_error(*head.fault, "4.5.0", *out_);
    return false;
  }
  if (is_own_id(head.id, settings_->node_secret.text())) {   // xmpp 4.8
    const std::string why = "the way to " + remote_ + " leads back to this node";
    out_->note(Level::warning, "route.loop_dropped", why);
    fail("5.4.6", why, *out_, Fault::never);
    return false;
  }
  stream_id_ = head.id;
  receiving_.set_lang(head.lang);
  dialback_offered_ = dialback_offered_ || head.dialback_declared;
  if (!head.from.empty() && domain_key(head.from) != remote_key_) {
    fail_with_error({"invalid-from", "this stream is for " + remote_, {}}, "4.7.0", *out_);
    return false;
  }
  return true;
}

bool Outbound::on_element(xml::Element&& element) {
  Outbox& out = *out_;
  if (element.is(ns::stream, "error")) {
    peer_said_error(element, out);
  } else if (phase_ == Phase::ready || phase_ == Phase::closing) {
    hear(std::move(element), out);
  } else {
    negotiate(std::move(element), out);
  }
  // Anywhere else an element may change how the next byte is read.
  return phase_ == Phase::ready && !receiving_.waits() && !refused_;
}

bool Outbound::on_close() {
  peer_closed_ = true;
  if (!receiving_.busy()) peer_ended();
  return false;
}

// ---- time ----

void Outbound::rang(TimerId timer, Outbox& out) {
  if (phase_ == Phase::closed) return;
  switch (timer) {
    case negotiation_timer:
      return fail_with_error({"connection-timeout", "negotiation took too long", {}}, "4.4.2", out);
    case answer_timer:
      if (phase_ == Phase::ready && !questions_ && sending_.timed_out(now_, wire_, out)) {
        flush(out);
        return draining_ ? drain(out) : void();
      }
      return fail_with_error({"connection-timeout", "no answer in time", {}}, "4.4.2", out);
    case keepalive_timer: return keep_alive(out);
    case pace_timer: return pace_.rang(now_, out);
    case closing_timer:
      phase_ = Phase::closed;
      return out.hang_up();
    default: return;
  }
}

// ---- the end ----

// Goodbye: what is under way is finished first, as far as the peer lets us.
void Outbound::drain(Outbox& out) {
  draining_ = true;
  if (phase_ == Phase::closed || phase_ == Phase::closing) return;
  if (phase_ == Phase::ready &&
      (sending_.busy() || receiving_.busy() || !questions_open_.empty()))
    return;
  LinkEnd end;
  end.orderly = true;
  end.what = "closed by us";
  out.fail(std::move(end));
  end_stream(out);
}

void Outbound::end_stream(Outbox& out) {
  if (phase_ == Phase::closing || phase_ == Phase::closed) return;
  session_.end(out);
  const bool spoke = phase_ != Phase::securing && phase_ != Phase::trusting;
  if (phase_ == Phase::ready && both_ways_ && receiving_.counts())   // our last word on that
    out.send(write_answer(receiving_.handled()));
  phase_ = Phase::closing;
  if (!spoke) {
    phase_ = Phase::closed;
    return out.hang_up();
  }
  out.send(stream_end);
  out.cancel_timer(negotiation_timer);
  out.cancel_timer(answer_timer);
  out.cancel_timer(keepalive_timer);
  out.set_timer(closing_timer, now_ + limits::stream_farewell_wait_max);   // xmpp 2.7
}

void Outbound::fail(std::string status, std::string what, Outbox& out, Fault fault) {
  if (phase_ == Phase::closed) return;
  phase_ = Phase::closed;
  LinkEnd end;
  end.fault = fault;
  end.status = std::move(status);
  end.what = std::move(what);
  out.note(Level::info, "conn.failed", end.what);
  out.fail(std::move(end));
  out.hang_up();
}

void Outbound::fail_with_error(const StreamError& error, std::string status, Outbox& out) {
  if (phase_ == Phase::closed) return;
  const bool spoke = phase_ != Phase::securing && phase_ != Phase::trusting;
  if (spoke) out.send(write_stream_error(error));
  if (error.condition != "connection-timeout") session_.end(out);
  fail(std::move(status), error.condition + (error.text.empty() ? "" : ": " + error.text), out);
}

void Outbound::peer_said_error(const xml::Element& element, Outbox& out) {
  const StreamError error = read_stream_error(element);
  const std::string what = "the peer ended the stream: " + escape_text(error.condition) +
                           (error.text.empty() ? "" : ": " + escape_text(error.text));
  if (phase_ == Phase::ready) out.send(stream_end);
  if (error.condition != "connection-timeout") session_.end(out);
  if (phase_ != Phase::ready) return fail(status_of(error), what, out, fault_of(error));
  if (error.condition == "host-unknown" || error.condition == "host-gone")
    sending_.gone(status_of(error), what, out);
  if (const std::string_view status = stanza_status(error); !status.empty())
    sending_.refused(status, what, out);
  fail(status_of(error), what, out);
}

void Outbound::closed(const Closed& end, Outbox& out) {
  (void)end;
  phase_ = Phase::closed;
  receiving_.stop();
  pace_.stop();
  const bool resumable = session_.runs();
  lose_session(out);
  sending_.lose(resumable, out);   // it may have arrived all the same (xmpp 5.3)
  Outcome lost = sending_.outcome(Disposition::deferred);
  lost.status = "4.4.2";
  lost.reply = "the stream ended before the answer";
  lost.ambiguous = true;
  for (const auto& [name, id] : std::exchange(questions_open_, {})) out.settle(id, lost);
}

}  // namespace hanse::xmpp
