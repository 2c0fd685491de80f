// SPDX-License-Identifier: Apache-2.0
#include "federation/permission.h"

#include <algorithm>

namespace hanse {

namespace {

using Answer = Permission::Answer;

struct Sender {
  bool anywhere = false;      // may use us as a relay
  bool may_send = false;      // to our own hosts
  std::string why;
};

bool in_scope(const PeerPolicy& peer, std::string_view protocol) {
  return std::find(peer.scopes.begin(), peer.scopes.end(), protocol) != peer.scopes.end();
}

// Probation: nothing but the peer's own domain, and what says it comes from nobody.
bool own_domain(const PeerPolicy& peer, const Address& from) {
  return from.empty() || domain_matches(peer.domain, from.domain) ||
         domain_matches("*." + peer.domain, from.domain);
}

Sender judge_peer(const PeerPolicy& peer, const PermissionQuestion& question) {
  const std::string name = "peer " + peer.domain;
  if (peer.state == PeerState::blocked || peer.state == PeerState::suspended)
    return {false, false, name + " is " + std::string(peer_state_name(peer.state))};
  if (!in_scope(peer, question.claim.protocol))
    return {false, false, name + " has no scope " + question.claim.protocol};
  if (peer.state == PeerState::probation) {
    if (own_domain(peer, question.from)) return {false, true, name + " on probation"};
    return {false, false, name + " on probation sends for another domain"};
  }
  // Transit exists only towards those who are served by us (RFC 9234 in spirit).
  const bool served = peer.role == PeerRole::downstream || peer.role == PeerRole::service;
  return {served, true, name + " (" + std::string(peer_role_name(peer.role)) + ")"};
}

// Somebody unknown on probation may not speak in the name of somebody we know.
bool borrows_a_name(const Policy& policy, const PermissionQuestion& question) {
  if (question.from.empty()) return false;
  return policy.hosts(question.claim.protocol, question.from.domain) ||
         policy.peer(question.from.domain) != nullptr;
}

Sender judge_unknown(const Policy& policy, const PermissionQuestion& question) {
  switch (policy.protocol(question.claim.protocol).unknown_peers) {
    case UnknownPeers::reject: break;
    case UnknownPeers::probation:
      if (borrows_a_name(policy, question))
        return {false, false, "unknown peer on probation sends for a domain we know"};
      return {false, true, "unknown peer on probation"};
    case UnknownPeers::open: return {false, true, "unknown peers are welcome"};
  }
  return {false, false, "unknown peer, unknown_peers = reject"};
}

Sender judge_sender(const Policy& policy, const PermissionQuestion& question) {
  const PeerPolicy* peer = question.peer.empty() ? nullptr : policy.peer(question.peer);
  const bool barred = peer != nullptr && (peer->state == PeerState::blocked ||
                                          peer->state == PeerState::suspended);
  if (!barred && policy.relays_from(question.claim.protocol, question.claim.address))
    return {true, true, "relay_from " + question.claim.address};
  return peer != nullptr ? judge_peer(*peer, question) : judge_unknown(policy, question);
}

}  // namespace

// smtp A-7, I-1
Permission permit(const Policy& policy, const PermissionQuestion& question,
                  const std::function<bool(std::string_view lane)>& lane_full) {
  const std::string& protocol = question.to.protocol;
  const std::string& domain = question.to.domain;
  Permission out;
  const Sender sender = judge_sender(policy, question);
  const bool ours = question.served || policy.hosts(protocol, domain);
  if (!sender.may_send) {
    out.answer = Answer::peer_refused;
    out.why = sender.why;
    return out;
  }
  if (!ours && !sender.anywhere) {
    out.answer = Answer::no_relay;
    out.why = sender.why + "; " + domain + " is not one of our hosts";
    return out;
  }
  // One of our own hosts leads to ourselves by DNS: only a rule knows where it really lives.
  if (domain.empty() || (ours && !question.served && !policy.routes.names(protocol, domain))) {
    out.answer = Answer::no_such_address;
    out.why = domain.empty() ? "no domain" : "host " + domain + " has no route";
    return out;
  }
  const PeerPolicy* const target = policy.peer(domain);
  if (target != nullptr && target->state == PeerState::blocked) {
    out.answer = Answer::not_now;   // the operator may yet think better of it
    out.why = "peer " + domain + " is blocked";
    return out;
  }
  out.route = policy.routes.choose(protocol, domain);
  out.answer = lane_full(out.route.lane) ? Answer::full : Answer::yes;
  out.why = out.answer == Answer::full ? "queue of " + out.route.lane + " is full"
                                       : sender.why + (ours ? "; host " + domain : "");
  return out;
}

}  // namespace hanse
