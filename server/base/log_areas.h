// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace hanse {

// The first words of events' names: what a level can be set for. The protocols' own names are
// areas too. A test finds events of any other.
constexpr std::string_view log_areas[] = {
    "audit",  "clock",   "config", "conn", "console", "dns",   "drain", "listen", "memory",
    "metrics", "msg",    "node",   "peer", "probe",   "queue", "route", "shard",  "store",
    "tls"};

}  // namespace hanse
