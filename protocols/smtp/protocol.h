// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "protocols/protocol.h"
#include "server/base/fixed_limit.h"

namespace hanse::smtp {

const Protocol& protocol();
std::span<const FixedLimit> fixed_limits();   // all of limits.h

}  // namespace hanse::smtp
