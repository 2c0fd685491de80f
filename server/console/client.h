// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "server/base/time.h"
#include "server/console/request.h"

namespace hanse::console {

struct ClientSettings {
  std::string socket;
  Duration timeout = std::chrono::seconds(30);   // for each line of the answer
};

// Sends one request to a running node and gives each line of its answer but the last to `item`.
Ended ask_node(const ClientSettings& settings, const Request& request,
               const std::function<void(const std::string& line)>& item);

}  // namespace hanse::console
