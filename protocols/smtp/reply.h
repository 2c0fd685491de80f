// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "protocols/smtp/limits.h"

namespace hanse::smtp {


// One complete reply of a server.
struct Reply {
  int code = 0;               // 200..599
  std::string status;         // enhanced status code (RFC 2034) where it fits the code, or empty
  std::string text;           // what follows the code; lines are separated by '\n'

  bool positive() const { return code / 100 == 2; }
  bool permanent() const { return code / 100 == 5; }
};

// "250 2.0.0 queued": one line for people; the lines of a long reply are joined by spaces, and
// what is kept with each recipient is cut.
std::string to_text(const Reply& reply);

// The enhanced code the text begins with, if its class is that of `code`; otherwise empty.
std::string enhanced_status(int code, std::string_view text);

// Puts replies together from whatever segments arrive. Bounded; after `broken` it is of no use.
class ReplyReader {
 public:
  enum class Next : std::uint8_t { more, reply, broken };

  // Takes bytes from the front of `bytes` up to the end of one reply at most; what follows that
  // reply stays in `bytes`.
  Next next(std::string_view& bytes, Reply& out);
  std::string_view why() const { return why_; }   // after `broken`

 private:
  Next take_line(std::string_view line, Reply& out);
  Next fail(std::string_view why);

  std::string held_;          // the beginning of a line
  Reply reply_;               // the lines before it
  std::size_t lines_ = 0;
  std::string_view why_;
};

}  // namespace hanse::smtp
