// SPDX-License-Identifier: Apache-2.0
#include "protocols/smtp/outbound.h"

#include <algorithm>
#include <utility>

namespace hanse::smtp {

Outbound::Outbound(OutboundContext context, std::shared_ptr<const SmtpSettings> settings)
    : settings_(settings), handshake_(std::move(context), std::move(settings)) {}

void Outbound::on(Event event, Instant now, Outbox& out) {
  progress_ = false;
  if (state_ != State::ended)
    std::visit([&](auto& one) { handle(one, out); }, event);
  else if (Deliver* late = std::get_if<Deliver>(&event))
    return_work(late->work, out);
  set_wait(now, out);
}

void Outbound::handle(const Opened& event, Outbox&) {
  handshake_.on_opened(event);
  progress_ = true;
}

void Outbound::handle(const Received& event, Outbox& out) {
  std::string_view bytes = event.bytes;
  Reply reply;
  while (state_ != State::ended && !bytes.empty()) {
    const ReplyReader::Next next = reader_.next(bytes, reply);
    if (next == ReplyReader::Next::more) break;
    if (next == ReplyReader::Next::broken) {  // C-4
      out.note(Level::warning, "conn.protocol_error", reader_.why());
      return give_up({.status = "4.5.0", .what = std::string(reader_.why())}, out);
    }
    progress_ = true;
    on_reply(reply, !bytes.empty(), out);
  }
}

void Outbound::on_reply(const Reply& reply, bool more_follow, Outbox& out) {
  switch (state_) {
    case State::handshake:
      handshake_.on_reply(reply, more_follow, out);
      return after_handshake();
    case State::ready:
      return on_mail_reply(reply, more_follow, out);
    case State::quitting:
      state_ = State::ended;
      return out.hang_up();
    case State::ended:
      return;
  }
}

void Outbound::after_handshake() {
  if (handshake_.phase() == Handshake::Phase::failed) state_ = State::ended;
  if (handshake_.phase() != Handshake::Phase::done) return;
  state_ = State::ready;
  hopping_.remote = to_text(handshake_.endpoint());
  hopping_.tls = handshake_.tls_text();
  hopping_.offer = handshake_.offer();
  if (settings_->in.accept_long_lines) hopping_.line_octets_max = long_text_line_octets_max;
  hopping_.recipients_max = settings_->out.recipients_per_transaction;
  hopping_.others_left = handshake_.others_left();
  hopping_.try_next = hopping_.others_left && settings_->out.try_next;
  if (hopping_.offer.recipients_max > 0)  // C-10, E-7
    hopping_.recipients_max = std::min(hopping_.recipients_max, hopping_.offer.recipients_max);
}

void Outbound::handle(const TlsUp& event, Outbox& out) {
  progress_ = true;
  handshake_.on_tls_up(event.facts, out);
}

void Outbound::handle(const Answered& event, Outbox& out) {
  progress_ = true;
  if (state_ == State::handshake) {
    handshake_.on_decision(event.answer, out);
    after_handshake();
  } else if (fetch_ == event.id) {
    fetch_.reset();
    on_fetched(event.answer, out);
  }
}

void Outbound::handle(Deliver& event, Outbox& out) {
  progress_ = true;
  if (state_ != State::ready) return return_work(event.work, out);
  waiting_.push_back(std::move(event.work));
  advance(out);
}

void Outbound::handle(const Drain&, Outbox& out) {
  draining_ = true;
  progress_ = true;
  if (state_ == State::handshake) give_up({.status = "", .what = "drained", .orderly = true}, out);
  else if (state_ == State::ready) advance(out);
}

void Outbound::handle(const Rang&, Outbox& out) {
  if (state_ == State::quitting) {
    state_ = State::ended;
    return out.hang_up();
  }
  give_up({.status = "4.4.2", .what = "timeout waiting for " + awaited()}, out);  // C-5, B-7
}

void Outbound::handle(const Closed& event, Outbox& out) {
  if (state_ == State::quitting) {
    state_ = State::ended;
    return;
  }
  LinkEnd end{.status = "4.4.2", .what = "connection lost waiting for " + awaited()};
  if (!event.why.empty()) end.what += ": " + event.why;
  if (event.tls_failed && state_ == State::handshake) end.status = "4.7.5";  // B-7
  end.tls_failed = event.tls_failed;
  // An idle connection that the server ends is nobody's failure.
  end.orderly = state_ == State::ready && deliveries_.empty() && waiting_.empty();
  give_up(std::move(end), out);
}

void Outbound::give_up(LinkEnd end, Outbox& out) {
  end.stage = state_ == State::handshake ? LinkEnd::Stage::handshake : LinkEnd::Stage::ready;
  settle_all(end, out);
  state_ = State::ended;
  out.fail(std::move(end));
  out.hang_up();
}

std::string Outbound::awaited() const {
  if (state_ == State::handshake) return std::string(handshake_.awaited());
  if (deliveries_.empty()) return "work";
  const Delivery& first = *deliveries_.front();
  if (first.awaits_reply()) return "the answer to " + std::string(step_name(first.awaited()));
  return "the server to take the message";
}

std::optional<Duration> Outbound::patience() const {
  const OutboundSettings& waits = settings_->out;
  if (state_ == State::handshake) return handshake_.patience();
  if (state_ == State::quitting) return quit_wait;
  if (state_ == State::ended || deliveries_.empty()) return std::nullopt;
  if (!deliveries_.front()->awaits_reply()) return waits.block_wait;
  switch (deliveries_.front()->awaited()) {
    case Step::reset: return waits.reset_wait;
    case Step::mail: return waits.mail_wait;
    case Step::rcpt: return waits.rcpt_wait;
    case Step::data: return waits.data_wait;
    case Step::chunk: return waits.block_wait;
    case Step::end: break;
  }
  return waits.end_wait;
}

// Only what moves the conversation on begins a wait anew; a server that sends its answer octet by
// octet gains nothing.
void Outbound::set_wait(Instant now, Outbox& out) {
  const std::optional<Duration> wait = patience();
  if (!wait) out.cancel_timer(wait_timer);
  else if (progress_) out.set_timer(wait_timer, now + *wait);
}

}  // namespace hanse::smtp
