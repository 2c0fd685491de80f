// SPDX-License-Identifier: Apache-2.0
#include "federation/trust.h"

#include <algorithm>

namespace hanse {

namespace {

bool has(std::span<const Evidence> evidence, std::string_view kind) {
  return std::any_of(evidence.begin(), evidence.end(), [&](const Evidence& one) {
    return one.kind == kind && one.passed;
  });
}

// A name is proven by an authority, by DNSSEC, or by asking back at the domain itself.
bool proves(std::span<const Evidence> evidence) {
  return has(evidence, "pkix") || has(evidence, "dane") || has(evidence, "dialback");
}

bool pinned(const PeerPolicy& peer, const Claim& claim) {
  if (claim.certificate_sha256.empty()) return false;
  const std::string shown = lower_ascii(claim.certificate_sha256);
  return std::any_of(peer.fingerprints.begin(), peer.fingerprints.end(),
                     [&](const std::string& pin) {
                       return pin == shown || (!pin.empty() && pin == claim.key_sha256);
                     });
}

bool comes_from(const PeerPolicy& peer, const Claim& claim) {
  return std::any_of(peer.addresses.begin(), peer.addresses.end(),
                     [&](const Network& network) { return contains(network, claim.address); });
}

bool in_scope(const PeerPolicy& peer, const Claim& claim) {
  return std::find(peer.scopes.begin(), peer.scopes.end(), claim.protocol) != peer.scopes.end();
}

bool is_named(const PeerPolicy& peer, const Claim& claim) {
  return equal_ascii_case(peer.domain, claim.domain);
}

// A pin binds: who comes in the name of a pinned peer shows its certificate, and nothing else that
// speaks for the name makes up for it (xmpp 3.5). Who is known by his address alone may show none.
bool lacks_pin(const PeerPolicy& peer, const Claim& claim) {
  const bool judged = !claim.certificate_sha256.empty() || is_named(peer, claim);
  return !peer.fingerprints.empty() && judged && !pinned(peer, claim);
}

std::string pin_problem(const Claim& claim) {
  return claim.certificate_sha256.empty()
             ? "peer does not show its pinned certificate"
             : "peer shows another certificate than the pinned one";
}

// What this room can check by itself, beside what the caller has checked.
void add_own_evidence(const PeerPolicy& peer, const Claim& claim, std::vector<Evidence>& out) {
  if (!claim.outgoing && !peer.addresses.empty())
    out.push_back({"network", comes_from(peer, claim), claim.address});
  if (lacks_pin(peer, claim) || pinned(peer, claim))
    out.push_back({"pin", pinned(peer, claim), claim.certificate_sha256});
}

void judge_level(const Claim& claim, TrustDecision& out) {
  const bool tls = has(out.evidence, "tls");
  if (claim.level >= TlsLevel::encrypt && !tls) {
    out.verdict = Verdict::defer;
    out.why = "this hop demands TLS";
  } else if (claim.level == TlsLevel::verify && !has(out.evidence, "pkix") &&
             !has(out.evidence, "dane") && !has(out.evidence, "pin")) {
    out.verdict = Verdict::defer;
    out.why = "this hop demands a valid certificate";
  }
}

// xmpp 1.7, 3.5: the key a route names is stronger than all that speaks for a name.
void judge_hop_pin(const Claim& claim, TrustDecision& out) {
  if (claim.hop_pin.empty()) return;
  const bool shown = claim.key_sha256 == claim.hop_pin;
  out.evidence.push_back({"pin", shown, claim.key_sha256});
  if (shown) return;
  out.verdict = Verdict::defer;
  out.why = claim.key_sha256.empty() ? "the next hop does not show the key its route pins"
                                     : "the next hop shows another key than its route pins";
}

void judge_outgoing(const PeerPolicy* peer, const Claim& claim, TrustDecision& out) {
  out.verdict = Verdict::accept;
  out.why = "we dialled it";
  judge_hop_pin(claim, out);
  if (out.verdict == Verdict::accept) judge_level(claim, out);
  if (peer == nullptr) return;
  if (claim.level == TlsLevel::verify && lacks_pin(*peer, claim)) {
    out.verdict = Verdict::defer;
    out.why = pin_problem(claim);
  }
  if (peer->state == PeerState::suspended || peer->state == PeerState::blocked) {
    // Held, not bounced: the operator may yet resume the peer.
    out.verdict = Verdict::defer;
    out.why = "peer is " + std::string(peer_state_name(peer->state));
  }
}

void judge_unknown(UnknownPeers unknown, TrustDecision& out) {
  out.verdict = unknown == UnknownPeers::reject ? Verdict::refuse : Verdict::accept;
  switch (unknown) {
    case UnknownPeers::reject: out.why = "unknown peer, unknown_peers = reject"; break;
    case UnknownPeers::probation: out.why = "unknown peer on probation"; break;
    case UnknownPeers::open: out.why = "unknown peers are welcome"; break;
  }
}

void judge_incoming(const PeerPolicy& peer, const Claim& claim, TrustDecision& out) {
  const auto refuse = [&out](std::string why) {
    out.verdict = Verdict::refuse;
    out.why = std::move(why);
  };
  if (peer.state == PeerState::blocked) return refuse("peer is blocked");
  if (peer.state == PeerState::suspended) {
    out.verdict = Verdict::defer;
    out.why = "peer is suspended";
    return;
  }
  // No scope, no traffic: what is not allowed in writing is not allowed (RFC 8212 in spirit).
  if (!in_scope(peer, claim)) return refuse("peer has no scope " + claim.protocol);
  if (lacks_pin(peer, claim)) return refuse(pin_problem(claim));
  if (peer.require_tls_in && !has(out.evidence, "tls")) {  // T-4
    out.evidence.push_back({"tls", false, "require_tls_in"});
    return refuse("TLS is required of this peer");
  }
  out.verdict = Verdict::accept;
  out.why = "peer " + peer.domain + ", " + std::string(peer_state_name(peer.state));
}

}  // namespace

std::string_view peer_state_name(PeerState state) {
  switch (state) {
    case PeerState::active: return "active";
    case PeerState::probation: return "probation";
    case PeerState::limited: return "limited";
    case PeerState::suspended: return "suspended";
    case PeerState::blocked: return "blocked";
  }
  return "blocked";
}

std::string_view peer_role_name(PeerRole role) {
  switch (role) {
    case PeerRole::peer: return "peer";
    case PeerRole::upstream: return "upstream";
    case PeerRole::downstream: return "downstream";
    case PeerRole::service: return "service";
  }
  return "peer";
}

const PeerPolicy* recognise(std::span<const PeerPolicy> peers, const Claim& claim,
                            std::span<const Evidence> evidence) {
  const bool name_proven = !claim.domain.empty() && (claim.outgoing || proves(evidence));
  for (const PeerPolicy& peer : peers)
    if (name_proven && !peer.fingerprints.empty() && is_named(peer, claim)) return &peer;
  for (const PeerPolicy& peer : peers)
    if (pinned(peer, claim)) return &peer;
  if (name_proven)
    for (const PeerPolicy& peer : peers)
      if (is_named(peer, claim)) return &peer;
  if (claim.outgoing) return nullptr;  // an address says nothing about whom we meant to reach
  for (const PeerPolicy& peer : peers)
    if (comes_from(peer, claim)) return &peer;
  return nullptr;
}

TrustDecision decide(const PeerPolicy* policy, UnknownPeers unknown, const Claim& claim,
                     std::span<const Evidence> evidence) {
  TrustDecision out;
  out.evidence.assign(evidence.begin(), evidence.end());
  if (policy != nullptr) {
    out.peer = policy->domain;
    add_own_evidence(*policy, claim, out.evidence);
  }
  if (claim.outgoing) judge_outgoing(policy, claim, out);
  else if (policy == nullptr) judge_unknown(unknown, out);
  else judge_incoming(*policy, claim, out);
  return out;
}

}  // namespace hanse
