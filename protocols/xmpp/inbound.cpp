// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/inbound.h"

#include <algorithm>

#include "protocols/xmpp/limits.h"
#include "protocols/xmpp/names.h"
#include "protocols/xmpp/stanza.h"
#include "protocols/xmpp/stream_event.h"
#include "server/base/limits.h"
#include "server/base/text.h"

namespace hanse::xmpp {

Inbound::Inbound(const InboundContext& context, std::shared_ptr<const XmppSettings> settings)
    : settings_(std::move(settings)), reader_(settings_->before_trust), nonce_(context.nonce),
      receiving_(*settings_), sending_(*settings_, answer_timer),
      tls_available_(context.tls_available), busy_(context.busy), tls_first_(context.tls_first) {}

Inbound::~Inbound() = default;

void Inbound::on(Event event, Instant now, Outbox& out) {
  now_ = now;
  if (state_ == State::ended) return after_the_end(event, out);
  std::visit([this, &out](auto& one) { handle(one, out); }, event);
  consume_held(out);
  finish_turn(out);
  if (state_ == State::ended || !end_said_ || held_.empty()) return;
  consume_held(out);   // what came while we made ready to leave
  finish_turn(out);
}

// ---- the beginning ----

void Inbound::handle(Opened& event, Outbox& out) {
  remote_address_ = std::move(event.remote_address);
  receiving_.set_address(remote_address_);
  opened_ = now_;
  out.set_timer(negotiation_timer, now_ + settings_->negotiation_max);
  if (!tls_first_) state_ = State::clear;   // else its TlsUp comes next
  if (!busy_) return take_room(out);
  if (tls_first_) return;
  close_with({"resource-constraint", "too many connections, try again later", {}}, out);
}

void Inbound::handle(TlsUp& event, Outbox& out) {
  tls_ = std::make_unique<TlsFacts>(std::move(event.facts));
  receiving_.set_tls(*tls_);
  state_ = State::secured;
  begin_stream();
  if (!lacks_room_) out.cancel_timer(wait_timer);
  if (busy_) close_with({"resource-constraint", "too many connections, try again later", {}}, out);
}

// xmpp 2.4: whatever was read before counts for nothing.
void Inbound::begin_stream() {
  reader_.restart();
  head_answered_ = head_seen_ = negotiated_ = false;
}

void Inbound::handle(Closed&, Outbox& out) {
  // Commits under way go on without us; who waits for their acknowledgement sends them again, or
  // hears of them when it resumes.
  const bool resumable = session_.runs();
  lose_session(out);
  sending_.lose(resumable, out);
  end();
  pace_.stop();
}

void Inbound::end() {
  state_ = State::ended;
  held_ = std::string();
  receiving_.stop();
  asking_authority_.clear();   // others of the same source may ask
  room_ = {};
}

// ---- input ----

bool Inbound::may_read() const {
  // While trust judges a pair, what came behind it waits: whether it may pass hangs on the answer.
  return asked_ == Asked::nothing && !receiving_.waits() && asking_trust_.empty() &&
         !judges_again() &&
         !refused_ && !head_waits_ && !lacks_room_ && !hang_up_ && !start_tls_ && !peer_closed_ &&
         (ending_ == Ending::no || end_said_ || sending_.busy()) &&
         (state_ == State::clear || state_ == State::secured || state_ == State::trusted);
}

void Inbound::handle(Received& event, Outbox& out) {
  last_input_ = now_;
  pinged_ = false;
  pace_.read(event.bytes.size(), now_, out);
  if (held_.empty()) consume(event.bytes, out);
  if (!event.bytes.empty()) hold(event.bytes, out);
}

void Inbound::hold(std::string_view bytes, Outbox& out) {
  if (hang_up_ || peer_closed_ || state_ == State::handshake) return;
  const std::size_t most =
      lacks_room_ ? limits::stream_untrusted_bytes_max : limits::stream_held_bytes_max;
  if (held_.size() - held_from_ + bytes.size() > most)
    return close_with({"resource-constraint", "too much input ahead of the answers", {}}, out);
  held_.append(bytes);
}

void Inbound::consume_held(Outbox& out) {
  if (held_.empty() || !may_read()) return;
  std::string_view input = std::string_view(held_).substr(held_from_);
  consume(input, out);
  held_from_ = held_.size() - input.size();
  if (!input.empty() && !hang_up_) return;
  held_ = std::string();
  held_from_ = 0;
}

void Inbound::consume(std::string_view& input, Outbox& out) {
  while (!input.empty() && may_read()) {
    StreamEvent taken;
    const xml::StreamReader::Fed fed = reader_.feed(input, taken);
    input.remove_prefix(fed.consumed);
    if (!within_bounds(fed.consumed, taken.spaces, out)) return;
    if (taken.head) head(*taken.head, taken.declared, out);
    else if (taken.one) element(*std::move(taken.one), out);
    else if (taken.closed) peer_closed_ = true;
    else if (fed.fault) close_with(from_fault(*fed.fault), out);
    // RFC 6120 5.4.3.3: what stands in clear behind STARTTLS was put there by somebody else.
    if (start_tls_ && !input.empty()) {
      out.note(Level::warning, "xmpp.starttls_injection", "octets in clear behind STARTTLS");
      cut();
    }
  }
}

void Inbound::element(xml::Element&& one, Outbox& out) {
  if (one.is(ns::stream, "error")) {
    const StreamError error = read_stream_error(one);
    out.note(Level::info, "xmpp.peer_error", escape_text(error.condition + ": " + error.text));
    if (error.condition == "connection-timeout" && session_.runs()) return cut();   // comes again
    peer_closed_ = true;
    return;
  }
  if (!negotiated_) return close_with({"policy-violation", "features first", {}}, out);
  if (state_ == State::clear) return negotiate_in_clear(one, out);
  out.cancel_timer(wait_timer);
  if (one.ns == ns::server) return stanza(std::move(one), out);
  if (one.ns == ns::sasl) return authenticate(one, out);
  if (one.ns == ns::dialback) return dialback(one, out);
  if (one.ns == ns::management) return management(one, out);
  if (one.is(ns::bidi, "bidi")) return turn_both_ways(one, out);
  if (one.is(ns::tls, "starttls")) {  // RFC 6120 5.4.2.2
    say("<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
    say_goodbye(out);
    hang_up_ = true;
    return;
  }
  if (one.ns == ns::client) return close_with({"invalid-namespace", {}, {}}, out);  // xmpp 4.2
  close_with({"unsupported-stanza-type", {}, {}}, out);
}

void Inbound::stanza(xml::Element&& one, Outbox& out) {
  if (state_ != State::trusted) return close_with({"not-authorized", {}, {}}, out);  // xmpp 4.1
  if (!is_stanza(one)) return close_with({"unsupported-stanza-type", {}, {}}, out);
  // Behind our own goodbye nothing can be acknowledged any more: the peer sends it again elsewhere.
  if (end_said_ && receiving_.counts()) return;
  const Instant before = std::exchange(last_stanza_, now_);
  serve_pairs(out);   // a peer that wants XEP-0198 has said so before
  refused_ = receiving_.take(std::move(one), now_, out);
  if (receiving_.was_answer()) last_stanza_ = before;
  end_over_stanza(out);
}

// What the peer then has open begins with the stanza that it was about, and nothing before it comes
// twice.
void Inbound::end_over_stanza(Outbox& out) {
  if (!refused_ || receiving_.commits()) return;
  const StreamError error = *std::exchange(refused_, std::nullopt);
  if (receiving_.counts() && !end_said_ && !hang_up_) acknowledge();
  close_with(error, out);
}

// ---- questions and time ----

void Inbound::ask(Asked asked, Ask question, Outbox& out) {
  asked_ = asked;
  ask_ = out.ask(std::move(question));
}

void Inbound::handle(hanse::Answered& event, Outbox& out) {
  const bool holds = asked_ != Asked::nothing && event.id == ask_;
  const Asked asked = holds ? std::exchange(asked_, Asked::nothing) : Asked::nothing;
  if (pace_.answered(event.id) || ping_conveyed(event.id, event.answer)) return;
  if (receiving_.answered(event.id, event.answer, now_, out)) {
    if (const auto fault = receiving_.take_fault()) close_with(*fault, out);
    return;
  }
  if (pair_answered(event.id, event.answer, out) || looked_up(event.id, event.answer, out)) return;
  if (asked == Asked::head) head_decided(event.answer, out);
  if (asked == Asked::session) session_found(event.answer, out);
}

void Inbound::handle(Rang& event, Outbox& out) {
  if (event.timer == close_timer || state_ == State::handshake) {
    cut();  // said all there was to say; or no words in clear where TLS is expected
  } else if (event.timer == wait_timer && lacks_room_) {
    take_room(out);
  } else if (event.timer == idle_timer) {
    idle(out);
  } else if (event.timer == pace_timer) {
    pace_.rang(now_, out);
  } else if (event.timer == answer_timer) {
    if (!sending_.timed_out(now_, output_, out))
      close_with({"connection-timeout", "no acknowledgement", {}}, out);
  } else if (state_ != State::trusted || event.timer == wait_timer) {
    if (state_ == State::connecting) return cut();
    close_with({"connection-timeout", "negotiation takes too long", {}}, out);
  }
}

void Inbound::handle(Drain&, Outbox& out) {
  if (state_ == State::trusted) {
    ending_ = Ending::going_down;
  } else {
    close_with({"system-shutdown", {}, {}}, out);
  }
}

// ---- the end ----

void Inbound::say(std::string_view text) {
  if (!end_said_) output_.append(text);
}

void Inbound::say(const xml::Element& one) {
  if (!end_said_) write_element(one, output_);
}

// RFC 6120 4.9.1.2: the error stands in a stream, so ours is opened first.
void Inbound::close_with(const StreamError& error, Outbox& out) {
  if (end_said_ || hang_up_ || state_ == State::handshake || state_ == State::connecting)
    return cut();
  if (!head_answered_) answer_head(nullptr);
  out.note(Level::info, "xmpp.closed", error.condition + ": " + error.text);
  say(write_stream_error(error));
  end_said_ = hang_up_ = true;
  if (error.condition != "connection-timeout" && error.condition != "conflict") session_.end(out);
}

void Inbound::cut() {
  if (!end_said_) output_.clear();
  hang_up_ = true;
}

void Inbound::say_goodbye(Outbox& out) {
  if (end_said_) return;
  session_.end(out);
  if (receiving_.counts() && state_ == State::trusted) acknowledge();
  if (!head_answered_) answer_head(nullptr);
  if (ending_ == Ending::going_down) {
    out.note(Level::info, "xmpp.closed", "system-shutdown");
    say(write_stream_error({"system-shutdown", {}, {}}));
  } else {
    say(stream_end);
  }
  end_said_ = true;
}

void Inbound::finish_turn(Outbox& out) {
  if (state_ == State::ended) return;
  end_over_stanza(out);
  if (!end_said_ && receiving_.answer_is_due()) acknowledge();
  // From a peer that has closed its direction no acknowledgement comes any more.
  const bool all_done = asked_ == Asked::nothing && !receiving_.busy() &&
                        (peer_closed_ || !sending_.busy());
  if (all_done && !hang_up_ && (peer_closed_ || (ending_ != Ending::no && !end_said_))) {
    say_goodbye(out);
    if (peer_closed_) hang_up_ = true;
    else out.set_timer(close_timer, now_ + limits::stream_farewell_wait_max);  // xmpp 2.7
  }
  if (!output_.empty()) {
    out.send(output_);
    if (output_.capacity() > limits::output_kept_bytes_max) output_ = std::string();
    output_.clear();
  }
  if (hang_up_) {
    const bool resumable = session_.runs();
    lose_session(out);
    sending_.lose(resumable, out);
    end();
    out.hang_up();
  } else if (start_tls_) {
    start_tls_ = false;
    state_ = State::handshake;
    TlsWish wish;
    wish.identity = settings_->home_of(to_key_) == Home::none ? settings_->node_domain : to_key_;
    wish.alpn = "xmpp-server";   // xmpp 1.9
    wish.ask_certificate = wish.strong_only = true;
    out.start_tls(std::move(wish));
    out.set_timer(wait_timer, now_ + settings_->features_wait_max);
  }
}

}  // namespace hanse::xmpp
