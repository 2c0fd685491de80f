// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include "server/base/fixed_limit.h"

namespace hanse {

// The bounds of one protocol that are no settings: those of its limits.h.
struct ProtocolLimits {
  std::string_view protocol;
  std::span<const FixedLimit> limits;
};

std::span<const ProtocolLimits> protocol_limits();   // registry.cpp

}  // namespace hanse
