// SPDX-License-Identifier: Apache-2.0
// From the first header to a stream that carries works.

#include "protocols/xmpp/dialback.h"
#include "protocols/xmpp/evidence.h"
#include "protocols/xmpp/jid.h"
#include "protocols/xmpp/names.h"
#include "protocols/xmpp/outbound.h"
#include "protocols/xmpp/sasl_external.h"
#include "protocols/xmpp/stanza.h"
#include "server/base/text.h"

namespace hanse::xmpp {

namespace {

bool offers_external(const xml::Element& features) {
  const xml::Element* mechanisms = features.child(ns::sasl, "mechanisms");
  if (mechanisms == nullptr) return false;
  for (const xml::Element::Node& node : mechanisms->nodes)
    if (node.element && node.element->is(ns::sasl, "mechanism") &&
        trim(node.element->text()) == "EXTERNAL")
      return true;
  return false;
}

std::string_view demand_of(Trust trust) {
  switch (trust) {
    case Trust::pin: return "has to show a pinned certificate or key (fingerprints)";
    case Trust::dane: return "has to show what its TLSA records name (trust = dane)";
    case Trust::authority: return "has to show a certificate of a known authority "
                                  "(trust = authority)";
    case Trust::verify: return "has to show a certificate (trust = verify)";
    case Trust::dialback: return "may prove itself by dialback (trust = dialback)";
  }
  return {};
}

std::string first_condition(const xml::Element& failure) {
  const xml::Element* condition = failure.first_child();
  return condition == nullptr ? "no reason given" : escape_text(condition->name);
}

}  // namespace

void Outbound::negotiate(xml::Element&& element, Outbox& out) {
  if (element.is(ns::stream, "features")) return hear_features(element, out);
  // From the moment we have proved ourselves, whatever else is still to be agreed on.
  if (both_ways_ && is_stanza(element) &&
      (phase_ == Phase::proved || phase_ == Phase::enabling))
    return hear_stanza(std::move(element), out);
  switch (phase_) {
    case Phase::securing:
      if (element.is(ns::tls, "proceed")) {
        proceed_heard_ = true;
        return;
      }
      if (element.is(ns::tls, "failure"))
        return fail("4.7.5", "the peer could not begin TLS", out);
      break;
    case Phase::proving: return hear_proof(element, out);
    case Phase::asking: return hear_dialback(element, out);
    case Phase::enabling: return hear_enabled(element, out);
    default: break;
  }
  fail_with_error({"policy-violation", "not expected here", {}}, "4.5.0", out);
}

void Outbound::hear_features(const xml::Element& features, Outbox& out) {
  if (const std::uint64_t most = announced_bytes_max(features); most != 0)
    sending_.set_bytes_max(most);
  verifies_ = features.child(ns::dialback_feature, "dialback") != nullptr;
  if (verifies_) dialback_offered_ = true;
  management_offered_ = features.child(ns::management, "sm") != nullptr;
  if (phase_ == Phase::opening && !in_clear_) {
    // xmpp 3.1: nothing of ours goes over a stream that does not become safe.
    if (features.child(ns::tls, "starttls") == nullptr)
      return fail_with_error({"policy-violation", "TLS is required", {}}, "4.7.5", out);
    phase_ = Phase::securing;
    out.send("<starttls xmlns='" + std::string(ns::tls) + "'/>");
    return wait_for_answer(out);
  }
  if (phase_ == Phase::opening || phase_ == Phase::secured) {
    external_offered_ = tls_up_ && offers_external(features);
    return may_go_both_ways(features) ? judge_peer(out) : prove(out);
  }
  if (phase_ == Phase::proved) return enable_management(out);
  fail_with_error({"policy-violation", "features are not expected here", {}}, "4.5.0", out);
}

void Outbound::begin_tls(Outbox& out) {
  out.cancel_timer(answer_timer);   // the handshake has its own deadline
  // xmpp 1.9: the name is the domain, never the host that serves it.
  out.start_tls({.name = remote_key_, .identity = local_key_, .alpn = "xmpp-server",
                 .strong_only = true});   // xmpp 3.2
}

void Outbound::tls_up(const TlsFacts& facts, Outbox& out) {
  if (phase_ == Phase::closed) return;
  tls_up_ = true;
  // What was said in clear may have been anybody's.
  sending_.set_bytes_max(0);
  dialback_offered_ = false;
  stream_id_.clear();
  sending_.set_place(to_text(context_.endpoint), facts.version + " " + facts.cipher);
  phase_ = Phase::trusting;
  Verify question;
  question.claim = {.protocol = "xmpp", .domain = remote_key_, .name = remote_, .address = {},
                    .certificate_sha256 = facts.certificate_sha256,
                    .key_sha256 = key_sha256(facts.chain.get()), .outgoing = true,
                    .level = TlsLevel::encrypt, .hop_pin = context_.endpoint.pin};
  // The certificate of a server behind us is the operator's business, unless it is pinned; anybody
  // else has to show one that is good, or policy says that dialback will do.
  const Trust trust = settings_->trust_of(remote_key_);
  const bool must_show =
      trust == Trust::pin ||
      (trust != Trust::dialback && settings_->home_of(remote_key_) != Home::face);
  if (context_.tls == TlsLevel::verify || must_show) question.claim.level = TlsLevel::verify;
  receiving_.set_address(context_.endpoint.address);
  receiving_.set_name(remote_key_);
  receiving_.set_tls(facts);
  question.evidence = evidence_ = evidence(facts);
  out.ask(std::move(question));
}

// xmpp 3.4, 3.5: what the certificate proves, in the order of strength.
std::vector<Evidence> Outbound::evidence(const TlsFacts& facts) const {
  const std::string tls = facts.version + " " + facts.cipher;
  const Endpoint& hop = context_.endpoint;
  const bool named = !hop.identity.empty();   // xmpp 1.7
  return certificate_evidence(
      {.chain = facts.chain.get(), .tls = tls, .domain_key = named ? hop.identity : remote_key_,
       .other_names = std::span(hop.verify_names).first(named ? 0 : hop.verify_names.size()),
       .tlsa = hop.tlsa, .legacy_cn = settings_->legacy_cn,
       .trust = settings_->trust_of(remote_key_)});
}

void Outbound::trust_decided(const Answer& answer, Outbox& out) {
  if (phase_ != Phase::trusting) return;
  const TrustDecision* decision = std::get_if<TrustDecision>(&answer);
  if (decision == nullptr) return fail("4.3.0", "trust could not be asked", out);
  std::string why = decision->why;
  for (const Evidence& one : decision->evidence)
    if (!one.passed) why += "; " + std::string(one.kind) + ": " + one.detail;
  if (decision->verdict != Verdict::accept)
    return fail("4.7.5", remote_ + " is not trusted: " + why, out);
  send_head(Phase::secured, out);
}

// How we show who we are: a certificate first, a key the peer can ask back for second (xmpp 3.3).
void Outbound::prove(Outbox& out) {
  if (questions_) return become_ready(out);
  if (context_.look_only) return look(out);
  if (external_offered_) {
    phase_ = Phase::proving;
    xml::Element auth(ns::sasl, "auth");
    auth.set("mechanism", external_mechanism);
    auth.add_text(external_initial_response(local_));
    std::string bytes;
    write_element(auth, bytes);
    out.send(bytes);
    return wait_for_answer(out);
  }
  if (dialback_offered_) return begin_dialback(out);
  fail_with_error({"not-authorized", "no way to prove who we are", {}}, "4.7.0", out);
}

// Somebody only wants to know: what would prove us, and what the peer had to show.
void Outbound::look(Outbox& out) {
  const bool external = external_offered_;
  if (!external && !dialback_offered_)
    return fail_with_error({"not-authorized", "no way to prove who we are", {}}, "4.7.0", out);
  std::string text = external ? "would prove " + local_ + " by SASL EXTERNAL: the peer offers it"
                              : "would prove " + local_ +
                                    " by dialback: the peer does not offer EXTERNAL";
  if (external && dialback_offered_) text += ", and dialback";
  text += "; " + remote_ + " " + std::string(demand_of(settings_->trust_of(remote_key_)));
  out.note(Level::debug, "probe.proof", text);
  phase_ = Phase::ready;
  out.cancel_timer(negotiation_timer);
  out.cancel_timer(answer_timer);
  out.ready();
}

void Outbound::hear_proof(const xml::Element& element, Outbox& out) {
  if (element.is(ns::sasl, "success")) {
    proof_ = "EXTERNAL";
    proved_ourselves();
    return send_head(Phase::proved, out);
  }
  if (!element.is(ns::sasl, "failure"))
    return fail_with_error({"policy-violation", "not expected here", {}}, "4.5.0", out);
  const std::string why = first_condition(element);
  out.note(Level::info, "conn.auth_fail", "the peer refused our certificate: " + why);
  // xmpp 3.3: what a certificate could not, dialback still may, where policy does not ask for more.
  // To a server behind us we speak in names that no certificate of ours holds.
  const bool may_fall_back = settings_->dials_back(remote_key_) ||
                             settings_->home_of(remote_key_) == Home::face;
  if (dialback_offered_ && may_fall_back) return begin_dialback(out);
  fail("4.7.8", "the peer refused our certificate: " + why, out);
}

void Outbound::begin_dialback(Outbox& out) {
  phase_ = Phase::asking;
  xml::Element result(ns::dialback, "result");
  result.set("from", local_);
  result.set("to", remote_);
  result.add_text(dialback_key(settings_->dialback_secret.text(), remote_, local_, stream_id_));
  std::string bytes;
  write_element(result, bytes);
  out.send(bytes);
  out.set_timer(answer_timer, now_ + settings_->answer_wait_max);   // xmpp 3.9
}

void Outbound::hear_dialback(const xml::Element& element, Outbox& out) {
  const bool ours = element.is(ns::dialback, "result") &&
                    domain_key(element.attribute("from")) == remote_key_ &&
                    domain_key(element.attribute("to")) == local_key_;
  if (!ours) {
    // xmpp 3.9: an answer that nobody asked for.
    out.note(Level::warning, "conn.protocol_error", "SECURITY: a dialback answer that is not ours");
    return fail_with_error({"not-authorized", "not asked for", {}}, "4.7.0", out);
  }
  const std::string_view type = element.attribute("type");
  if (type == "valid") {
    proof_ = "dialback";
    verifies_ = true;
    proved_ourselves();
    return enable_management(out);
  }
  const xml::Element* error = element.child(ns::server, "error");
  fail("4.7.8", "dialback was answered " + escape_text(std::string(type)) +
                    (error == nullptr ? "" : ": " + first_condition(*error)), out);
}

// xmpp 6.1. After dialback no further features come: a peer that takes it then says so before.
void Outbound::enable_management(Outbox& out) {
  if (!management_offered_) return become_ready(out);
  if (may_resume()) {
    phase_ = Phase::recalling;
    out.ask(Inherit{opened_key(context_.lane)});
    return;
  }
  phase_ = Phase::enabling;
  out.send(write_enable());
  wait_for_answer(out);
}

void Outbound::hear_enabled(const xml::Element& element, Outbox& out) {
  if (lost_ != nullptr && element.is(ns::management, "resumed")) return hear_resumed(element, out);
  if (lost_ != nullptr && element.is(ns::management, "failed")) return not_resumed(element, out);
  if (lost_ == nullptr && element.is(ns::management, "enabled")) {
    management_ = true;
    receiving_.begin_counting();
    if (may_resume() && wants_resumption(element))
      begin_session(std::string(element.attribute("id")), out);
  } else if (!element.is(ns::management, "failed")) {
    return fail_with_error({"policy-violation", "not expected here", {}}, "4.5.0", out);
  }
  become_ready(out);
}

// XEP-0485
void Outbound::become_public(Outbox& out) {
  if (questions_ || settings_->public_peers == nullptr || remote_key_.empty() ||
      settings_->home_of(local_key_) != Home::node ||
      settings_->home_of(remote_key_) != Home::none)
    return;
  const DomainPair pair{local_key_, remote_key_};
  public_.emplace(settings_->public_peers, pair, PublicPeers::Way::outgoing);
  receiving_.ask_whether_public(pair, out);
}

void Outbound::become_ready(Outbox& out) {
  phase_ = Phase::ready;
  become_public(out);
  // That it declares the namespace says nothing: some do who answer none of it.
  sending_.set_proof(management_ ? Sending::Proof::acknowledged
                     : verifies_ ? Sending::Proof::answered
                                 : Sending::Proof::quiet);
  reader_.set_limits(settings_->after_trust);
  out.cancel_timer(negotiation_timer);
  out.cancel_timer(answer_timer);
  out.set_timer(keepalive_timer, now_ + settings_->idle_ping_after);
  if (!questions_)
    out.note(Level::info, "conn.auth_ok",
             local_ + " to " + remote_ + " by " + (proof_.empty() ? "nothing" : proof_) +
                 (management_ ? ", acknowledged" : "") + (both_ways_ ? ", both ways" : ""));
  out.ready();
  if (draining_) drain(out);
}

}  // namespace hanse::xmpp
