// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/result.h"
#include "server/base/time.h"

namespace hanse {

// ASCII only: protocol keywords and domain names. Bytes above 127 stay as they are.
std::string lower_ascii(std::string_view text);
bool equal_ascii_case(std::string_view a, std::string_view b);
bool starts_with_case(std::string_view text, std::string_view prefix);

std::string_view trim(std::string_view text);                      // SP and HTAB at both ends
std::vector<std::string_view> split(std::string_view text, char at);  // keeps empty parts

// Printable ASCII only, at most `bytes_max`; everything else becomes \xNN, a cut ends in "...".
// For every peer byte that goes to a reply, a terminal or a person.
std::string escape_text(std::string_view text, std::size_t bytes_max = 128);
void append_json_string(std::string& out, std::string_view text);  // with quotes; bad UTF-8 as \ufffd

Result<std::int64_t> parse_integer(std::string_view text);          // whole text, decimal
Result<Duration> parse_duration(std::string_view text);             // "500ms" "30s" "5m" "4h" "5d"
Result<std::int64_t> parse_bytes(std::string_view text);            // "4096" "64KiB" "25MiB" "2GiB"
std::string format_duration(Duration duration);                     // "5m", "1h30m", "250ms"
std::string format_bytes(std::uint64_t bytes);                      // "38.2 MiB"
std::string format_utc(UtcTime at);                                 // 2026-01-06T11:02:10.123Z
std::string format_mail_date(UtcTime at);                           // RFC 5322 3.3, +0000

// The known word nearest to `word` by edit distance (at most 3 edits away), or empty.
std::string nearest_word(std::string_view word, const std::vector<std::string>& known);

// An address or network in text form: "192.0.2.7", "2001:db8::1", "10.0.0.0/8".
struct Network {
  std::uint8_t bytes[16] = {};  // IPv4 as ::ffff:a.b.c.d
  int prefix_bits = 128;        // counted in the 16-byte form
};
Result<Network> parse_network(std::string_view text);
bool contains(const Network& network, std::string_view address);  // false when not an address
bool is_ip_address(std::string_view text);

}  // namespace hanse
