// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "server/base/time.h"

namespace hanse {

// Tells systemd (Type=notify) what this process is doing: "READY=1", "STOPPING=1",
// "STATUS=...", "WATCHDOG=1". Does nothing when NOTIFY_SOCKET is not set. Thread: any.
void notify_systemd(std::string_view state);

// How often a sign of life is due: a third of WATCHDOG_USEC, and at least every ten seconds, since
// each also says how the node is. Empty: nobody listens.
std::optional<Duration> beat_period();

}  // namespace hanse
