// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace hanse::smtp {

// What a server says it can do, from its reply to EHLO. After HELO: nothing.
struct Offer {
  bool pipelining = false;           // RFC 2920
  bool eight_bit = false;            // RFC 6152
  bool chunking = false;             // RFC 3030
  bool size = false;                 // RFC 1870
  bool starttls = false;             // RFC 3207
  std::uint64_t size_max = 0;        // 0: not said
  std::size_t recipients_max = 0;    // LIMITS RCPTMAX (RFC 9422); 0: not said
};

// `text` is that of the reply: its first line is the greeting, then one keyword a line.
Offer parse_offer(std::string_view text);

}  // namespace hanse::smtp
