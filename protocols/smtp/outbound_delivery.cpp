// SPDX-License-Identifier: Apache-2.0
#include "protocols/smtp/outbound_delivery.h"

#include <algorithm>

#include "protocols/smtp/address.h"
#include "protocols/smtp/limits.h"
#include "protocols/smtp/trace.h"
#include "server/base/limits.h"

namespace hanse::smtp {

namespace {

constexpr std::string_view end_of_data = ".\r\n";
// Content that may go out before anybody has said who wants it.
constexpr std::size_t ahead_octets_max = limits::body_inline_bytes_max;

// No octet that could end a command early or that SMTPUTF8 would be needed for (E-4).
bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 0x7f; });
}
bool is_plain(const Address& address) {
  return is_plain(address.local) && is_plain(address.domain);
}

// RFC 5321 4.5.3.1.10: 452 says it, old servers say 552; an enhanced code must not contradict.
bool too_many_recipients(const Reply& reply) {
  return (reply.code == 452 || reply.code == 552) &&
         (reply.status.empty() || reply.status.ends_with(".5.3"));
}

}  // namespace

std::string_view step_name(Step step) {
  switch (step) {
    case Step::reset: return "RSET";
    case Step::mail: return "MAIL";
    case Step::rcpt: return "RCPT";
    case Step::data: return "DATA";
    case Step::chunk: return "BDAT";
    case Step::end: return "end of data";
  }
  return "";
}

Delivery::Delivery(Work work, const Hopping& hopping)
    : work_(std::move(work)), hopping_(hopping), trace_(received_field(*work_.envelope)),
      recipients_(work_.targets.size()), undone_(recipients_.size()),
      stuffer_(hopping.line_octets_max, chunked()) {
  refuse_unsendable();
  if (!all_done() && content_in_memory()) prepare_content();
}

void Delivery::refuse_unsendable() {
  const auto refusal = [this](std::string_view status, std::string_view why) {
    return outcome(Disposition::failed, Fault::never, std::string(status), std::string(why));
  };
  const Offer& offer = hopping_.offer;
  if (offer.size_max > 0 && octets() > offer.size_max)  // RFC 1870 6.1, E-8
    fail_open(refusal("5.3.4", "message is larger than the server takes (" +
                                   std::to_string(offer.size_max) + " octets)"));
  if (has_fact(work_.envelope->native, fact_eight_bit) && !offer.eight_bit)  // E-5
    fail_open(refusal("5.6.3", "message has 8-bit content, the server takes 7-bit only"));
  if (!is_plain(work_.envelope->from))
    fail_open(refusal("5.6.7", "sender address is not ASCII, the server takes ASCII only"));
  for (std::uint32_t i = 0; i < recipients_.size(); ++i)
    if (!is_plain(work_.targets[i].to))
      finish(i, refusal("5.6.7", "address is not ASCII, the server takes ASCII only"));
}

// C-3: known before the first command, so a message that may not be sent costs no connection.
void Delivery::prepare_content() {
  const std::string_view body = work_.body.bytes ? std::string_view(*work_.body.bytes) : "";
  content_.reserve(trace_.size() + body.size() + body.size() / 64 + end_of_data.size() + 2);
  content_ = trace_;
  Result<void> done = stuffer_.append(body, content_);
  if (done) done = stuffer_.finish(content_);
  if (!done) fail_open(outcome(Disposition::failed, Fault::never, "5.6.0", done.error().what));
}

bool Delivery::begin_transaction(bool reset_first, bool behind, std::string& commands) {
  commands_.clear();
  given_ = answered_ = accepted_ = 0;
  mail_accepted_ = content_wanted_ = open_on_server_ = end_given_ = streaming_ = false;
  std::size_t asked = 0;
  if (reset_first) commands_.push_back({Step::reset});
  commands_.push_back({Step::mail});
  for (std::uint32_t i = 0; i < recipients_.size() && asked < hopping_.recipients_max; ++i) {
    if (recipients_[i].state != State::waiting) continue;
    recipients_[i].state = State::asked;
    commands_.push_back({Step::rcpt, i});
    ++asked;
  }
  if (asked == 0) return false;
  const std::size_t envelope = commands_.size();
  plan_content();
  if (!hopping_.offer.pipelining) return next_command(commands);
  // A chunk goes along only where the connection is surely alive and the host useful: with it a
  // message may have arrived, which is then neither returned (C-6) nor another host's (M-10).
  const bool ahead = behind && content_.size() <= ahead_octets_max;
  const std::size_t end = chunked() && !ahead ? envelope : commands_.size();
  while (given_ < end) give(commands_[given_], commands);  // C-2
  return true;
}

void Delivery::plan_content() {
  if (!chunked()) return commands_.push_back({Step::data});
  std::uint32_t chunk = 0;
  for (std::size_t left = content_.size(); left > chunk_octets_max; left -= chunk_octets_max)
    commands_.push_back({Step::chunk, chunk++});
  commands_.push_back({Step::end, chunk});
}

bool Delivery::chunk_is_next() const {
  return !awaits_reply() && given_ < commands_.size() && commands_[given_].step >= Step::chunk;
}

bool Delivery::next_command(std::string& commands) {
  if (given_ >= commands_.size()) return false;
  const Step step = commands_[given_].step;
  if (step >= Step::rcpt && !mail_accepted_) return false;
  if (step >= Step::data && accepted_ == 0) return false;
  give(commands_[given_], commands);
  return true;
}

void Delivery::give(Command command, std::string& out) {
  ++given_;
  switch (command.step) {
    case Step::reset: out.append("RSET\r\n"); return;
    case Step::rcpt:
      out.append("RCPT TO:").append(path_text(work_.targets[command.index].to));
      out.append("\r\n");
      return;
    case Step::data: out.append("DATA\r\n"); return;
    case Step::chunk:
    case Step::end: return give_chunk(command, out);   // of DATA it is no command
    case Step::mail: break;
  }
  out.append("MAIL FROM:").append(path_text(work_.envelope->from));
  if (hopping_.offer.size) out.append(" SIZE=").append(std::to_string(octets()));  // RFC 1870
  if (has_fact(work_.envelope->native, fact_eight_bit)) out.append(" BODY=8BITMIME");
  out.append("\r\n");
}

void Delivery::give_chunk(Command command, std::string& out) {
  const bool last = command.step == Step::end;
  const std::string_view chunk = std::string_view(content_).substr(
      std::size_t{command.index} * chunk_octets_max, chunk_octets_max);
  out.append("BDAT ").append(std::to_string(chunk.size())).append(last ? " LAST\r\n" : "\r\n");
  out.append(chunk);
  end_given_ = end_given_ || last;
}

void Delivery::on_reply(const Reply& reply) {
  const Command command = commands_[answered_++];
  ++replies_;
  switch (command.step) {
    case Step::reset: return;
    case Step::mail: return on_mail(reply);
    case Step::rcpt: return on_rcpt(command.index, reply);
    case Step::data: return on_data(reply);
    case Step::chunk: return on_chunk(reply);
    case Step::end: return on_end(reply);
  }
}

// The sender is refused for everybody, also for those of later transactions.
void Delivery::on_mail(const Reply& reply) {
  mail_accepted_ = open_on_server_ = reply.positive();
  if (!mail_accepted_) fail_open(outcome_of(reply));
}

void Delivery::on_rcpt(std::uint32_t recipient, const Reply& reply) {
  Recipient& one = recipients_[recipient];
  if (one.state != State::asked) return;   // pipelined behind a refused MAIL
  if (reply.positive()) {
    one.state = State::accepted;
    ++accepted_;
  } else if (accepted_ > 0 && too_many_recipients(reply)) {
    one.state = State::waiting;            // C-11: the next transaction, at once
  } else {
    finish(recipient, outcome_of(reply));
  }
}

void Delivery::on_data(const Reply& reply) {
  if (reply.code == 354) content_wanted_ = true;
  else fail_named(outcome_of(reply));
}

// RFC 3030 2: after a failed chunk the others fail too, until RSET.
void Delivery::on_chunk(const Reply& reply) {
  if (!reply.positive()) fail_named(outcome_of(reply));
}

void Delivery::on_end(const Reply& reply) {
  // A refused chunk leaves the transaction as it was, as far as servers agree on it.
  open_on_server_ = chunked() && !reply.positive() && mail_accepted_;
  fail_named(reply.positive()
                    ? outcome(Disposition::delivered, Fault::try_later,
                              reply.status.empty() ? "2.0.0" : reply.status, to_text(reply))
                    : outcome_of(reply));
}

std::string_view Delivery::give_content() {
  content_wanted_ = false;
  end_given_ = true;
  commands_.push_back({Step::end});
  ++given_;
  return content_;
}

std::string_view Delivery::give_nothing() {
  content_wanted_ = false;
  commands_.push_back({Step::end});
  ++given_;
  return end_of_data;
}

std::string_view Delivery::begin_stream() {
  content_wanted_ = false;
  streaming_ = true;
  stuffer_ = Stuffer(hopping_.line_octets_max);
  fetched_ = 0;
  return trace_;
}

Fetch Delivery::next_fetch() const {
  return {work_.body.blob, fetched_, limits::body_chunk_bytes};
}

Result<void> Delivery::stream(std::string_view bytes, std::string& out) {
  if (bytes.empty() || bytes.size() > work_.body.size - fetched_)
    return Error{Fault::broken, "stored message has another size than recorded"};
  fetched_ += bytes.size();
  Result<void> done = stuffer_.append(bytes, out);
  if (!done || fetched_ < work_.body.size) return done;
  done = stuffer_.finish(out);
  if (!done) return done;
  give_content();
  streaming_ = false;
  return {};
}

void Delivery::finish(std::uint32_t recipient, const Outcome& outcome) {
  Recipient& one = recipients_[recipient];
  if (one.state == State::done) return;
  if (one.state == State::accepted) --accepted_;
  one.state = State::done;
  one.outcome = outcome;
  --undone_;
}

void Delivery::fail_open(const Outcome& outcome) {
  for (std::uint32_t i = 0; i < recipients_.size(); ++i) finish(i, outcome);
}

void Delivery::fail_untried(const Outcome& outcome) {
  for (std::uint32_t i = 0; i < recipients_.size(); ++i)
    if (recipients_[i].state == State::waiting) finish(i, outcome);
}

void Delivery::fail_named(const Outcome& outcome) {
  for (std::uint32_t i = 0; i < recipients_.size(); ++i)
    if (recipients_[i].state != State::waiting) finish(i, outcome);
}

bool Delivery::on_its_last_answer() const {
  const auto untried = [](const Recipient& one) { return one.state == State::waiting; };
  return end_given_ && answered_ + 1 == commands_.size() && accepted_ > 0 &&
         std::none_of(recipients_.begin(), recipients_.end(), untried);
}

const Outcome* Delivery::given_back() const {
  for (const Recipient& one : recipients_)
    if (one.outcome.disposition == Disposition::returned) return &one.outcome;
  return nullptr;
}

bool Delivery::decided() const {
  return std::any_of(recipients_.begin(), recipients_.end(), [](const Recipient& one) {
    return one.outcome.disposition != Disposition::returned;
  });
}

void Delivery::settle(Outbox& out) const {
  for (std::size_t i = 0; i < recipients_.size(); ++i)
    out.settle(work_.targets[i].id, recipients_[i].outcome);
}

Outcome Delivery::outcome(Disposition disposition, Fault fault, std::string status,
                          std::string reply) const {
  return {disposition, fault, std::move(status), std::move(reply), hopping_.remote, hopping_.tls,
          false};
}

Outcome Delivery::outcome_of(const Reply& reply) const {
  if (reply.permanent())
    return outcome(Disposition::failed, Fault::never,
                   reply.status.empty() ? "5.0.0" : reply.status, to_text(reply));  // B-7
  if (reply.code / 100 == 4)
    return outcome(hopping_.try_next ? Disposition::returned : Disposition::deferred,
                   Fault::try_later,
                   reply.status.empty() ? "4.0.0" : reply.status, to_text(reply));
  return outcome(Disposition::deferred, Fault::try_later, "4.5.0",
                 "unexpected reply: " + to_text(reply));
}

Outcome Delivery::outcome_of_end(const Reply& reply) const {
  Outcome out = outcome_of(reply);
  if (hopping_.others_left) out.disposition = Disposition::returned;
  return out;
}

Outcome Delivery::lost(const LinkEnd& end) const {
  const bool elsewhere = hopping_.others_left && !end_given_;
  Outcome out = outcome(elsewhere ? Disposition::returned : Disposition::deferred,
                        Fault::try_later, end.status, end.what);
  out.ambiguous = end_given_;
  return out;
}

}  // namespace hanse::smtp
