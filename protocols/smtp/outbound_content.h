// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "protocols/smtp/data.h"
#include "server/base/result.h"

namespace hanse::smtp {

// Turns a message, given in any pieces, into what stands between 354 and the end of data: dots at
// line starts are doubled (RFC 5321 4.5.2). In chunks there is neither (RFC 3030). Nothing leaves
// that C-3 forbids: bare CR, bare LF, NUL, over-long lines are Errors.
class Stuffer {
 public:
  explicit Stuffer(std::size_t line_max = text_line_octets_max, bool chunks = false)
      : line_octets_max_(line_max), dots_(!chunks) {}

  Result<void> append(std::string_view piece, std::string& out);
  Result<void> finish(std::string& out);   // the final dot, where dots have a meaning

 private:
  std::size_t line_octets_max_;
  bool dots_;
  std::size_t line_octets_ = 0;            // of the line that is open
  bool after_cr_ = false;
};

}  // namespace hanse::smtp
