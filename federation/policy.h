// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "federation/rates.h"
#include "federation/routes.h"
#include "federation/trust.h"
#include "server/base/options.h"

namespace hanse {

// What the core must know of one protocol's settings, whatever the protocol is.
struct ProtocolPolicy {
  std::vector<std::string> hosts;       // domains this node accepts for
  std::vector<Network> relay_from;      // networks that may send to anywhere
  UnknownPeers unknown_peers = UnknownPeers::reject;
  NameLane lane_name;                   // LaneTraits::lane_name, for those who only see this
};

// One loaded configuration as the core sees it. Immutable; replaced whole on reload.
struct Policy {
  std::string node_domain;
  std::vector<PeerPolicy> peers;
  RouteTable routes;
  std::map<std::string, ProtocolPolicy, std::less<>> protocols;
  // What the names of peers and of our own domains look like, and whose looks these are.
  std::map<std::string, std::string, std::less<>> looks;
  std::shared_ptr<PeerRates> rates;     // never null once made; the one thing in it that changes

  const PeerPolicy* peer(std::string_view domain) const;
  const ProtocolPolicy& protocol(std::string_view name) const;  // a closed one when unknown
  HopDemand demand_of_lane(std::string_view protocol, std::string_view lane) const;
  bool is_slow(std::string_view protocol, std::string_view lane) const;   // for a slow peer
  bool hosts(std::string_view protocol, std::string_view domain) const;
  bool relays_from(std::string_view protocol, std::string_view address) const;
  // The known domain that this other one can be taken for (xmpp 10.7); empty: none.
  std::string looks_like(std::string_view domain) const;
};

// The tables [policy], [peer."..."] and [[route]].
std::span<const OptionTable> federation_option_tables();

// Reads the tables above and, for each protocol name, the keys `hosts`, `relay_from` and
// `unknown_peers` of its own table where it declares them.
Result<std::shared_ptr<const Policy>> make_policy(const Configuration& configuration,
                                                  const std::vector<std::string>& protocols);

}  // namespace hanse
