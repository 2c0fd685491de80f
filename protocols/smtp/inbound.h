// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "protocols/engine.h"
#include "protocols/protocol.h"
#include "protocols/smtp/command.h"
#include "protocols/smtp/settings.h"

namespace hanse::smtp {

struct Transaction;

// The receiving side of one SMTP connection. RFC 5321, 2920, 1870, 6152, 2034, 3207
class Inbound final : public Engine {
 public:
  Inbound(std::shared_ptr<const SmtpSettings> settings, const InboundContext& context);
  ~Inbound() override;
  void on(Event event, Instant now, Outbox& out) override;
  std::size_t memory_bytes() const override;

 private:
  // Legal orders (RFC 5321 4.1.4, RFC 3207 4.2):
  //   connecting -> fresh -> ready -> sender -> recipients -> content -> ready ...
  //   EHLO, HELO: any of fresh..recipients -> ready     RSET: sender, recipients -> ready
  //   STARTTLS: ready..recipients -> handshake -> fresh
  //   connecting -> refusing, where only QUIT is left   any -> ended
  enum class State : std::uint8_t {
    connecting, fresh, ready, sender, recipients, content, handshake, refusing, ended,
  };
  // What the one open question is about; input is held until its answer.
  enum class Asked : std::uint8_t {
    nothing, greeting, sender_trust, sender_domain, recipient, recipient_domain, keep, submit,
  };
  enum : TimerId { wait_timer, content_timer, age_timer };

  struct Command;
  static const Command* find_command(std::string_view verb);

  // inbound.cpp: events, framing, turns
  void handle(Opened& event, Outbox& out);
  void handle(Received& event, Outbox& out);
  void handle(TlsUp& event, Outbox& out);
  void handle(Rang& event, Outbox& out);
  void handle(Answered& event, Outbox& out);
  void handle(Deliver&, Outbox&) {}
  void handle(Drain&, Outbox&) { draining_ = true; }
  void handle(Contested&, Outbox&) {}
  void handle(Crowded& event, Outbox& out);
  void handle(Reloaded&, Outbox&) {}
  void handle(Succeeded&, Outbox&) {}
  void handle(Closed&, Outbox&);
  void greet(Outbox& out);
  void greeting_decided(const Answer& answer, Outbox& out);
  void name_found(const Answer& answer);
  void hold(std::string_view bytes);
  void consume_held(Outbox& out);
  void consume(std::string_view& input, Outbox& out);
  void skip_octets(std::string_view& input);
  void read_command(std::string_view& input, Outbox& out);
  void dispatch(std::string_view text, Outbox& out);
  void finish_turn(Outbox& out);
  void ask(Asked asked, Ask question, Outbox& out);

  // Replies collect here and leave as one write a turn (D-16).
  void say(std::string_view reply);
  void complain(std::string_view reply);          // an error of syntax or sequence (S-12)
  void refuse(std::string_view reply, Outbox& out);  // a policy or a limit says no; logged
  void close_with(std::string_view reply);
  bool between_transactions() const;
  void wait_for(Duration usual, Outbox& out);
  void note_goodbye(Outbox& out) const;

  // inbound_commands.cpp
  void hello(std::string_view argument, Outbox& out);          // HELO
  void extended_hello(std::string_view argument, Outbox& out); // EHLO
  bool greeted_by(std::string_view argument);
  void start_tls(std::string_view argument, Outbox& out);
  void reset(std::string_view argument, Outbox& out);
  void noop(std::string_view argument, Outbox& out);
  void help(std::string_view argument, Outbox& out);
  void vrfy(std::string_view argument, Outbox& out);
  void quit(std::string_view argument, Outbox& out);
  void not_offered(std::string_view argument, Outbox& out);
  void chunk(std::string_view argument, Outbox& out);          // BDAT

  // inbound_mail.cpp: MAIL and RCPT
  void mail(std::string_view argument, Outbox& out);
  void sender_decided(const Answer& answer, Outbox& out);
  void sender_domain_found(const Answer& answer, Outbox& out);
  void accept_sender();
  void drop_transaction(Outbox& out);
  void rcpt(std::string_view argument, Outbox& out);
  void recipient_decided(const Answer& answer, Outbox& out);
  bool recipient_is_checked(const RouteChoice& route) const;
  void recipient_domain_found(const Answer& answer, Outbox& out);
  void accept_recipient();
  Claim claim() const;
  bool sender_is_checked() const;

  // inbound_data.cpp: DATA and the commit
  void data(std::string_view argument, Outbox& out);
  void read_content(std::string_view& input, Outbox& out);
  void check_header(Outbox& out);
  bool keep_content(Outbox& out);
  Duration content_head_start() const;
  void content_time_is_up(Outbox& out);
  void kept(const Answer& answer, Outbox& out);
  void end_of_content(Outbox& out);
  void submit(Outbox& out);
  void submitted(const Answer& answer, Outbox& out);
  Hop hop() const;

  std::shared_ptr<const SmtpSettings> settings_;
  std::unique_ptr<TlsFacts> tls_;               // once it is up
  std::unique_ptr<Transaction> transaction_;    // from MAIL on
  CommandLines lines_;
  std::string held_;              // input behind an open question
  std::size_t held_from_ = 0;     // what of it is consumed
  std::string reply_;
  std::size_t last_reply_ = 0;    // where the one that ends the session begins
  std::string remote_address_, remote_host_, helo_;
  Instant now_{};
  Instant wait_until_{};          // of the wait timer
  AskId ask_ = 0, name_ask_ = 0;
  std::uint64_t octets_to_skip_ = 0, skip_total_ = 0;   // content of a refused BDAT
  Instant skip_begun_{};
  std::uint32_t messages_ = 0;            // completed transactions
  std::uint16_t commands_ = 0;            // since the last completed transaction
  std::uint16_t errors_ = 0, idle_commands_ = 0, refused_data_errors_ = 0;
  State state_ = State::connecting;
  Asked asked_ = Asked::nothing;
  bool tls_available_, busy_, too_often_, crowded_;
  bool extended_ = false;         // EHLO, not HELO
  bool more_input_ = false;       // behind the command at hand
  bool progress_ = false;         // this turn completed something: the wait begins anew
  bool draining_ = false, too_old_ = false, hang_up_ = false, refused_data_ = false;
};

}  // namespace hanse::smtp
