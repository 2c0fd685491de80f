// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace hanse {

// Tells systemd (Type=notify) what this process is doing: "READY=1", "STOPPING=1",
// "STATUS=...", "WATCHDOG=1". Does nothing when NOTIFY_SOCKET is not set. Thread: any.
void notify_systemd(std::string_view state);

}  // namespace hanse
