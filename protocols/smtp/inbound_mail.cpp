// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "protocols/smtp/address.h"
#include "protocols/smtp/inbound.h"
#include "protocols/smtp/transaction.h"
#include "server/base/limits.h"

namespace hanse::smtp {

namespace {

constexpr std::string_view local_failure = "451 4.3.0 local failure, try again later";

// S-3, S-4, S-6; section 18 of the sheet. `bad_address` is the sender's or the recipient's.
std::string_view path_reply(PathFault fault, std::string_view bad_address) {
  switch (fault) {
    case PathFault::none: break;
    case PathFault::brackets: return "501 5.5.4 the address must stand in angle brackets";
    case PathFault::syntax: return bad_address;
    case PathFault::non_ascii: return "553 5.6.7 SMTPUTF8 is not offered";
    case PathFault::bad_utf8: return "501 5.5.4 not UTF-8";
  }
  return {};
}

struct MailParameters {
  std::uint64_t size = 0;
  bool eight_bit = false;
};

// RFC 1870 3: 1 to 20 digits. What does not fit into 64 bits is too large in any case.
bool read_size(std::string_view text, std::uint64_t& size) {
  constexpr std::size_t digits_max = 20;
  if (text.empty() || text.size() > digits_max) return false;
  if (!std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return false;
  const Result<std::int64_t> value = parse_integer(text);
  size = value ? static_cast<std::uint64_t>(*value) : UINT64_MAX;
  return true;
}

// The reply that refuses the parameters, or nothing. S-13, D-12
std::string_view read_parameters(std::string_view text, bool extended, MailParameters& out) {
  std::vector<Parameter> parameters;
  if (!parse_parameters(text, parameters)) return "501 5.5.4 bad parameters";
  for (const Parameter& one : parameters) {
    if (extended && equal_ascii_case(one.keyword, "SIZE")) {
      if (!read_size(one.value, out.size)) return "501 5.5.4 bad value of SIZE";
    } else if (extended && equal_ascii_case(one.keyword, "BODY")) {
      if (equal_ascii_case(one.value, "BINARYMIME")) return "555 5.5.4 BINARYMIME not offered";
      out.eight_bit = equal_ascii_case(one.value, "8BITMIME");
      if (!out.eight_bit && !equal_ascii_case(one.value, "7BIT"))
        return "501 5.5.4 bad value of BODY";
    } else {
      return "555 5.5.4 unknown parameter";  // S-14: after HELO all of them are
    }
  }
  return {};
}

// A question that could not be answered.
std::string_view failure_reply(const Answer& answer) {
  const Error* error = std::get_if<Error>(&answer);
  return error != nullptr && error->fault == Fault::overloaded
             ? "452 4.3.1 no room for more, try again later"
             : local_failure;
}

std::string_view permission_reply(Permission::Answer answer) {
  switch (answer) {
    case Permission::Answer::yes: return "250 2.1.5 recipient ok";
    case Permission::Answer::no_relay: return "550 5.7.1 relaying not permitted";
    case Permission::Answer::no_such_address: return "550 5.1.1 no such address";
    case Permission::Answer::not_now: return "450 4.2.1 not deliverable now, try again later";
    case Permission::Answer::full: return "452 4.3.1 no room for more, try again later";
    case Permission::Answer::peer_refused: return "550 5.7.1 not accepted from you";
    case Permission::Answer::peer_limited: return "450 4.7.1 too much mail from you, slow down";
  }
  return local_failure;
}

// M-4: exactly one exchange, and it is the root.
bool is_null_mx(const DnsAnswer& answer) {
  if (answer.records.size() != 1) return false;
  const DnsMx* only = std::get_if<DnsMx>(&answer.records.front());
  return only != nullptr && only->exchange.empty();
}

bool failed(const TrustDecision& decision, std::string_view kind) {
  return std::any_of(decision.evidence.begin(), decision.evidence.end(),
                     [kind](const Evidence& one) { return one.kind == kind && !one.passed; });
}

}  // namespace

// ---- MAIL ----

void Inbound::mail(std::string_view argument, Outbox& out) {
  if (!take_path_word(argument, "FROM:"))
    return complain("501 5.5.4 MAIL FROM:<address> expected");
  ParsedPath path = parse_sender_path(argument);
  if (path.fault != PathFault::none)
    return complain(path_reply(path.fault, "553 5.1.7 bad sender address"));
  MailParameters parameters;
  const std::string_view bad = read_parameters(path.rest, extended_, parameters);
  if (!bad.empty()) return complain(bad);
  if (parameters.size > settings_->in.size_max)
    return refuse("552 5.3.4 message too large", out);  // D-8
  transaction_ = std::make_unique<Transaction>(std::move(path.address));
  transaction_->declared_size = parameters.size;
  transaction_->eight_bit = parameters.eight_bit;
  std::vector<Evidence> evidence;
  if (tls_ != nullptr) {
    evidence.push_back({"tls", true, tls_->version});
    if (!tls_->certificate_sha256.empty())
      evidence.push_back({"pkix", tls_->verified, tls_->verify_error});
  }
  ask(Asked::sender_trust, Verify{claim(), std::move(evidence), parameters.size}, out);
}

Claim Inbound::claim() const {
  Claim claim;
  claim.protocol = "smtp";
  claim.name = helo_;
  claim.address = remote_address_;
  if (tls_ == nullptr) return claim;
  claim.certificate_sha256 = tls_->certificate_sha256;
  claim.key_sha256 = key_sha256(tls_->chain.get());
  return claim;
}

void Inbound::sender_decided(const Answer& answer, Outbox& out) {
  const TrustDecision* decision = std::get_if<TrustDecision>(&answer);
  std::string_view reply;
  if (decision == nullptr) {
    reply = failure_reply(answer);
  } else if (decision->verdict == Verdict::defer && failed(*decision, "connections")) {
    drop_transaction(out);
    return close_with("421 4.3.2 too many connections of yours, try again later");
  } else if (decision->verdict == Verdict::defer) {
    reply = decision->fault == Fault::overloaded
                ? "452 4.3.1 no room for more, try again later"  // Q-4, D-8
                : "451 4.7.1 not accepted from you now";
  } else if (decision->verdict == Verdict::refuse) {
    reply = tls_ == nullptr && failed(*decision, "tls") ? "530 5.7.0 STARTTLS first"  // T-4
                                                      : "550 5.7.1 not accepted from you";
  }
  if (!reply.empty()) {
    drop_transaction(out);
    return refuse(reply, out);
  }
  transaction_->peer = decision->peer;
  if (!sender_is_checked()) return accept_sender();
  ask(Asked::sender_domain, Lookup{{transaction_->from.domain, DnsType::mx}}, out);
}

// Our own networks and the peers we know answer for their senders themselves.
bool Inbound::sender_is_checked() const {
  const std::string& domain = transaction_->from.domain;
  if (!settings_->in.check_sender_domain || domain.empty() || domain.front() == '[') return false;
  const std::vector<Network>& own = settings_->in.relay_from;
  return transaction_->peer.empty() &&
         std::none_of(own.begin(), own.end(), [this](const Network& network) {
           return contains(network, remote_address_);
         });
}

void Inbound::sender_domain_found(const Answer& answer, Outbox& out) {
  const DnsAnswer* found = std::get_if<DnsAnswer>(&answer);
  std::string_view reply;
  if (found == nullptr) reply = "451 4.1.8 sender domain cannot be looked up now";
  else if (found->status == DnsStatus::no_name) reply = "550 5.1.8 sender domain does not exist";
  else if (is_null_mx(*found)) reply = "550 5.7.27 sender domain takes no mail";  // RFC 7505 4.2
  if (reply.empty()) return accept_sender();
  drop_transaction(out);
  refuse(reply, out);
}

void Inbound::accept_sender() {
  Transaction& message = *transaction_;
  message.content = content_policy(settings_->in, message.peer);
  DataRules rules;
  rules.normalize = message.content.normalize_line_endings;
  if (settings_->in.accept_long_lines) rules.line_octets_max = long_text_line_octets_max;
  rules.size_max = settings_->in.size_max;
  message.data = DataReader(rules);
  state_ = State::sender;
  refused_data_ = false;
  refused_data_errors_ = 0;
  say("250 2.1.0 sender ok");
}

void Inbound::drop_transaction(Outbox& out) {
  if (transaction_ != nullptr && transaction_->blob != 0) out.discard(transaction_->blob);
  transaction_.reset();
  if (state_ == State::sender || state_ == State::recipients || state_ == State::content)
    state_ = State::ready;
}

// ---- RCPT ----

void Inbound::rcpt(std::string_view argument, Outbox& out) {
  if (!take_path_word(argument, "TO:")) return complain("501 5.5.4 RCPT TO:<address> expected");
  ParsedPath path = parse_recipient_path(argument);
  if (path.fault != PathFault::none)
    return complain(path_reply(path.fault, "553 5.1.3 bad recipient address"));
  std::vector<Parameter> parameters;
  if (!parse_parameters(path.rest, parameters)) return complain("501 5.5.4 bad parameters");
  if (!parameters.empty()) return complain("555 5.5.4 unknown parameter");  // S-13
  if (transaction_->to.size() >= settings_->in.recipients_max) {
    // RFC 5321 4.5.3.1.10: the first are taken, and who sends more at once than we take is no
    // nuisance (S-12), up to as many again.
    if (++transaction_->too_many <= settings_->in.recipients_max) --commands_;
    return refuse("452 4.5.3 too many recipients", out);  // D-9
  }
  Address& to = path.address;
  if (to.domain.empty()) to.domain = settings_->in.postmaster_domain;  // S-6
  if (to.domain.front() == '[' && !settings_->in.relay_to_literals)
    return refuse("550 5.1.2 address literals are not relayed to", out);  // S-7
  transaction_->recipient = to;
  Permit permit;
  permit.question.claim = claim();
  permit.question.peer = transaction_->peer;
  permit.question.from = transaction_->from;
  permit.question.to = std::move(to);
  ask(Asked::recipient, std::move(permit), out);
}

void Inbound::recipient_decided(const Answer& answer, Outbox& out) {
  const Permission* permission = std::get_if<Permission>(&answer);
  const std::string_view reply =
      permission == nullptr ? failure_reply(answer) : permission_reply(permission->answer);
  if (permission == nullptr || permission->answer != Permission::Answer::yes) {
    if (permission != nullptr)
      out.note(Level::info, "route.refused",
               "to " + transaction_->recipient.domain + ": " + permission->why);
    return refuse(reply, out);
  }
  if (!recipient_is_checked(permission->route)) return accept_recipient();
  ask(Asked::recipient_domain, Lookup{{transaction_->recipient.domain, DnsType::mx}}, out);
  out.set_timer(wait_timer, now_ + limits::mail_recipient_wait_max);
}

// Only where the DNS leads: whoever named the next hop knows better than the DNS does.
bool Inbound::recipient_is_checked(const RouteChoice& route) const {
  const std::string& domain = transaction_->recipient.domain;
  return settings_->in.check_recipient_domain && route.discovered && domain.front() != '[' &&
         domain != transaction_->domain_found;
}

// M-4: known now, it costs the sender no bounce. Everything else the DNS may say is the queue's
// business.
void Inbound::recipient_domain_found(const Answer& answer, Outbox& out) {
  const DnsAnswer* found = std::get_if<DnsAnswer>(&answer);
  if (found != nullptr && is_null_mx(*found))
    return refuse("556 5.1.10 recipient domain takes no mail", out);
  transaction_->domain_found = transaction_->recipient.domain;
  accept_recipient();
}

void Inbound::accept_recipient() {
  std::vector<Address>& to = transaction_->to;
  if (std::find(to.begin(), to.end(), transaction_->recipient) == to.end()) {
    --commands_;  // S-12 counts what leads nowhere, and so one that is there already
    to.push_back(std::move(transaction_->recipient));
  }
  state_ = State::recipients;
  say(permission_reply(Permission::Answer::yes));
}

}  // namespace hanse::smtp
