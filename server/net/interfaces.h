// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "server/base/result.h"

namespace hanse::net {

// Of all interfaces of this machine, as text, without scopes. Asks no netlink socket: the unit file
// allows none (operations 9). Any thread.
Result<std::vector<std::string>> interface_addresses();

}  // namespace hanse::net
