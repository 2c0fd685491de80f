// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "federation/message.h"
#include "protocols/smtp/limits.h"

namespace hanse::smtp {


enum class PathFault : std::uint8_t {
  none,
  brackets,   // not a path in angle brackets
  syntax,     // brackets, but no address between them, or one over a limit
  non_ascii,  // well-formed UTF-8: an address for SMTPUTF8, which nobody asked for
  bad_utf8,
};

struct ParsedPath {
  PathFault fault = PathFault::none;
  Address address;          // canonical: local part unquoted, domain in lower case
  std::string_view rest;    // what follows the closing bracket
};

// Reverse-path of MAIL; `<>` gives the empty address. Source routes are dropped (S-5).
ParsedPath parse_sender_path(std::string_view text);
// Forward-path of RCPT; a bare `<postmaster>` in any case gives an empty domain (S-6).
ParsedPath parse_recipient_path(std::string_view text);

// "local@domain" without brackets, e.g. of a configuration or a test. False when not one.
bool parse_mailbox(std::string_view text, Address& address);

std::string mailbox_text(const Address& address);  // quoted again where needed (S-8)
std::string path_text(const Address& address);     // "<local@domain>", "<>" when empty

bool is_domain(std::string_view text);             // letters, digits, hyphens; limits of S-6
bool is_address_literal(std::string_view text);    // "[192.0.2.1]", "[IPv6:2001:db8::1]"; strict
bool is_greeting_name(std::string_view text);      // EHLO argument: S-10, underscores tolerated

}  // namespace hanse::smtp
