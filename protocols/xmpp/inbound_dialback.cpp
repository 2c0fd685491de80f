// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "federation/lane_name.h"
#include "protocols/xmpp/evidence.h"
#include "protocols/xmpp/inbound.h"
#include "protocols/xmpp/jid.h"
#include "protocols/xmpp/names.h"
#include "server/base/limits.h"
#include "server/base/text.h"

namespace hanse::xmpp {

namespace {

// How a pair is refused when the authoritative server could not be asked (xmpp 3.13).
struct Refused {
  std::string_view condition, type;
};

Refused unreachable(Fault fault) {
  switch (fault) {
    case Fault::never: return {"remote-server-not-found", "cancel"};
    case Fault::overloaded: return {"resource-constraint", "wait"};
    case Fault::try_later:
    case Fault::refused:
    case Fault::broken: break;
  }
  return {"remote-server-timeout", "wait"};
}

// What the authoritative server answers beside valid and invalid.
Refused refused_by(std::string_view condition) {
  if (condition == "item-not-found" || condition == "host-unknown")
    return {"remote-server-not-found", "cancel"};
  if (condition == "remote-connection-failed") return {"remote-connection-failed", "cancel"};
  if (condition == "resource-constraint") return {"resource-constraint", "wait"};
  return {"remote-server-timeout", "wait"};
}

xml::Element make_error(std::string_view condition, std::string_view type) {
  xml::Element out(ns::server, "error");
  out.set("type", type);
  out.add(ns::stanza_errors, condition);
  return out;
}

}  // namespace

void Inbound::dialback(const xml::Element& one, Outbox& out) {
  const bool result = one.name == "result";
  if (!result && one.name != "verify")
    return close_with({"unsupported-stanza-type", {}, {}}, out);
  if (one.has("type")) return unsolicited(one, out);
  if (prepare_domain(one.attribute("from")).has_value() &&
      prepare_domain(one.attribute("to")).has_value())
    return result ? claim_pair(one, out) : vouch(one, out);
  close_with({"improper-addressing", "dialback needs from and to", {}}, out);
}

// xmpp 3.9, 3.11: on a connection that others have opened we ask nothing, so every answer is one
// that nobody asked for. Believing such an answer was the flaw of 2012.
void Inbound::unsolicited(const xml::Element& one, Outbox& out) {
  out.note(Level::warning, "xmpp.unsolicited",
           "a dialback answer nobody asked for, from " + escape_text(one.attribute("from")));
  if (one.name == "result" || book_.strike())
    close_with({"not-authorized", "nobody asked you that", {}}, out);
}

// ---- the receiving side (xmpp 3.10) ----

// xmpp 3.10
Duration Inbound::dialback_wait() const {
  return std::min(settings_->answer_wait_max, limits::dialback_wait_max);
}

void Inbound::claim_pair(const xml::Element& result, Outbox& out) {
  PairRequest requested;
  requested.from = prepare_domain(result.attribute("from")).value_or({});
  requested.to = prepare_domain(result.attribute("to")).value_or({});
  requested.pair = {domain_key(requested.to), domain_key(requested.from)};
  const std::string& remote = requested.pair.remote;
  if (settings_->home_of(requested.pair.local) == Home::none &&
      !settings_->is_behind(remote, remote_address_))
    return pair_refused(requested, "item-not-found", "cancel", out);
  if (settings_->is_ours(remote, remote_address_))
    return pair_refused(requested, "forbidden", "auth", out);
  const PairState state = book_.state(requested.pair);
  if (state == PairState::valid) return say_result(requested, "valid", nullptr);
  if (state == PairState::requested) return;   // its answer is on the way
  if (!book_.request(requested.pair))
    return pair_refused(requested, "resource-constraint", "wait", out);
  requested.key = trim(result.text());
  if (look_up(remote, true, out)) asking_dns_.push_back(std::move(requested));
  else judge_pair(std::move(requested), out);
}

// XEP-0344: a certificate that proves the name says as much as its server would.
void Inbound::judge_pair(PairRequest requested, Outbox& out) {
  const std::string& remote = requested.pair.remote;
  if (requested.by_dialback || settings_->trust_of(remote) != Trust::dialback ||
      certificate_problem(remote).empty())
    return ask_trust(std::move(requested), out);
  if (requested.again) return pair_refused(requested, "not-authorized", "auth", out);
  requested.slot = settings_->sources->open_verify(remote_address_);
  if (!requested.slot) return pair_refused(requested, "resource-constraint", "wait", out);
  ask_authority(std::move(requested), out);
}

void Inbound::ask_authority(PairRequest requested, Outbox& out) {
  xml::Element verify(ns::dialback, "verify");
  verify.set("from", requested.to);
  verify.set("to", requested.from);
  verify.set("id", id_);
  verify.add_text(requested.key);
  auto bytes = std::make_shared<std::string>();
  write_element(verify, *bytes);
  Convey convey;
  Envelope& envelope = convey.submission.envelope;
  envelope.flow = Flow::live;
  envelope.patience = dialback_wait();
  envelope.from = {"xmpp", {}, requested.to};
  envelope.to.push_back({"xmpp", std::string(verify_local), requested.from});
  envelope.key = {"xmpp", requested.pair.local, id_ + " " + requested.pair.remote};
  envelope.native = "verify";
  envelope.is_report = true;   // nobody is told but us
  convey.submission.body.size = bytes->size();
  convey.submission.body.bytes = std::move(bytes);
  requested.by_dialback = true;
  requested.ask = out.ask(std::move(convey));
  asking_authority_.push_back(std::move(requested));
}

void Inbound::ask_trust(PairRequest requested, Outbox& out) {
  requested.ask = out.ask(proof_of(requested.pair.remote, requested.by_dialback));
  asking_trust_.push_back(std::move(requested));
}

bool Inbound::pair_answered(AskId id, const Answer& answer, Outbox& out) {
  for (std::vector<PairRequest>* asking : {&asking_authority_, &asking_trust_}) {
    const auto found = std::find_if(asking->begin(), asking->end(),
                                    [id](const PairRequest& one) { return one.ask == id; });
    if (found == asking->end()) continue;
    PairRequest requested = std::move(*found);
    const std::string remote = requested.pair.remote;
    asking->erase(found);
    requested.slot = {};
    if (asking == &asking_authority_) authority_answered(std::move(requested), answer, out);
    else trust_answered(requested, answer, out);
    forget(remote);
    return true;
  }
  return false;
}

void Inbound::authority_answered(PairRequest requested, const Answer& answer, Outbox& out) {
  const Conveyed* conveyed = std::get_if<Conveyed>(&answer);
  const Error* error = std::get_if<Error>(&answer);
  Refused refused = unreachable(error != nullptr ? error->fault : Fault::broken);
  if (conveyed != nullptr) {
    const Outcome& outcome = conveyed->outcome;
    if (outcome.disposition != Disposition::delivered) refused = unreachable(outcome.fault);
    else if (outcome.reply == "valid") return ask_trust(std::move(requested), out);
    else if (outcome.reply == "invalid") refused = {{}, {}};
    else refused = refused_by(outcome.reply);
  }
  if (!refused.condition.empty())
    return pair_refused(requested, refused.condition, refused.type, out);
  out.note(Level::warning, "xmpp.dialback_invalid", requested.from + " denies the key");
  if (book_.valid_count() > 0) return pair_refused(requested, "forbidden", "auth", out);
  book_.settle(requested.pair, false);
  say_result(requested, "invalid", nullptr);   // xmpp 3.13
  ending_ = Ending::wanted;
}

void Inbound::trust_answered(const PairRequest& requested, const Answer& answer, Outbox& out) {
  const TrustDecision* decision = std::get_if<TrustDecision>(&answer);
  const std::string& remote = requested.pair.remote;
  const bool proved = requested.by_dialback || certificate_problem(remote).empty() ||
                      (decision != nullptr && shows_pin(*decision, remote));
  if (!proved) return pair_refused(requested, "not-authorized", "auth", out);
  if (decision == nullptr || decision->verdict == Verdict::defer)
    return pair_refused(requested, "resource-constraint", "wait", out);
  if (decision->verdict == Verdict::refuse) {
    out.note(Level::info, "peer.refused", requested.from + ": " + decision->why);
    return pair_refused(requested, "policy-violation", "cancel", out);
  }
  book_.settle(requested.pair, true);
  Receiving::Pair& pair = receiving_.add_pair(requested.pair);
  pair.peer = decision->peer;
  pair.permitted_until = {};
  pair.by_dialback = requested.by_dialback;
  say_result(requested, "valid", nullptr);
  become_trusted(out);
  if (serving_) serve_pairs(out);
  receiving_.ask_whether_public(requested.pair, out);
  out.wake(lanes_to(remote));   // xmpp 5.2
}

void Inbound::pair_refused(const PairRequest& requested, std::string_view condition,
                           std::string_view type, Outbox& out) {
  book_.settle(requested.pair, false);
  out.note(Level::info, "xmpp.pair_refused",
           requested.from + " to " + requested.to + ": " + std::string(condition));
  const xml::Element error = make_error(condition, type);
  say_result(requested, "error", &error);
}

void Inbound::say_result(const PairRequest& requested, std::string_view type,
                         const xml::Element* error) {
  if (requested.again) return;
  xml::Element out(ns::dialback, "result");
  out.set("from", requested.to);
  out.set("to", requested.from);
  out.set("type", type);
  if (error != nullptr) out.add(*error);
  say(out);
}

// ---- the authoritative side (xmpp 3.12) ----

void Inbound::vouch(const xml::Element& verify, Outbox& out) {
  const std::string_view from = verify.attribute("from"), to = verify.attribute("to");
  xml::Element answer(ns::dialback, "verify");
  answer.set("from", to);
  answer.set("to", from);
  answer.set("id", verify.attribute("id"));
  // A server behind us asks here for every domain: we speak to it in their names.
  const bool ours = settings_->home_of(domain_key(to)) != Home::none ||
                    settings_->is_behind(domain_key(from), remote_address_);
  if (!ours || !settings_->sources->may_vouch(remote_address_, now_)) {
    answer.set("type", "error");
    answer.add(ours ? make_error("resource-constraint", "wait")
                    : make_error("item-not-found", "cancel"));
    return say(answer);
  }
  const bool valid =
      is_dialback_key({settings_->dialback_secret.text(), settings_->dialback_secret_before.text()},
                      from, to, verify.attribute("id"), trim(verify.text()));
  if (valid) room_ = {};   // a key that we have given to whom it speaks for: that proves something
  else
    out.note(Level::warning, "xmpp.key_denied", escape_text(from) + " asked for a key of " +
                                                    escape_text(to) + " that is not ours");
  answer.set("type", valid ? "valid" : "invalid");
  say(answer);
}

}  // namespace hanse::xmpp
