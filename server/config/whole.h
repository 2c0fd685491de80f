// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/config/config.h"

namespace hanse::config {

// Every table of every room: node, core, store and all protocols.
Schema whole_schema();

// What only the rooms themselves can judge of a configuration whose values all have the right
// type: certificates that must be there, peers and routes that must make sense.
std::vector<Problem> check_rooms(const Configuration& configuration);

}  // namespace hanse::config
