// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "federation/lane_name.h"
#include "protocols/xmpp/evidence.h"
#include "protocols/xmpp/inbound.h"
#include "protocols/xmpp/jid.h"
#include "protocols/xmpp/names.h"
#include "server/base/text.h"

namespace hanse::xmpp {

// ---- headers ----

void Inbound::head(const xml::Element& header, const std::vector<xml::Declaration>& declared,
                   Outbox& out) {
  const ReadHead read = read_head(header, declared, ns::server);
  head_seen_ = true;
  answer_head(&read);
  if (const std::optional<StreamError> fault = judge_head(read)) return close_with(*fault, out);
  from_ = read.from;
  to_ = read.to;
  from_key_ = domain_key(from_);
  to_key_ = domain_key(to_);
  receiving_.set_name(from_key_);
  receiving_.set_lang(read.lang);
  if (state_ == State::clear) return offer_in_clear(out);
  if (state_ == State::trusted) return offer_services(out);
  head_waits_ = look_up(from_key_, false, out);
  if (!head_waits_) ask(Asked::head, proof_of(from_key_, false), out);
}

// xmpp 2.3, in its order; 2.4 for all headers but the first.
std::optional<StreamError> Inbound::judge_head(const ReadHead& read) const {
  const bool version_only = read.fault && read.fault->condition == "unsupported-version";
  if (read.fault && !version_only) return read.fault;
  if (read.to.empty()) return StreamError{"improper-addressing", "to has to be a domain", {}};
  // A server behind us may reach everybody through us.
  if (settings_->home_of(domain_key(read.to)) == Home::none &&
      !settings_->is_behind(domain_key(read.from), remote_address_))
    return StreamError{"host-unknown", {}, {}};
  if (read.from.empty()) return StreamError{"improper-addressing", "from has to be a domain", {}};
  if (settings_->is_ours(domain_key(read.from), remote_address_))
    return StreamError{"invalid-from", "that is a name of ours", {}};
  if (!from_.empty() && read.from != from_)
    return StreamError{"invalid-from", "from has changed", {}};
  if (!to_.empty() && read.to != to_)
    return StreamError{"improper-addressing", "to has changed", {}};
  if (read.fault) return read.fault;
  if (read.legacy) return StreamError{"unsupported-version", "version has to be 1.0", {}};
  return std::nullopt;
}

void Inbound::answer_head(const ReadHead* read) {
  StreamHead head;
  head.from = settings_->node_domain;
  if (read != nullptr) {
    head.to = read->from;
    // RFC 6120 4.7.1: in the name that was asked for. A server behind us asks for any.
    if (settings_->home_of(domain_key(read->to)) != Home::none ||
        settings_->is_behind(domain_key(read->from), remote_address_))
      head.from = read->to;
  }
  head.id = id_ = make_id(nonce_, streams_++, settings_->node_secret.text());   // xmpp 2.2
  say(write_head(head));
  head_answered_ = true;
}

// xmpp 2.3: policy has its word on whom we speak to, before anything is offered.
void Inbound::head_decided(const Answer& answer, Outbox& out) {
  const TrustDecision* decision = std::get_if<TrustDecision>(&answer);
  const std::string problem = certificate_problem(from_key_);
  certificate_proved_ =
      problem.empty() || (decision != nullptr && shows_pin(*decision, from_key_));
  forget(from_key_);
  const bool accepted = decision != nullptr && decision->verdict == Verdict::accept;
  if (certificate_proved_ && !accepted) return close_with(refusal(answer, out), out);
  if (accepted && certificate_proved_) peer_ = decision->peer;
  // Whom a certificate does not prove, trust has not judged yet: dialback may.
  if (!certificate_proved_ && settings_->trust_of(from_key_) != Trust::dialback) {
    out.note(Level::warning, "xmpp.untrusted", from_ + ": " + problem);
    return close_with({"not-authorized", "your certificate: " + problem, {}}, out);
  }
  offer_proofs(out);
}

// Why trust says no. What exactly it has against a peer is for our log alone.
StreamError Inbound::refusal(const Answer& answer, Outbox& out) const {
  const TrustDecision* decision = std::get_if<TrustDecision>(&answer);
  const Error* error = std::get_if<Error>(&answer);
  const std::string why = decision != nullptr ? decision->why
                          : error != nullptr  ? error->what
                                              : "no decision";
  out.note(Level::info, "peer.refused", from_ + ": " + why);
  if (decision == nullptr || decision->verdict == Verdict::defer)
    return {"resource-constraint", "not now, try again later", {}};
  return {"policy-violation", "not accepted from " + from_, {}};
}

std::vector<Evidence> Inbound::evidence_for(std::string_view key) const {
  const std::string tls = tls_->version + " " + tls_->cipher;
  CertificateQuestion question{.chain = tls_->chain.get(), .tls = tls, .domain_key = key,
                               .legacy_cn = settings_->legacy_cn,
                               .trust = settings_->trust_of(key)};
  if (const auto found = dane_.find(key); found != dane_.end()) {
    question.other_names = found->second.hosts();
    question.tlsa = found->second.records();
    question.tlsa_missing = found->second.missing();
  }
  return certificate_evidence(question);
}

// Empty when the certificate proves the domain.
std::string Inbound::certificate_problem(std::string_view key) const {
  const std::vector<Evidence> evidence = evidence_for(key);
  return certificate_proves(evidence) ? std::string() : evidence.back().detail;
}

Verify Inbound::proof_of(const std::string& key, bool by_dialback) const {
  Verify out{receiving_.claim(key), evidence_for(key)};
  if (by_dialback) out.evidence.push_back({"dialback", true, {}});
  return out;
}

// ---- features (xmpp 2.5) ----

void Inbound::say_features(const xml::Element& features, Outbox& out) {
  say(features);
  negotiated_ = true;
  if (state_ == State::trusted) out.cancel_timer(wait_timer);
  else out.set_timer(wait_timer, now_ + settings_->features_wait_max);
}

void Inbound::offer_in_clear(Outbox& out) {
  if (!tls_available_)
    return close_with({"policy-violation", "this node has no certificate yet", {}}, out);
  xml::Element features(ns::stream, "features");
  features.add(ns::tls, "starttls").add(ns::tls, "required");
  say_features(features, out);
}

void Inbound::offer_proofs(Outbox& out) {
  xml::Element features(ns::stream, "features");
  if (certificate_proved_)
    features.add(ns::sasl, "mechanisms").add(ns::sasl, "mechanism").add_text("EXTERNAL");
  // Who proves itself by dialback gets no further features: what it may enable then is said now.
  features.add(ns::management, "sm");
  features.add(ns::dialback_feature, "dialback").add(ns::dialback_feature, "errors");
  if (may_offer_bidi()) features.add(ns::bidi_feature, "bidi");
  announce_limits(*settings_, features);
  say_features(features, out);
}

void Inbound::offer_services(Outbox& out) {
  xml::Element features(ns::stream, "features");
  features.add(ns::management, "sm");
  features.add(ns::dialback_feature, "dialback").add(ns::dialback_feature, "errors");
  announce_limits(*settings_, features);
  say_features(features, out);
}

// ---- STARTTLS ----

void Inbound::negotiate_in_clear(const xml::Element& one, Outbox& out) {
  if (one.is(ns::tls, "starttls")) {
    say("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
    start_tls_ = true;
    return;
  }
  if (one.ns == ns::client) return close_with({"invalid-namespace", {}, {}}, out);
  if (one.ns == ns::server || one.ns == ns::dialback || one.ns == ns::sasl)
    return close_with({"policy-violation", "STARTTLS first", {}}, out);   // xmpp 8
  close_with({"unsupported-stanza-type", {}, {}}, out);
}

// ---- SASL EXTERNAL (xmpp 3.7, XEP-0178) ----

void Inbound::authenticate(const xml::Element& one, Outbox& out) {
  if (state_ == State::trusted)   // by dialback, too
    return close_with({"policy-violation", "authenticated already", {}}, out);
  if (!external_) external_.emplace(from_);
  const std::string text(trim(one.text()));
  SaslAnswer answer;
  if (one.name == "auth")
    answer = external_->on_auth(one.attribute("mechanism"), text, certificate_proved_);
  else if (one.name == "response") answer = external_->on_response(text, certificate_proved_);
  else if (one.name == "abort") answer = external_->on_abort();
  else return close_with({"unsupported-stanza-type", {}, {}}, out);
  switch (answer.kind) {
    case SaslAnswer::Kind::success: return authenticated(out);
    case SaslAnswer::Kind::challenge:
      return say("<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
    case SaslAnswer::Kind::stream_error:
      return close_with({std::string(answer.condition), answer.text, {}}, out);
    case SaslAnswer::Kind::failure: break;
  }
  say("<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><" + std::string(answer.condition) +
      "/></failure>");
  out.note(Level::info, "xmpp.auth_failed", from_ + ": " + answer.text);
  if (answer.close) return close_with({"policy-violation", "too many failures", {}}, out);
  out.set_timer(wait_timer, now_ + settings_->features_wait_max);
}

void Inbound::authenticated(Outbox& out) {
  say("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
  const DomainPair pair{to_key_, from_key_};
  if (!book_.grant(pair)) return close_with({"resource-constraint", {}, {}}, out);
  receiving_.add_pair(pair).peer = peer_;
  by_external_ = true;
  become_trusted(out);
  out.set_timer(wait_timer, now_ + settings_->features_wait_max);   // for its next header
  receiving_.ask_whether_public(pair, out);
  out.wake(lanes_to(from_key_));   // xmpp 5.2: it is there, so try whatever waits for it
  begin_stream();
}

// xmpp 7.5
void Inbound::become_trusted(Outbox& out) {
  if (state_ == State::trusted) return;
  state_ = State::trusted;
  room_ = {};
  reader_.set_limits(settings_->after_trust);
  pace_.set_rate(settings_->bytes_per_second_of(from_key_));   // xmpp 9.3
  last_stanza_ = now_;
  out.cancel_timer(negotiation_timer);
  out.cancel_timer(wait_timer);
  out.set_timer(idle_timer, now_ + settings_->idle_ping_after);
}

}  // namespace hanse::xmpp
