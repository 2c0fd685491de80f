// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "server/base/result.h"
#include "server/base/time.h"

namespace hanse {

Result<std::int64_t> parse_integer(std::string_view text);  // whole text, decimal
Result<Duration> parse_duration(std::string_view text);     // "500ms" "30s" "5m" "4h" "5d" "1h30m"
Result<std::int64_t> parse_bytes(std::string_view text);    // "4096" "64KiB" "25MiB" "2GiB" "1TiB"

// Parses back to the same duration, except that from a minute on only whole seconds are shown.
std::string format_duration(Duration duration);  // "5m", "1h30m", "250ms"
std::string format_bytes(std::uint64_t bytes);   // "38.2 MiB"
std::string format_utc(UtcTime at);              // 2026-01-06T11:02:10.123Z
void append_utc(std::string& out, UtcTime at);
std::string format_mail_date(UtcTime at);        // RFC 5322 3.3, +0000

}  // namespace hanse
