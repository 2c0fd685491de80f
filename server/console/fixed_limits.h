// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "server/base/fixed_limit.h"

namespace hanse::console {

std::span<const FixedLimit> fixed_limits();   // all that are no protocol's

}  // namespace hanse::console
