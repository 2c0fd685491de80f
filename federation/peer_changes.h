// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "federation/policy.h"
#include "server/base/log.h"

namespace hanse {

// One line for each configured peer that a new configuration gives another state or other scopes,
// or that comes or goes with it (operations section 6).
void tell_peer_changes(const Policy& before, const Policy& now, Log& log);

}  // namespace hanse
