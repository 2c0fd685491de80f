// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace hanse::smtp {

// Classes of octets, independent of any locale.
constexpr bool is_letter_or_digit(char octet) {
  return (octet >= 'a' && octet <= 'z') || (octet >= 'A' && octet <= 'Z') ||
         (octet >= '0' && octet <= '9');
}
constexpr bool is_printable(char octet) { return octet >= 32 && octet <= 126; }

// RFC 5322 3.2.3
constexpr bool is_atext(char octet) {
  return is_letter_or_digit(octet) ||
         (octet != '\0' && std::string_view("!#$%&'*+-/=?^_`{|}~").find(octet) !=
                               std::string_view::npos);
}

inline bool has_high_octet(std::string_view text) {
  constexpr std::uint64_t high_bits = 0x8080808080808080u;
  std::uint64_t seen = 0;
  const char* at = text.data();
  std::size_t left = text.size();
  for (; left >= sizeof seen; at += sizeof seen, left -= sizeof seen) {
    std::uint64_t octets;
    std::memcpy(&octets, at, sizeof octets);
    seen |= octets;
  }
  for (; left > 0; ++at, --left) seen |= static_cast<unsigned char>(*at);
  return (seen & high_bits) != 0;
}

}  // namespace hanse::smtp
