// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hanse {

std::string hex(std::string_view bytes);                          // lower case
std::optional<std::string> hex_decode(std::string_view text);     // either case

// RFC 4648 4, with padding, on one line.
std::string base64(std::string_view bytes);
// Strict: exactly what base64() writes for some octets, so that a value has one spelling.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace hanse
