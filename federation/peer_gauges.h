// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "federation/policy.h"
#include "server/base/metrics.h"

namespace hanse {

// What the configuration says of each peer, as metrics; `before` may be null. What is no longer so
// goes to 0. The same from every shard.
void show_peers(const Policy* before, const Policy& now, Metrics& metrics);

}  // namespace hanse
