// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace hanse {

// The first character of `text`; length 0: there is none, or the bytes are no UTF-8.
struct Utf8Character {
  std::uint32_t point = 0;
  std::size_t length = 0;
};
Utf8Character read_utf8(std::string_view text);
bool is_utf8(std::string_view text);   // RFC 3629: no overlong forms, no surrogates

}  // namespace hanse
