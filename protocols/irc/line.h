// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/irc/limits.h"
#include "server/base/result.h"

namespace hanse::irc {

// One line as its parts; all of them look into the text that was parsed.
struct Line {
  std::string_view tags;    // as written, without '@'; passing_tags reads them
  std::string_view source;  // without ':'; empty: the server at the other end of the link (1.6)
  std::string_view command;
  std::array<std::string_view, limits::parameters_max> parameter;
  std::size_t parameters = 0;

  std::span<const std::string_view> all() const { return {parameter.data(), parameters}; }
  std::string_view at(std::size_t index) const {  // empty when there are not that many
    return index < parameters ? parameter[index] : std::string_view();
  }
};

// `text` has no CR, LF or NUL (LineSplitter sees to it). The last parameter that is allowed takes
// the rest of the line, spaces and all, as RFC 2812 2.3.1 has it for the fifteenth.
Result<void> parse_line(std::string_view text, std::size_t parameters_most, Line& line);

struct Tag {
  std::string key;
  std::string value;
};
void append_tag_value(std::string& out, std::string_view value);  // escaped (1.3)

// Cuts a stream of bytes into lines, whichever way it comes in pieces. Keeps no more than one
// unfinished line and the last piece. A fault is final: the link must end.
class LineSplitter {
 public:
  enum class Found : std::uint8_t { line, nothing, nul, stray_cr, oversize };

  explicit LineSplitter(std::size_t body_bytes_most = limits::body_read_bytes_max)
      : body_bytes_most_(body_bytes_most) {}

  void add(std::string_view bytes);
  Found next(std::string_view& line);  // valid until the next add(); empty lines are left out

 private:
  Found step(char byte);
  void start_line();

  std::size_t body_bytes_most_;
  std::string held_;
  std::size_t start_ = 0;    // of the unfinished line
  std::size_t scanned_ = 0;  // everything before has been looked at
  std::size_t section_bytes_ = 0;
  bool in_tags_ = false;
  bool after_cr_ = false;
  Found fault_ = Found::nothing;
};

// What is to be written. No part of it can put a second line on the link: a name or parameter that
// is no single word is refused; in the trailing text CR and LF become spaces, and NUL goes.
struct Draft {
  std::span<const Tag> tags;
  std::string_view source;
  std::string_view command;
  std::span<const std::string_view> middle;
  std::string_view trailing;
  bool has_trailing = false;
};
// Appends the line and its CR LF. Only the trailing text is ever cut, on a character and, where
// that loses little, on a word; nothing is appended when the rest alone does not fit.
Result<void> append_line(std::string& out, const Draft& draft,
                         std::size_t body_bytes_most = limits::body_write_bytes_max);

// The length of the start of `text` that fits: whole characters, whole words if there is a space.
std::size_t cut_at_word(std::string_view text, std::size_t bytes_most);

// A message from elsewhere as lines of a channel (1.5): cut at CR and LF, then by length; without
// NUL and 0x01; empty lines left out. Beyond `lines_most` the last one says how many are missing.
std::vector<std::string> message_lines(std::string_view text, std::size_t bytes_most,
                                       std::size_t lines_most = limits::lines_per_message_max);

}  // namespace hanse::irc
