// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <string_view>
#include <variant>

#include "server/base/time.h"

namespace hanse {

// A bound that is no setting, as operators see it.
struct FixedLimit {
  enum class Unit : std::uint8_t { count, bytes };

  constexpr FixedLimit(std::string_view its_name, std::integral auto number, Unit of = Unit::count)
      : name(its_name), value(static_cast<std::uint64_t>(number)), unit(of) {}
  constexpr FixedLimit(std::string_view its_name, Duration time) : name(its_name), value(time) {}

  std::string_view name;
  std::variant<std::uint64_t, Duration> value;
  Unit unit = Unit::count;
};

}  // namespace hanse
