// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "federation/policy.h"
#include "server/base/log.h"

namespace hanse {

// One line for each configured peer that a new configuration gives another state or other scopes,
// or that comes or goes with it (operations section 6).
void tell_peer_changes(const Policy& before, const Policy& now, Log& log);

// Whether what stands to a peer and from it has to end, and be judged anew when it comes again: it
// is blocked, or what it was believed by is not what a new configuration wants of it.
bool must_come_again(const Policy& before, const Policy& now, std::string_view protocol,
                     std::string_view peer);

}  // namespace hanse
