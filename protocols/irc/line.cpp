// SPDX-License-Identifier: Apache-2.0
#include "protocols/irc/line.h"

#include <algorithm>

#include "server/base/text.h"

namespace hanse::irc {
namespace {

Error bad(std::string_view what) { return {Fault::never, std::string(what)}; }

std::string_view take_word(std::string_view& rest) {
  const std::string_view word = rest.substr(0, rest.find(' '));
  rest.remove_prefix(word.size());
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  return word;
}

}  // namespace

Result<void> parse_line(std::string_view text, std::size_t parameters_most, Line& line) {
  line.tags = line.source = {};
  line.parameters = 0;
  const std::size_t most = std::min(parameters_most, limits::parameters_max);
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  if (text.starts_with('@')) line.tags = take_word(text).substr(1);
  if (text.starts_with(':')) line.source = take_word(text).substr(1);
  line.command = take_word(text);
  if (line.command.empty()) return bad("a line without a command");
  while (!text.empty()) {
    if (text.starts_with(':') || line.parameters + 1 == most) {
      line.parameter[line.parameters++] = text.substr(text.starts_with(':') ? 1 : 0);
      break;
    }
    line.parameter[line.parameters++] = take_word(text);
  }
  return {};
}

void append_tag_value(std::string& out, std::string_view value) {
  for (const char byte : value) {
    switch (byte) {
      case ';': out += "\\:"; break;
      case ' ': out += "\\s"; break;
      case '\\': out += "\\\\"; break;
      case '\r': out += "\\r"; break;
      case '\n': out += "\\n"; break;
      case '\0': break;
      default: out += byte;
    }
  }
}

void LineSplitter::add(std::string_view bytes) {
  if (fault_ != Found::nothing) return;
  held_.erase(0, start_);
  scanned_ -= start_;
  start_ = 0;
  held_ += bytes;
}

void LineSplitter::start_line() {
  start_ = scanned_;
  section_bytes_ = 0;
  in_tags_ = after_cr_ = false;
}

// Every byte is judged by what came before it alone, so the pieces cannot change the answer.
LineSplitter::Found LineSplitter::step(char byte) {
  if (byte == '\0') return Found::nul;
  if (byte == '\n') return Found::line;
  if (after_cr_) return Found::stray_cr;  // irc 1.1
  if (byte == '\r') {
    after_cr_ = true;
    return Found::nothing;
  }
  if (byte == '@' && scanned_ == start_) in_tags_ = true;
  const std::size_t most = in_tags_ ? limits::tag_section_bytes_max : body_bytes_most_;
  if (++section_bytes_ > most) return Found::oversize;  // irc 1.2
  if (in_tags_ && byte == ' ') {
    in_tags_ = false;
    section_bytes_ = 0;
  }
  return Found::nothing;
}

LineSplitter::Found LineSplitter::next(std::string_view& line) {
  while (fault_ == Found::nothing && scanned_ < held_.size()) {
    const Found found = step(held_[scanned_]);
    if (found == Found::line) {
      line = std::string_view(held_).substr(start_, scanned_ - start_ - (after_cr_ ? 1 : 0));
      ++scanned_;
      start_line();
      if (!line.empty()) return Found::line;
      continue;
    }
    if (found != Found::nothing) {
      fault_ = found;
      held_.clear();
      start_ = scanned_ = 0;
      break;
    }
    ++scanned_;
  }
  return fault_;
}

}  // namespace hanse::irc
