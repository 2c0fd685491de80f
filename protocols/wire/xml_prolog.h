// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocols/wire/xml_stream.h"

namespace hanse::xml {

// What may stand before the root of a stream: a byte order mark, an XML declaration, white space.
// Checked here, because the parser behind would follow a declared encoding or a foreign byte order
// mark. It never sees these bytes. White space before the declaration is tolerated: it is often
// the end of a line behind the last element of the stream before this one.
class Prolog {
 public:
  struct Taken {
    std::size_t bytes = 0;
    std::size_t space = 0;             // of these
    bool root = false;                 // "<" of the root is taken, what follows it is not
    std::optional<StreamFault> fault;
  };
  Taken take(std::string_view bytes);

 private:
  enum class At : std::uint8_t { mark, space, opened, declaration };

  std::optional<StreamFault> on_mark(unsigned char octet, Taken& taken);
  std::optional<StreamFault> on_space(char byte, Taken& taken);
  std::optional<StreamFault> on_opened(char byte, Taken& taken);
  std::optional<StreamFault> on_declaration(char byte);

  At at_ = At::mark;
  std::string held_;         // the start of a mark, or of a declaration
  std::size_t seen_ = 0;     // bytes, as far as it matters
  bool declared_ = false;
};

}  // namespace hanse::xml
