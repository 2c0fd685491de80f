// SPDX-License-Identifier: Apache-2.0
#include "server/console/ages.h"

#include <algorithm>

#include "server/base/text.h"

namespace hanse::console {

std::string age_text(Duration age) {
  const std::int64_t seconds =
      std::max<std::int64_t>(0, std::chrono::duration_cast<std::chrono::seconds>(age).count());
  const auto two = [](std::int64_t large, char unit, std::int64_t small, char small_unit) {
    std::string text = std::to_string(large) + unit;
    if (small > 0) text += std::to_string(small) + small_unit;
    return text;
  };
  if (seconds < 60) return std::to_string(seconds) + "s";
  if (seconds < 3600) return two(seconds / 60, 'm', seconds % 60, 's');
  if (seconds < 86400) return two(seconds / 3600, 'h', seconds % 3600 / 60, 'm');
  return two(seconds / 86400, 'd', seconds % 86400 / 3600, 'h');
}

std::string age_text(UtcTime now, UtcTime then) { return age_text(Duration(now - then)); }

std::string clock_text(std::string_view utc) {
  return utc.size() >= 19 ? std::string(utc.substr(11, 8)) + "Z" : std::string(utc);
}

std::string second_text(std::string_view utc) {
  return utc.size() >= 19 ? std::string(utc.substr(0, 19)) + "Z" : std::string(utc);
}

std::string bytes_text(std::int64_t bytes) {
  return format_bytes(static_cast<std::uint64_t>(std::max<std::int64_t>(0, bytes)));
}

}  // namespace hanse::console
