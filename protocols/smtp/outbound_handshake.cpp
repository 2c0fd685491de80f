// SPDX-License-Identifier: Apache-2.0
#include "protocols/smtp/outbound_handshake.h"

namespace hanse::smtp {

void Handshake::on_reply(const Reply& reply, bool more_follow, Outbox& out) {
  switch (phase_) {
    case Phase::banner:
      if (!reply.positive()) return fail_with(reply, "greeting", out);  // M-10
      return greet(out);
    case Phase::ehlo:
      if (reply.permanent()) {  // C-1: an old server; no extensions
        phase_ = Phase::helo;
        out.send("HELO " + settings_->out.helo_name + "\r\n");
        return;
      }
      if (!reply.positive()) return fail_with(reply, "EHLO", out);
      return on_ehlo(reply, out);
    case Phase::helo:
      if (!reply.positive()) return fail_with(reply, "HELO", out);
      offer_ = Offer{};
      if (!tls_) return go_on_without_tls("server knows no EHLO", out);
      return ask_trust(out);
    case Phase::starttls:
      return on_starttls(reply, more_follow, out);
    case Phase::handshake:
    case Phase::trust:
    case Phase::done:
    case Phase::failed:
      return fail("4.5.0", "reply out of turn: " + to_text(reply), out);
  }
}

void Handshake::greet(Outbox& out) {
  phase_ = Phase::ehlo;
  out.send("EHLO " + settings_->out.helo_name + "\r\n");
}

void Handshake::on_ehlo(const Reply& reply, Outbox& out) {
  offer_ = parse_offer(reply.text);
  if (tls_ || context_.tls == TlsLevel::off) return ask_trust(out);  // T-7
  if (!offer_.starttls) return go_on_without_tls("server offers no STARTTLS", out);
  phase_ = Phase::starttls;
  out.send("STARTTLS\r\n");
}

void Handshake::on_starttls(const Reply& reply, bool more_follow, Outbox& out) {
  if (reply.code == 421) return fail_with(reply, "STARTTLS", out);
  if (!reply.positive())
    return go_on_without_tls("STARTTLS refused: " + to_text(reply), out);
  if (more_follow) {  // T-6: somebody speaks in clear behind the server's back
    out.note(Level::warning, "smtp.starttls_injection",
             "octets in clear behind the answer to STARTTLS");
    return fail("4.7.0", "plain text behind the answer to STARTTLS", out);
  }
  phase_ = Phase::handshake;
  const Endpoint& hop = context_.endpoint;
  TlsWish wish{.name = hop.host, .also = hop.verify_names};
  if (!hop.identity.empty()) wish = {.name = hop.identity};
  // Whom we must be sure of may want to be sure of us (T-5); others would only learn a name.
  if (context_.tls == TlsLevel::verify) wish.identity = settings_->out.helo_name;
  wish.strong_only = context_.tls == TlsLevel::verify;   // who may be anybody has what it has
  out.start_tls(std::move(wish));
}

// V-2, X-9: from encrypt on nothing goes in clear, whatever the server says.
void Handshake::go_on_without_tls(std::string_view why, Outbox& out) {
  if (context_.tls >= TlsLevel::encrypt)
    return fail("4.7.5", "TLS is demanded of this hop: " + std::string(why), out);  // B-7
  ask_trust(out);
}

void Handshake::on_tls_up(const TlsFacts& facts, Outbox& out) {
  if (phase_ != Phase::handshake) return;
  tls_ = std::make_unique<TlsFacts>(facts);
  out.note(Level::info, "conn.tls",
           tls_text() + ", wanted " + std::string(tls_level_name(context_.tls)) +
               (facts.verified ? ", verified" : ", not verified: " + facts.verify_error));
  offer_ = Offer{};
  greet(out);
}

void Handshake::ask_trust(Outbox& out) {
  phase_ = Phase::trust;
  Verify ask;
  ask.claim.protocol = "smtp";
  ask.claim.domain = context_.lane;
  ask.claim.name = context_.endpoint.host;
  ask.claim.address = address_;
  ask.claim.outgoing = true;
  ask.claim.level = context_.tls;
  ask.claim.hop_pin = context_.endpoint.pin;
  if (tls_) {
    ask.claim.certificate_sha256 = tls_->certificate_sha256;
    ask.claim.key_sha256 = key_sha256(tls_->chain.get());
    ask.evidence.push_back({"tls", true, tls_text()});
    ask.evidence.push_back({"pkix", tls_->verified, tls_->verify_error});
  }
  out.ask(std::move(ask));
}

void Handshake::on_decision(const Answer& answer, Outbox& out) {
  if (phase_ != Phase::trust) return;
  const TrustDecision* decision = std::get_if<TrustDecision>(&answer);
  if (decision == nullptr)
    return fail("4.3.0", "no trust decision", out);
  if (decision->verdict != Verdict::accept) {
    std::string why = decision->why;
    if (tls_ && !tls_->verified) why += ": " + tls_->verify_error;
    return fail(context_.tls >= TlsLevel::encrypt ? "4.7.5" : "4.7.0",
                std::move(why), out);
  }
  phase_ = Phase::done;
  out.ready();
}

// M-10: any refusal before the first MAIL moves on to the next host. Only 521 says that this host
// will never take mail (RFC 7504 3).
void Handshake::fail_with(const Reply& reply, std::string_view command, Outbox& out) {
  std::string status = reply.status;
  if (status.empty()) status = reply.permanent() ? "5.0.0" : "4.0.0";
  if (reply.code != 521) status.front() = '4';   // B-7: we come again, whatever it called it
  fail(std::move(status), std::string(command) + ": " + to_text(reply), out,
       reply.code == 521 ? Fault::never : Fault::try_later);
}

void Handshake::fail(std::string status, std::string what, Outbox& out, Fault fault) {
  LinkEnd end;
  end.stage = LinkEnd::Stage::handshake;
  end.fault = fault;
  end.status = std::move(status);
  end.what = std::move(what);
  if (phase_ != Phase::handshake && phase_ != Phase::banner) out.send("QUIT\r\n");
  phase_ = Phase::failed;
  out.note(Level::info, "conn.failed", end.what);
  out.fail(std::move(end));
  out.hang_up();
}

std::string_view Handshake::awaited() const {
  switch (phase_) {
    case Phase::banner: return "the greeting";
    case Phase::ehlo: return "the answer to EHLO";
    case Phase::helo: return "the answer to HELO";
    case Phase::starttls: return "the answer to STARTTLS";
    case Phase::handshake: return "the TLS handshake";
    case Phase::trust: return "the trust decision";
    case Phase::done:
    case Phase::failed: break;
  }
  return "work";
}

Duration Handshake::patience() const {
  const OutboundSettings& waits = settings_->out;
  switch (phase_) {
    case Phase::banner: return waits.banner_wait;
    case Phase::ehlo:
    case Phase::helo: return waits.ehlo_wait;
    case Phase::starttls:
    case Phase::handshake: return waits.starttls_wait;
    case Phase::trust:
    case Phase::done:
    case Phase::failed: break;
  }
  return waits.reset_wait;
}

std::string Handshake::tls_text() const {
  return tls_ ? tls_->version + " " + tls_->cipher : std::string();
}

}  // namespace hanse::smtp
