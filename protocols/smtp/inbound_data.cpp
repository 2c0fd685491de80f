// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "protocols/smtp/address.h"
#include "protocols/smtp/header.h"
#include "protocols/smtp/inbound.h"
#include "protocols/smtp/trace.h"
#include "protocols/smtp/transaction.h"
#include "server/base/limits.h"

namespace hanse::smtp {

namespace {

constexpr std::string_view bad_line_ends = "550 5.6.0 bare CR/LF or NUL not allowed";

std::string_view content_reply(const DataReader& data) {
  if (data.bad_octet()) return bad_line_ends;                                  // D-3
  if (data.too_big()) return "552 5.3.4 message too large";                    // D-8
  if (data.line_too_long()) return "550 5.6.0 line longer than 998 octets";    // D-5
  return {};
}

std::string submission_reply(const Answer& answer) {
  if (const Submitted* done = std::get_if<Submitted>(&answer))
    return "250 2.0.0 queued as " + done->id;
  const Error* error = std::get_if<Error>(&answer);
  switch (error != nullptr ? error->fault : Fault::broken) {
    case Fault::overloaded: return "452 4.3.1 no room for more, try again later";
    case Fault::refused: return "554 5.7.1 message refused";
    case Fault::never: return "554 5.0.0 message cannot be taken";
    case Fault::try_later:
    case Fault::broken: break;
  }
  return "451 4.3.0 local failure, try again later";
}

}  // namespace

// RFC 5321 4.1.1.4
void Inbound::data(std::string_view, Outbox& out) {
  if (state_ != State::recipients) {
    complain("554 5.5.1 no valid recipients");
    refused_data_ = true;  // D-16: the client may have sent the content along
    return;
  }
  state_ = State::content;
  transaction_->content_begun = now_;
  out.set_timer(content_timer, now_ + content_head_start());
  say("354 end with a dot on a line by itself");
}

void Inbound::read_content(std::string_view& input, Outbox& out) {
  Transaction& message = *transaction_;
  progress_ = true;
  if (message.body.empty() && message.blob == 0)
    message.body.reserve(std::min<std::uint64_t>(message.declared_size,
                                                 limits::body_memory_bytes_max));
  message.data.feed(input, message.body);
  if (message.refusal.empty()) message.refusal = content_reply(message.data);
  if (!message.refusal.empty()) message.body = std::string();  // read on, keep nothing
  if (message.data.done()) return end_of_content(out);
  if (message.data.eaten() > settings_->in.size_max + limits::mail_oversize_octets_max)
    return close_with("552 5.3.4 message too large");  // D-8
  if (message.blob != 0 || message.body.size() > limits::body_memory_bytes_max) keep_content(out);
}

// Hands the next chunk to the store; false when there is none to hand over.
bool Inbound::keep_content(Outbox& out) {
  Transaction& message = *transaction_;
  const bool last = message.data.done();
  if (message.body.size() < limits::body_chunk_bytes && !(last && !message.body.empty()))
    return false;
  check_header(out);
  if (!message.refusal.empty()) return false;
  std::string chunk = message.body.substr(0, limits::body_chunk_bytes);
  message.body.erase(0, chunk.size());
  ask(Asked::keep, Keep{message.blob, std::move(chunk)}, out);
  return true;
}

void Inbound::kept(const Answer& answer, Outbox& out) {
  Transaction& message = *transaction_;
  if (const Kept* done = std::get_if<Kept>(&answer)) {
    message.blob = done->blob;
  } else {
    const Error* error = std::get_if<Error>(&answer);
    message.refusal = error != nullptr && error->fault == Fault::overloaded
                          ? "452 4.3.1 no room for more, try again later"
                          : "451 4.3.0 local failure, try again later";
    message.body = std::string();
  }
  if (message.data.done()) end_of_content(out);
  else keep_content(out);
}

// The block is complete in memory as long as nothing was handed to the store.
void Inbound::check_header(Outbox& out) {
  Transaction& message = *transaction_;
  if (message.header_checked) return;
  message.header_checked = true;
  HeaderRules rules;
  rules.normalize = message.content.normalize_line_endings;
  rules.tag_from = message.content.tag_from;
  rules.hops_max = settings_->in.hops_max;
  rules.field_octets_max = settings_->in.header_field_max;
  rules.node = settings_->node.domain;
  rules.recipients = &message.to;
  HeaderReport report = check_header_block(message.body, rules);
  message.message_id = std::move(report.message_id);
  message.refusal = report.refusal;
  message.tag = report.tag;
  if (!message.refusal.empty()) message.body = std::string();
  else if (!message.tag.empty()) out.note(Level::warning, "smtp.tagged", tag_text(message.tag));
}

void Inbound::end_of_content(Outbox& out) {
  out.cancel_timer(content_timer);
  Transaction& message = *transaction_;
  // Of several faults the same one counts however the content was cut into pieces.
  if (const std::string_view fault = content_reply(message.data); !fault.empty())
    message.refusal = fault;
  if (message.refusal.empty()) check_header(out);
  if (message.refusal.empty() && message.blob != 0 && keep_content(out)) return;
  if (message.refusal.empty()) return submit(out);
  const std::string_view reply = message.refusal;
  drop_transaction(out);
  if (reply == mail_loop) out.note(Level::warning, "route.loop_dropped", reply);
  refuse(reply, out);
  // D-3: a client that sends such bytes may mean another end of data than we do.
  if (reply == bad_line_ends) hang_up_ = true;
}

void Inbound::submit(Outbox& out) {
  Transaction& message = *transaction_;
  Submission submission;
  Envelope& envelope = submission.envelope;
  envelope.key.protocol = "smtp";
  envelope.key.native_id = message.message_id;
  envelope.key.domain = message.message_id.substr(
      std::min(message.message_id.rfind('@') + 1, message.message_id.size()));
  envelope.from = std::move(message.from);
  envelope.to = std::move(message.to);
  envelope.trace.push_back(hop());
  if (message.eight_bit || message.data.high_octet()) add_fact(envelope.native, fact_eight_bit);
  if (!message.tag.empty()) add_fact(envelope.native, message.tag);
  submission.body.size = message.data.size();
  submission.body.blob = message.blob;
  if (message.blob == 0)
    submission.body.bytes = std::make_shared<const std::string>(std::move(message.body));
  message.blob = 0;  // its owner from here on is the queue
  ask(Asked::submit, Submit{std::move(submission)}, out);
}

Hop Inbound::hop() const {
  Hop hop;
  hop.by_node = settings_->node.domain;
  hop.protocol = !extended_ ? "SMTP" : tls_ != nullptr ? "ESMTPS" : "ESMTP";  // RFC 3848
  hop.from_name = helo_;
  hop.from_host = remote_host_;
  hop.from_address = remote_address_;
  if (tls_ != nullptr) hop.tls = tls_->version + " " + tls_->cipher;
  hop.peer = transaction_->peer;
  hop.at = settings_->node.clock->utc();
  return hop;
}

// D-14: only now is the message ours.
void Inbound::submitted(const Answer& answer, Outbox& out) {
  const std::string reply = submission_reply(answer);
  drop_transaction(out);
  if (!std::holds_alternative<Submitted>(answer)) return refuse(reply, out);
  say(reply);
  commands_ = 0;
  idle_commands_ = 0;
  if (++messages_ >= settings_->in.session_messages_max) too_old_ = true;  // D-17
}

Duration Inbound::content_head_start() const {
  return crowded_ ? limits::mail_crowded_wait_max : limits::mail_content_start_max;
}

// D-17: a head start, then at least so many octets a second.
void Inbound::content_time_is_up(Outbox& out) {
  const bool skips = octets_to_skip_ > 0;
  if (state_ != State::content && !skips) return;
  const std::uint64_t eaten = skips ? skip_total_ - octets_to_skip_ : transaction_->data.eaten();
  const Instant begun = skips ? skip_begun_ : transaction_->content_begun;
  const Instant until = begun + content_head_start() +
                        std::chrono::seconds(eaten / settings_->in.octets_per_second_min);
  if (until > now_) {
    out.set_timer(content_timer, until);
  } else {
    close_with("421 4.4.2 the message takes too long");
  }
}

}  // namespace hanse::smtp
