// SPDX-License-Identifier: Apache-2.0
#include "server/base/level.h"

#include <algorithm>
#include <array>

namespace hanse {
namespace {

constexpr std::array<std::string_view, 4> level_names{"debug", "info", "warning", "error"};

}  // namespace

std::string_view level_name(Level level) {
  return level_names.at(static_cast<std::size_t>(level));
}

bool parse_level(std::string_view text, Level& level) {
  const auto found = std::find(level_names.begin(), level_names.end(), text);
  if (found == level_names.end()) return false;
  level = static_cast<Level>(found - level_names.begin());
  return true;
}

}  // namespace hanse
