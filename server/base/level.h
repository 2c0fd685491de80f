// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace hanse {

// How much a log line matters.
enum class Level : std::uint8_t { debug, info, warning, error };

std::string_view level_name(Level level);
bool parse_level(std::string_view text, Level& level);  // false leaves `level` as it was

}  // namespace hanse
