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
constexpr bool is_high(char octet) { return static_cast<unsigned char>(octet) > 127; }

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

// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
inline bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = octet(at);
    const std::size_t more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    if ((first >= 0x80 && first < 0xc2) || first > 0xf4 || text.size() - at <= more) return false;
    for (std::size_t i = 1; i <= more; ++i) {
      if ((octet(at + i) & 0xc0) != 0x80) return false;
    }
    if (more > 1) {
      const unsigned char second = octet(at + 1);
      if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
          (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f))
        return false;
    }
    at += more + 1;
  }
  return true;
}

}  // namespace hanse::smtp
