// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/smtp/limits.h"

namespace hanse::smtp {

// Cuts input into command lines at CRLF and nothing else (S-1), whatever the segmentation.
// Memory does not grow with the line: what is over the limit is counted and forgotten.
class CommandLines {
 public:
  enum class Kind : std::uint8_t {
    none,      // the input ended within a line
    line,      // text() without CRLF
    too_long,  // a line over the limit has ended
    endless,   // no end within command_eaten_octets_max
  };

  Kind next(std::string_view& input);   // takes from the front of `input`
  std::string_view text() const { return text_; }   // until the next call of next()
  void clear();

 private:
  Kind finish(std::string_view last);

  std::string partial_;
  std::string_view text_;
  std::size_t octets_ = 0;       // of the unfinished line
  bool after_cr_ = false;        // its last octet is CR
};

enum class LineFault : std::uint8_t {
  none,
  controls,        // an octet below 32 that is not HTAB: 500 (S-3)
  tab_in_argument, // 501 (S-3)
  high_octet,      // above 127: for MAIL and RCPT to judge, 501 elsewhere
};

struct CommandLine {
  LineFault fault = LineFault::none;
  std::string_view verb, argument;   // argument without blanks at its end
};
CommandLine parse_command_line(std::string_view text);

struct Parameter {
  std::string_view keyword, value;
  bool has_value = false;
};
// " KEYWORD=value KEYWORD" behind a path. False on bad syntax or a keyword given twice (S-13).
bool parse_parameters(std::string_view text, std::vector<Parameter>& out);

// The text behind "FROM:" or "TO:" with one blank tolerated (S-4); false when the word is absent.
bool take_path_word(std::string_view& argument, std::string_view word);

}  // namespace hanse::smtp
