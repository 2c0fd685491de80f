// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

#include "server/base/time.h"

namespace hanse::console {

// A bound that is no setting.
struct FixedLimit {
  enum class Unit : std::uint8_t { count, bytes };
  std::string_view name;
  std::variant<std::uint64_t, Duration> value;
  Unit unit = Unit::count;
};

std::span<const FixedLimit> fixed_limits();   // all of them

}  // namespace hanse::console
