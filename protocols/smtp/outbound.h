// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "protocols/smtp/limits.h"
#include "protocols/smtp/outbound_delivery.h"
#include "protocols/smtp/outbound_handshake.h"

namespace hanse::smtp {


// The sending side of one SMTP connection. RFC 5321, 2920, 1870, 6152, 2034, 3207
//
// Legal orders: handshake -> ready -> quitting -> ended, and from each to ended.
// While ready, deliveries stand in line: answers belong to the first that awaits any. The
// commands of the second go out right behind the content of the first (RFC 2920 3.1), so that a
// busy connection needs one round trip a message.
class Outbound final : public Engine {
 public:
  Outbound(OutboundContext context, std::shared_ptr<const SmtpSettings> settings);
  void on(Event event, Instant now, Outbox& out) override;

 private:
  enum class State : std::uint8_t { handshake, ready, quitting, ended };
  enum : TimerId { wait_timer };

  // outbound.cpp: events, answers, time
  void handle(const Opened& event, Outbox& out);
  void handle(const Received& event, Outbox& out);
  void handle(const TlsUp& event, Outbox& out);
  void handle(const Rang& event, Outbox& out);
  void handle(const Answered& event, Outbox& out);
  void handle(Deliver& event, Outbox& out);
  void handle(const Drain& event, Outbox& out);
  void handle(const Contested&, Outbox&) {}
  void handle(const Crowded&, Outbox&) {}
  void handle(const Reloaded&, Outbox&) {}
  void handle(const Succeeded&, Outbox&) {}
  void handle(const Closed& event, Outbox& out);
  void on_reply(const Reply& reply, bool more_follow, Outbox& out);
  void after_handshake();
  void set_wait(Instant now, Outbox& out);
  std::optional<Duration> patience() const;
  std::string awaited() const;               // "the answer to DATA", for people

  // outbound_mail.cpp: deliveries
  void on_mail_reply(const Reply& reply, bool more_follow, Outbox& out);
  void on_unasked(const Reply& reply, Outbox& out);
  void on_fetched(const Answer& answer, Outbox& out);
  void advance(Outbox& out);
  bool advance_first(Outbox& out);
  void open_next(Outbox& out);
  bool may_open_next() const;
  void send_content(Delivery& delivery, Outbox& out);
  void begin(Delivery& delivery, bool reset_first, bool behind, Outbox& out);
  void leave_for_next(const Outcome& back, bool useful, Outbox& out);
  void quit(Outbox& out);

  // Ends the connection for `end.what`; what is under way is settled first (M-10, M-11).
  void give_up(LinkEnd end, Outbox& out);
  void settle_all(const LinkEnd& end, Outbox& out);
  void return_work(const Work& work, Outbox& out);

  const std::shared_ptr<const SmtpSettings> settings_;
  Handshake handshake_;
  Hopping hopping_;
  ReplyReader reader_;
  std::vector<std::unique_ptr<Delivery>> deliveries_;   // begun; the first is answered first
  std::vector<Work> waiting_;                           // not begun
  std::optional<AskId> fetch_;
  std::uint64_t finished_ = 0;     // deliveries of this connection
  State state_ = State::handshake;
  bool server_open_ = false;       // the server still has a transaction of ours open
  bool draining_ = false;
  bool progress_ = false;          // this turn brought something: the wait begins anew
};

}  // namespace hanse::smtp
