// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocols/protocol.h"
#include "server/config/config.h"

namespace hanse::config {

// Every table of every room: node, core, store and all protocols.
Schema whole_schema();

// What only the rooms themselves can judge of a configuration whose values all have the right
// type: certificates that must be there, peers and routes that must make sense.
std::vector<Problem> check_rooms(const Configuration& configuration);

// The records the rooms of this configuration need in the DNS. Of rooms that would not open none.
std::vector<DnsWish> wished_records(const Configuration& configuration);

}  // namespace hanse::config
