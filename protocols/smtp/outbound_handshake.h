// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "protocols/engine.h"
#include "protocols/protocol.h"
#include "protocols/smtp/outbound_offer.h"
#include "protocols/smtp/reply.h"
#include "protocols/smtp/settings.h"

namespace hanse::smtp {

// The way from an open connection to one that may carry mail. Legal orders (RFC 5321 4.1.4,
// RFC 3207 4.2):
//   banner -> ehlo -> [helo] -> trust -> done
//   banner -> ehlo -> starttls -> handshake -> ehlo -> [helo] -> trust -> done
//   any -> failed, said to the outbox with the reason
class Handshake {
 public:
  enum class Phase : std::uint8_t { banner, ehlo, helo, starttls, handshake, trust, done, failed };

  Handshake(OutboundContext context, std::shared_ptr<const SmtpSettings> settings)
      : context_(std::move(context)), settings_(std::move(settings)) {}

  void on_opened(const Opened& opened) { address_ = opened.remote_address; }
  // `more_follow`: bytes have arrived behind this reply.
  void on_reply(const Reply& reply, bool more_follow, Outbox& out);
  void on_tls_up(const TlsFacts& facts, Outbox& out);
  void on_decision(const Answer& answer, Outbox& out);

  Phase phase() const { return phase_; }
  std::string_view awaited() const;           // "the answer to EHLO", for people
  Duration patience() const;                  // for what is awaited now
  const Offer& offer() const { return offer_; }
  const Endpoint& endpoint() const { return context_.endpoint; }
  bool others_left() const { return context_.others_left; }
  std::string tls_text() const;               // "TLSv1.3 TLS_AES_256_GCM_SHA384", empty without

 private:
  void greet(Outbox& out);
  void on_ehlo(const Reply& reply, Outbox& out);
  void on_starttls(const Reply& reply, bool more_follow, Outbox& out);
  void go_on_without_tls(std::string_view why, Outbox& out);
  void ask_trust(Outbox& out);
  void fail(std::string status, std::string what, Outbox& out, Fault fault = Fault::try_later);
  void fail_with(const Reply& reply, std::string_view command, Outbox& out);

  const OutboundContext context_;
  const std::shared_ptr<const SmtpSettings> settings_;
  std::string address_;
  std::unique_ptr<TlsFacts> tls_;
  Offer offer_;
  Phase phase_ = Phase::banner;
};

}  // namespace hanse::smtp
