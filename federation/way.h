// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "federation/policy.h"

namespace hanse {

// The lane that carries from a domain of ours to an address, by the rules in force. What is for a
// peer that nothing goes to waits in a lane of the peer's own, whatever place its rule names.
RouteChoice way_to(const Policy& policy, const NameLane& name, std::string_view from,
                   const Address& to);

// The same for what is in a lane already. Nothing: it is where it belongs, or in a lane that no
// rule chooses.
std::optional<RouteChoice> way_out_of(const Policy& policy, std::string_view lane,
                                      const Address& to);

// Nothing goes to a peer that is suspended or blocked.
bool is_barred(const PeerPolicy* peer);

// The configured peer a lane leads to: by its name, or by rules for that peer; null: none, or it
// carries for others too. Without a protocol any rule counts.
const PeerPolicy* peer_of_lane(const Policy& policy, std::string_view protocol,
                               std::string_view lane);

}  // namespace hanse
