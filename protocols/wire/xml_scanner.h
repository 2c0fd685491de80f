// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "protocols/wire/xml_stream.h"

namespace hanse::xml {

// Finds where the root's start tag, each top-level element and the root's end tag are over, by
// quotes, angle brackets and CDATA alone. That is exact for what is well-formed; what is not, the
// parser behind finds out. So the parser never gets a byte too many, and never an unfinished tag:
// it would look through all of it again for each further byte, and keep it without a bound.
class Scanner {
 public:
  enum class Seen : std::uint8_t { more, root, empty_root, element, end, fault };
  struct Scanned {
    std::size_t bytes = 0;  // up to the end of what was seen, or up to the fault
    Seen seen = Seen::more;
    std::optional<StreamFault> fault;
  };
  // Begins with the "<" of the root or of something at the top level.
  Scanned scan(std::string_view bytes, std::size_t attributes_max);

  // Bytes since the "<" of the tag that is not yet over; 0 when none is.
  std::size_t unfinished_bytes() const { return markup_bytes_; }
  bool in_cdata() const { return at_ == At::cdata; }

 private:
  enum class At : std::uint8_t { content, opened, start_tag, quoted, end_tag, marked, cdata };

  std::optional<StreamFault> on_opened(char byte);
  std::optional<StreamFault> on_start_tag(char byte, std::size_t attributes_max);
  std::optional<StreamFault> on_end_tag(char byte);
  std::optional<StreamFault> on_marked(char byte);
  void on_cdata(char byte);
  void start_is_over();
  std::size_t skip(std::string_view bytes) const;
  static std::size_t skip_in_tag(std::string_view bytes);

  At at_ = At::content;
  Seen seen_ = Seen::more;
  bool in_root_ = false;
  bool slash_ = false;            // in this start tag, outside of quotes: right before its end
  char quote_ = 0;
  std::size_t depth_ = 0;         // elements open inside the root
  std::size_t attributes_ = 0;    // of this start tag
  std::size_t matched_ = 0;       // bytes of "[CDATA[", or of "]]>"
  std::size_t markup_bytes_ = 0;
};

}  // namespace hanse::xml
