// SPDX-License-Identifier: Apache-2.0
#include "protocols/smtp/inbound.h"

#include <algorithm>
#include <utility>

#include "protocols/smtp/address.h"
#include "protocols/smtp/transaction.h"
#include "server/base/limits.h"

namespace hanse::smtp {

Inbound::Inbound(std::shared_ptr<const SmtpSettings> settings, const InboundContext& context)
    : settings_(std::move(settings)), tls_available_(context.tls_available), busy_(context.busy),
      too_often_(context.too_often), crowded_(context.crowded) {}

Inbound::~Inbound() = default;

void Inbound::on(Event event, Instant now, Outbox& out) {
  if (state_ == State::ended) return;
  now_ = now;
  progress_ = false;
  std::visit([this, &out](auto& one) { handle(one, out); }, event);
  consume_held(out);
  finish_turn(out);
}

std::size_t Inbound::memory_bytes() const {
  const std::size_t own = held_.capacity() + reply_.capacity();
  return transaction_ == nullptr ? own : own + sizeof(Transaction) + transaction_->body.capacity();
}

// ---- the beginning ----

void Inbound::handle(Opened& event, Outbox& out) {
  remote_address_ = std::move(event.remote_address);
  out.set_timer(age_timer, now_ + settings_->in.session_age_max);
  if (busy_ && too_often_)  // S-18
    return close_with("421 4.7.0 too many connections from you, slow down");
  if (busy_) return close_with("421 4.3.2 too many connections, try again later");
  if (settings_->in.reverse_names && is_ip_address(remote_address_))
    name_ask_ = out.ask(Lookup{{reverse_name(remote_address_), DnsType::ptr}, true});
  if (settings_->in.greet_delay == Duration::zero()) return greet(out);
  // S-19: only those we do not know must wait.
  ask(Asked::greeting, Verify{claim(), {}}, out);
}

void Inbound::greeting_decided(const Answer& answer, Outbox& out) {
  const TrustDecision* decision = std::get_if<TrustDecision>(&answer);
  if (decision != nullptr && !decision->peer.empty()) return greet(out);
  out.set_timer(wait_timer, now_ + settings_->in.greet_delay);
}

void Inbound::greet(Outbox&) {
  progress_ = true;
  if (settings_->in.refuse_all) {  // RFC 7504
    state_ = State::refusing;
    return say("521 5.3.2 " + settings_->node.domain + " takes no mail");
  }
  state_ = State::fresh;
  say("220 " + settings_->node.domain + " ESMTP hanse");
}

void Inbound::handle(TlsUp& event, Outbox&) {
  tls_ = std::make_unique<TlsFacts>(std::move(event.facts));
  if (state_ != State::handshake) return;  // TLS from the first octet on
  // T-2: what was said in clear counts for nothing. RFC 3207 4.2
  state_ = State::fresh;
  helo_.clear();
  extended_ = false;
  progress_ = true;
}

void Inbound::handle(Closed&, Outbox&) {
  // D-13: without its final dot a message does not exist; the session drops what Keep made.
  transaction_.reset();
  state_ = State::ended;
}

// ---- input ----

void Inbound::handle(Received& event, Outbox& out) {
  if (state_ == State::connecting || !held_.empty()) return hold(event.bytes);
  consume(event.bytes, out);
  if (!event.bytes.empty() && !hang_up_) hold(event.bytes);  // a question is open
}

void Inbound::hold(std::string_view bytes) {
  if (held_.size() - held_from_ + bytes.size() > limits::input_held_bytes_max)
    return close_with("421 4.7.0 too much input ahead of the replies");
  held_.append(bytes);
}

void Inbound::consume_held(Outbox& out) {
  if (state_ == State::connecting && !held_.empty() && asked_ == Asked::nothing) {
    return close_with("554 5.5.1 you spoke before the greeting");  // S-19
  }
  if (held_.empty() || hang_up_) return;
  std::string_view input = std::string_view(held_).substr(held_from_);
  consume(input, out);
  held_from_ = held_.size() - input.size();
  if (input.empty()) {
    held_ = std::string();
    held_from_ = 0;
  }
}

void Inbound::consume(std::string_view& input, Outbox& out) {
  while (!input.empty() && asked_ == Asked::nothing && !hang_up_) {
    if (state_ == State::content) read_content(input, out);
    else if (octets_to_skip_ > 0) skip_octets(input);
    else if (state_ == State::handshake || state_ == State::ended) input = {};
    else read_command(input, out);
  }
}

void Inbound::skip_octets(std::string_view& input) {
  const std::uint64_t skipped = std::min<std::uint64_t>(octets_to_skip_, input.size());
  octets_to_skip_ -= skipped;
  input.remove_prefix(static_cast<std::size_t>(skipped));
  progress_ = true;
}

void Inbound::read_command(std::string_view& input, Outbox& out) {
  switch (lines_.next(input)) {
    case CommandLines::Kind::none:
      return;
    case CommandLines::Kind::endless:
      return close_with("421 4.5.2 this is not a command");  // S-2
    case CommandLines::Kind::too_long:
      progress_ = true;
      return complain("500 5.5.2 line too long");  // S-2
    case CommandLines::Kind::line:
      progress_ = true;
      more_input_ = !input.empty();
      return dispatch(lines_.text(), out);
  }
}

// ---- questions and time ----

void Inbound::ask(Asked asked, Ask question, Outbox& out) {
  asked_ = asked;
  ask_ = out.ask(std::move(question));
  out.set_timer(wait_timer, now_ + limits::mail_question_wait_max);
}

void Inbound::handle(Answered& event, Outbox& out) {
  if (event.id == name_ask_) return name_found(event.answer);
  if (event.id != ask_) return;
  progress_ = true;
  switch (std::exchange(asked_, Asked::nothing)) {
    case Asked::nothing: return;
    case Asked::greeting: return greeting_decided(event.answer, out);
    case Asked::sender_trust: return sender_decided(event.answer, out);
    case Asked::sender_domain: return sender_domain_found(event.answer, out);
    case Asked::recipient: return recipient_decided(event.answer, out);
    case Asked::recipient_domain: return recipient_domain_found(event.answer, out);
    case Asked::keep: return kept(event.answer, out);
    case Asked::submit: return submitted(event.answer, out);
  }
}

void Inbound::name_found(const Answer& answer) {
  const DnsAnswer* found = std::get_if<DnsAnswer>(&answer);
  if (found == nullptr || found->records.empty()) return;
  const DnsName* name = std::get_if<DnsName>(&found->records.front());
  // whoever owns the reverse zone wrote it; it goes into a trace field.
  if (name != nullptr && is_greeting_name(name->name)) remote_host_ = name->name;
}

void Inbound::handle(Rang& event, Outbox& out) {
  if (event.timer == age_timer) {
    too_old_ = true;  // D-17: acted upon between transactions
  } else if (event.timer == content_timer) {
    content_time_is_up(out);
  } else if (state_ == State::connecting && asked_ == Asked::nothing) {
    greet(out);
  } else if (asked_ == Asked::recipient_domain) {
    asked_ = Asked::nothing;
    ask_ = 0;   // a later answer goes nowhere
    progress_ = true;
    accept_recipient();
  } else if (state_ == State::handshake) {
    hang_up_ = true;  // no words in clear where TLS is expected
  } else {
    close_with(asked_ != Asked::nothing ? "451 4.3.0 the answer takes too long"
                                        : "421 4.4.2 you were silent for too long");
  }
}

// ---- the end of a turn ----

bool Inbound::between_transactions() const {
  return asked_ == Asked::nothing && state_ != State::content && state_ != State::handshake &&
         state_ != State::ended && !hang_up_;
}

void Inbound::finish_turn(Outbox& out) {
  if (state_ == State::ended) return;
  if (between_transactions()) {
    if (draining_) {
      close_with("421 4.3.2 going down, try again later");  // S-17
    } else if (too_old_ && transaction_ == nullptr) {
      close_with("421 4.7.0 this session has lasted long enough");  // D-17
    }
  }
  if (hang_up_) note_goodbye(out);
  if (!reply_.empty() && (asked_ == Asked::nothing || hang_up_)) {
    out.send(reply_);
    if (reply_.capacity() > session_reply_kept_octets_max) reply_ = std::string();
    reply_.clear();
  }
  if (state_ == State::handshake && progress_) {
    out.start_tls({.ask_certificate = settings_->in.ask_certificate});
    wait_for(limits::mail_tls_wait_max, out);
  } else if (hang_up_) {
    state_ = State::ended;
    transaction_.reset();
    held_ = std::string();
    held_from_ = 0;
    out.hang_up();
  } else if (progress_ && asked_ == Asked::nothing && state_ != State::connecting) {
    const InboundSettings& in = settings_->in;
    wait_for(state_ == State::content ? in.data_wait : in.command_wait, out);
  }
}

// D-17: the other side gets less time when connections run out.
void Inbound::wait_for(Duration usual, Outbox& out) {
  wait_until_ = now_ + (crowded_ ? std::min(usual, limits::mail_crowded_wait_max) : usual);
  out.set_timer(wait_timer, wait_until_);
}

// A wait that has begun gets shorter too; those for our own answers stay as they are.
void Inbound::handle(Crowded& event, Outbox& out) {
  crowded_ = event.crowded;
  const Instant soon = now_ + limits::mail_crowded_wait_max;
  if (!crowded_ || asked_ != Asked::nothing || wait_until_ <= soon) return;
  wait_until_ = soon;
  out.set_timer(wait_timer, wait_until_);
}

// V-3: why we ended it; the client's own QUIT is not worth a line.
void Inbound::note_goodbye(Outbox& out) const {
  std::string_view reply = std::string_view(reply_).substr(std::min(last_reply_, reply_.size()));
  reply = reply.substr(0, reply.find("\r\n"));
  if (!reply.empty() && reply.front() != '2') out.note(Level::info, "smtp.closed", reply);
}

// ---- replies ----

void Inbound::say(std::string_view reply) { reply_.append(reply).append("\r\n"); }

void Inbound::complain(std::string_view reply) {
  ++errors_;
  if (refused_data_) ++refused_data_errors_;
  if (errors_ >= settings_->in.errors_max ||
      refused_data_errors_ > limits::mail_refused_data_errors_max)  // S-12, D-16
    return close_with("421 4.7.0 too many errors");
  say(reply);
}

void Inbound::refuse(std::string_view reply, Outbox& out) {
  out.note(Level::info, "smtp.refused", reply);
  say(reply);
}

void Inbound::close_with(std::string_view reply) {
  last_reply_ = reply_.size();
  say(reply);
  hang_up_ = true;
}

}  // namespace hanse::smtp
