// SPDX-License-Identifier: Apache-2.0
#include "protocols/smtp/outbound_content.h"

#include <cstring>

namespace hanse::smtp {

namespace {

Error refused(std::string_view what) {
  return Error{Fault::never, "message cannot be sent: " + std::string(what)};
}

// Position of `c` in [from, to), or `to`.
std::size_t find_in(std::string_view text, char c, std::size_t from, std::size_t to) {
  const void* hit = std::memchr(text.data() + from, c, to - from);
  if (hit == nullptr) return to;
  return static_cast<std::size_t>(static_cast<const char*>(hit) - text.data());
}

}  // namespace

Result<void> Stuffer::append(std::string_view piece, std::string& out) {
  if (piece.find('\0') != std::string_view::npos) return refused("NUL");
  std::size_t copied = 0;
  for (std::size_t at = 0; at < piece.size();) {
    if (dots_ && line_octets_ == 0 && !after_cr_ && piece[at] == '.') {
      out.append(piece, copied, at - copied).append(1, '.');
      copied = at;
    }
    const std::size_t lf = find_in(piece, '\n', at, piece.size());
    const std::size_t cr = find_in(piece, '\r', at, lf);
    if (after_cr_ && lf != at) return refused("bare CR");
    if (cr + 1 < lf) return refused("bare CR");
    line_octets_ += cr - at;
    if (line_octets_ > line_octets_max_) return refused("line too long");
    if (lf == piece.size()) {        // the line goes on in the next piece
      after_cr_ = cr < lf;
      break;
    }
    if (cr == lf && !after_cr_) return refused("bare LF");
    line_octets_ = 0;
    after_cr_ = false;
    at = lf + 1;
  }
  out.append(piece, copied, piece.size() - copied);
  return {};
}

Result<void> Stuffer::finish(std::string& out) {
  if (after_cr_) return refused("bare CR");
  if (line_octets_ > 0) out.append("\r\n");   // RFC 5321 4.1.1.4: the dot stands on its own line
  if (dots_) out.append(".\r\n");
  return {};
}

}  // namespace hanse::smtp
