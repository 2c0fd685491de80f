// SPDX-License-Identifier: Apache-2.0
#include "federation/way.h"

#include <algorithm>

#include "federation/lane_name.h"
#include "server/base/idna.h"
#include "server/base/text.h"

namespace hanse {

bool is_barred(const PeerPolicy* peer) {
  return peer != nullptr &&
         (peer->state == PeerState::suspended || peer->state == PeerState::blocked);
}

// Lanes in pairs name the domain they lead to themselves.
RouteChoice way_to(const Policy& policy, const NameLane& name, std::string_view from,
                   const Address& to) {
  RouteChoice choice = policy.routes.choose(to.protocol, to.domain);
  if (name) choice.lane = name(from, to, choice);
  else if (!choice.discovered && is_barred(policy.peer(to.domain)))
    choice.lane = plain_domain(to.domain);
  return choice;
}

// Whose name is spoken in a lane is known by the lane; "*" is any, and what has a purpose beside
// messages was put there by its protocol.
std::optional<RouteChoice> way_out_of(const Policy& policy, std::string_view lane,
                                      const Address& to) {
  const LaneName known = split_lane(lane);
  if (known.sender == "*" || !known.purpose.empty()) return std::nullopt;
  const NameLane& name = policy.protocol(to.protocol).lane_name;
  if (!name && !known.sender.empty()) return std::nullopt;
  RouteChoice choice = way_to(policy, name, known.sender, to);
  if (choice.lane == lane) return std::nullopt;
  return choice;
}

const PeerPolicy* peer_of_lane(const Policy& policy, std::string_view protocol,
                               std::string_view lane) {
  const LaneName name = split_lane(lane);
  if (const PeerPolicy* peer = policy.peer(name.target)) return peer;
  const PeerPolicy* only = nullptr;
  for (const Route& rule : policy.routes.routes()) {
    if (rule.via != name.hop) continue;
    if (!protocol.empty() && !rule.protocol.empty() && rule.protocol != protocol) continue;
    const PeerPolicy* peer = policy.peer(rule.match);
    if (peer == nullptr || (only != nullptr && peer != only)) return nullptr;
    only = peer;
  }
  return only;
}

}  // namespace hanse
