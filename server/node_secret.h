// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "server/base/result.h"
#include "server/base/secret.h"

namespace hanse {

// 32 random octets that belong to this node and outlive restarts; kept in the data directory,
// readable by its owner alone, made at the first start. What rooms need is derived from it, so that
// none of them ever sees it.
Result<Secret> node_secret(const std::string& data_directory);

}  // namespace hanse
