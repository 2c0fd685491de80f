// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace hanse::irc::limits {

// Lines (irc 1.2-1.5). Bytes never count the CR LF.
constexpr std::size_t tag_section_bytes_max = 8191;       // with its '@' and its space
constexpr std::size_t tags_max = 30;                      // what a TS6 peer may send on one line
constexpr std::size_t body_read_bytes_max = 16 * 1024;
constexpr std::size_t body_write_bytes_max = 510;
constexpr std::size_t body_long_write_bytes_max = 480;    // where a dialect lets lines be split
constexpr std::size_t parameters_max = 64;
constexpr std::size_t parameters_strict_max = 15;         // RFC 2812 2.3.1, TS6
constexpr std::size_t lines_per_message_max = 8;
constexpr std::size_t mode_parameters_max = 12;

// Timestamps (irc 4.3)
constexpr std::int64_t timestamp_seconds_min = 600;       // below this it is no date
constexpr std::int64_t saved_nick_timestamp_seconds = 100;

// One network (irc 7). A peer that goes beyond them is refused, not the node brought down.
constexpr std::size_t servers_per_network_max = 1024;
constexpr std::size_t users_per_network_max = 500'000;
constexpr std::size_t channels_per_network_max = 200'000;
constexpr std::size_t channels_per_user_max = 1000;

}  // namespace hanse::irc::limits
