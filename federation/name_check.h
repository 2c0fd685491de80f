// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "federation/ports.h"
#include "server/base/log.h"

namespace hanse {

// Asks the DNS whether it bears out the name this node calls itself by, and warns where it does
// not: the name has no address, or an address whose own name is another (smtp C-1). Answers nobody
// and holds nothing up. Thread: the shard of `resolver`; `log` outlives it.
void check_own_name(Resolver& resolver, Log& log, std::string_view protocol, std::string name);

// "127.0.0.1:25", "[::1]:25": nobody comes in there from another machine.
bool is_loopback_listener(std::string_view address);

}  // namespace hanse
