// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "server/base/limits.h"

// Bounds of this folder that are no settings; those that were here before it are in
// server/base/limits.h.
namespace hanse::smtp {

// Commands and addresses
constexpr std::size_t command_line_octets_max = 4096;         // S-2, with CRLF
constexpr std::size_t command_eaten_octets_max = 64 * 1024;   // S-2: then the session ends
constexpr std::size_t local_part_octets_max = 64;             // RFC 5321 4.5.3.1.1
constexpr std::size_t domain_octets_max = 255;                // RFC 5321 4.5.3.1.2
constexpr std::size_t label_octets_max = 63;                  // RFC 1035 2.3.4
constexpr std::size_t path_octets_max = 256;                  // RFC 5321 4.5.3.1.3

// Messages
constexpr std::size_t text_line_octets_max = 998;             // D-5, RFC 5322 2.1.1; without CRLF
constexpr std::size_t long_text_line_octets_max = 64 * 1024;  // D-5 with long_lines = accept
constexpr std::size_t header_octets_max = limits::body_memory_bytes_max;
constexpr std::size_t header_fields_max = 1000;
constexpr std::size_t header_name_octets_max = 256;
constexpr std::size_t text_id_octets_max = 998;               // of a Message-ID
constexpr std::size_t session_reply_kept_octets_max = 512;    // of the buffer of an idle session

// Sending
constexpr std::size_t reply_line_octets_max = 4096;           // C-4
constexpr std::size_t reply_octets_max = 64 * 1024;           // C-4
constexpr std::size_t reply_lines_max = 100;                  // C-4
constexpr std::size_t reply_kept_octets_max = 1024;           // of its text, with each outcome
constexpr Duration quit_wait = std::chrono::seconds(5);       // C-5
constexpr std::size_t deliveries_open_max = 2;                // begun at once
constexpr std::size_t chunk_octets_max = 1024 * 1024;         // C-2
constexpr std::size_t reply_shown_octets_max = 800;           // within one line of 998

// Discovery
constexpr std::size_t mx_hosts_max = 20;                      // M-9
constexpr std::size_t hosts_asked_at_once = 5;                // whose addresses, in one go
constexpr std::size_t addresses_enough = 5;                   // no attempt dials more (M-9)
constexpr Duration no_name_wait = std::chrono::seconds(1);    // M-13

}  // namespace hanse::smtp
