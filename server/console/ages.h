// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "server/base/time.h"

namespace hanse::console {

std::string age_text(Duration age);                   // "12d3h", "3h12m", "5m", "40s"
std::string age_text(UtcTime now, UtcTime then);
std::string clock_text(std::string_view utc);         // "2026-01-06T11:02:10.123Z": "11:02:10Z"
std::string second_text(std::string_view utc);        // "2026-01-06T11:02:10Z"
std::string bytes_text(std::int64_t bytes);

}  // namespace hanse::console
