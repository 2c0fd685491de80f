// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "protocols/smtp/address.h"
#include "protocols/smtp/inbound.h"
#include "protocols/smtp/transaction.h"
#include "server/base/limits.h"

namespace hanse::smtp {

// Where a command is legal, what runs it, and what the dispatcher must watch for.
struct Inbound::Command {
  std::string_view verb;
  unsigned states;   // bits of State
  void (Inbound::*run)(std::string_view argument, Outbox& out);
  unsigned flags = 0;
};

namespace {

constexpr unsigned bit(unsigned state) { return 1u << state; }

// Flags.
constexpr unsigned bare = 1;          // takes no argument
constexpr unsigned high_octets = 2;   // judges octets above 127 by itself (S-3)
constexpr unsigned idle = 4;          // moves nothing forward; too many are errors (S-12)

}  // namespace

// The states of S-9. RFC 5321 4.1.4
const Inbound::Command* Inbound::find_command(std::string_view verb) {
  constexpr unsigned fresh = bit(static_cast<unsigned>(State::fresh));
  constexpr unsigned ready = bit(static_cast<unsigned>(State::ready));
  constexpr unsigned transaction = bit(static_cast<unsigned>(State::sender)) |
                                   bit(static_cast<unsigned>(State::recipients));
  constexpr unsigned greeted = ready | transaction;
  constexpr unsigned any = fresh | greeted;
  static constexpr Command commands[] = {
      {"MAIL", ready, &Inbound::mail, high_octets},
      {"RCPT", transaction, &Inbound::rcpt, high_octets},
      {"DATA", transaction, &Inbound::data, bare},
      {"EHLO", any, &Inbound::extended_hello},
      {"HELO", any, &Inbound::hello},
      {"QUIT", any | bit(static_cast<unsigned>(State::refusing)), &Inbound::quit, bare},
      {"RSET", any, &Inbound::reset, bare | idle},
      {"NOOP", any, &Inbound::noop, idle},
      {"HELP", any, &Inbound::help},
      {"VRFY", greeted, &Inbound::vrfy, idle},
      {"STARTTLS", greeted, &Inbound::start_tls, bare},
      {"BDAT", any, &Inbound::chunk},
      {"EXPN", greeted, &Inbound::not_offered},
      {"AUTH", greeted, &Inbound::not_offered},
      {"ETRN", greeted, &Inbound::not_offered},
      {"TURN", greeted, &Inbound::not_offered},
  };
  for (const Command& command : commands) {
    if (equal_ascii_case(command.verb, verb)) return &command;
  }
  return nullptr;
}

namespace {

// Somebody else's protocol, sent here through a browser or a proxy (S-11).
bool is_http(std::string_view verb) {
  constexpr std::string_view verbs[] = {"GET", "POST", "CONNECT", "HEAD", "PUT", "OPTIONS",
                                        "DELETE", "PATCH", "TRACE"};
  return std::any_of(std::begin(verbs), std::end(verbs),
                     [verb](std::string_view one) { return equal_ascii_case(one, verb); });
}

}  // namespace

void Inbound::dispatch(std::string_view text, Outbox& out) {
  const CommandLine line = parse_command_line(text);
  if (++commands_ > limits::mail_commands_max)
    return close_with("421 4.7.0 too many commands without a message");  // S-12
  if (line.fault == LineFault::controls)
    return complain("500 5.5.2 control characters in the command");  // S-1, S-3
  const Command* command = find_command(line.verb);
  if (command == nullptr) {
    if (is_http(line.verb)) return close_with("421 4.5.2 this is not a web server");  // S-11
    return complain("500 5.5.1 unknown command \"" + escape_text(line.verb, 32) + "\"");
  }
  if ((command->states & bit(static_cast<unsigned>(state_))) == 0) {
    complain("503 5.5.1 bad sequence of commands");
    // D-16: the content may stand behind it, sent along with a MAIL that was refused.
    if (command->run == &Inbound::data) refused_data_ = true;
    return;
  }
  if (line.fault == LineFault::tab_in_argument)
    return complain("501 5.5.4 tab in the argument");
  if (line.fault == LineFault::high_octet && (command->flags & high_octets) == 0)
    return complain("501 5.5.4 only ASCII is understood here");
  if ((command->flags & bare) != 0 && !line.argument.empty())
    return complain("501 5.5.4 this command takes no argument");
  if ((command->flags & idle) != 0 && ++idle_commands_ > limits::mail_idle_commands_max &&
      ++errors_ >= settings_->in.errors_max)
    return close_with("421 4.7.0 too many idle commands");  // S-12
  (this->*command->run)(line.argument, out);
}

// ---- greetings ----

bool Inbound::greeted_by(std::string_view argument) {
  if (!is_greeting_name(argument)) {
    complain("501 5.5.4 say who you are: a domain or an address literal");  // S-10
    return false;
  }
  helo_ = argument;
  state_ = State::ready;
  return true;
}

void Inbound::hello(std::string_view argument, Outbox& out) {
  if (!greeted_by(argument)) return;
  drop_transaction(out);
  extended_ = false;
  say("250 " + settings_->node.domain);
}

// S-14: what works in this state and nothing else, always in this order.
void Inbound::extended_hello(std::string_view argument, Outbox& out) {
  if (!greeted_by(argument)) return;
  drop_transaction(out);
  extended_ = true;
  say("250-" + settings_->node.domain);
  say("250-PIPELINING");
  say("250-SIZE " + std::to_string(settings_->in.size_max));
  say("250-8BITMIME");
  if (tls_available_ && tls_ == nullptr) {
    say("250-ENHANCEDSTATUSCODES");
    say("250 STARTTLS");
  } else {
    say("250 ENHANCEDSTATUSCODES");
  }
}

// RFC 3207 4
void Inbound::start_tls(std::string_view, Outbox& out) {
  if (tls_ != nullptr) return complain("503 5.5.1 TLS is already in use");  // T-3
  if (!extended_) return complain("503 5.5.1 say EHLO first");              // S-14
  if (!tls_available_) return refuse("454 4.7.0 TLS is not available", out);
  // T-2: whatever stands behind the command was put there to be believed as if it came through
  // TLS.
  if (more_input_) {
    out.note(Level::warning, "smtp.starttls_injection", "octets in clear behind STARTTLS");
    return close_with("554 5.5.1 input behind STARTTLS");
  }
  drop_transaction(out);
  say("220 2.0.0 go ahead");
  state_ = State::handshake;
}

// ---- small ones ----

void Inbound::reset(std::string_view, Outbox& out) {
  drop_transaction(out);
  say("250 2.0.0 ok");
}

void Inbound::noop(std::string_view, Outbox&) { say("250 2.0.0 ok"); }

void Inbound::help(std::string_view, Outbox&) {
  say("214 2.0.0 EHLO HELO MAIL RCPT DATA RSET NOOP VRFY STARTTLS QUIT, as in RFC 5321");
}

// RFC 5321 3.5.3
void Inbound::vrfy(std::string_view argument, Outbox&) {
  if (argument.empty()) return complain("501 5.5.4 verify whom?");
  say("252 2.5.0 cannot verify, send and see");
}

void Inbound::quit(std::string_view, Outbox&) { close_with("221 2.0.0 goodbye"); }

void Inbound::not_offered(std::string_view, Outbox&) {
  complain("502 5.5.1 not offered here");  // S-11
}

// BDAT is not offered; its octets must not be read as commands nevertheless (D-10).
void Inbound::chunk(std::string_view argument, Outbox& out) {
  const Result<std::int64_t> octets = parse_integer(argument.substr(0, argument.find(' ')));
  const std::uint64_t most = 4 * settings_->in.size_max;
  if (!octets || *octets < 0 || static_cast<std::uint64_t>(*octets) > most)
    return close_with("502 5.5.1 not offered here");
  octets_to_skip_ = skip_total_ = static_cast<std::uint64_t>(*octets);
  skip_begun_ = now_;
  if (octets_to_skip_ > 0) out.set_timer(content_timer, now_ + content_head_start());   // D-17
  complain("502 5.5.1 not offered here");
}

}  // namespace hanse::smtp
