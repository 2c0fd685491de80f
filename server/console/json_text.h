// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/base/time.h"

// JSON as the console speaks it. Nothing here throws: what is missing or has another type reads
// as empty, because the other side of the socket may be a newer version.
namespace hanse::console {

using Json = nlohmann::ordered_json;   // members stay in the order they are written

// One line without '\n'; ASCII only, so that no control character reaches a terminal.
std::string to_line(const Json& json);

// Refuses what is not JSON, is larger than `bytes_max` or nests deeper than limits::json_depth_max.
std::optional<Json> parse_json(std::string_view text, std::size_t bytes_max);

std::string text_of(const Json& object, std::string_view key);        // escaped for a terminal
std::string raw_text_of(const Json& object, std::string_view key);
std::int64_t number_of(const Json& object, std::string_view key);
bool flag_of(const Json& object, std::string_view key);
const Json& member_of(const Json& object, std::string_view key);      // null when missing

Json utc_or_null(const std::optional<UtcTime>& at);

}  // namespace hanse::console
