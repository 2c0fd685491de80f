// SPDX-License-Identifier: Apache-2.0
#include "server/config/tree.h"

#include "server/base/limits.h"

namespace hanse::config {
namespace {

// Walks over a TOML text far enough to tell structure from strings and comments.
class Scanner {
 public:
  Scanner(std::string_view text, std::string_view file) : text_(text), file_(file) {}

  std::optional<Place> first_too_deep() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '#') skip_comment();
      else if (c == '"' || c == '\'') skip_string(c);
      else if (!step(c)) return Place{std::string(file_), line_, column_};
    }
    return std::nullopt;
  }

 private:
  // Dots of one key and open brackets are what a table tree grows by.
  bool step(char c) {
    if (c == '[' || c == '{') ++open_;
    if ((c == ']' || c == '}') && open_ > 0) --open_;
    if (c == '.') ++dots_;
    else if (c == '=' || c == ',' || c == '\n' || c == '{' || c == '[') dots_ = 0;
    if (open_ > limits::config_depth_max || dots_ > limits::config_depth_max) return false;
    advance(1);
    return true;
  }

  void skip_comment() {
    while (at_ < text_.size() && text_[at_] != '\n') advance(1);
  }

  void skip_string(char quote) {
    const std::string triple(3, quote);
    if (text_.substr(at_, 3) == triple) {
      advance(3);
      while (at_ < text_.size() && text_.substr(at_, 3) != triple) skip_one(quote);
      advance(3);
      return;
    }
    advance(1);
    while (at_ < text_.size() && text_[at_] != quote && text_[at_] != '\n') skip_one(quote);
    if (at_ < text_.size() && text_[at_] == quote) advance(1);
  }

  void skip_one(char quote) { advance(quote == '"' && text_[at_] == '\\' ? 2 : 1); }

  void advance(std::size_t count) {
    for (; count > 0 && at_ < text_.size(); --count, ++at_) {
      if (text_[at_] == '\n') {
        ++line_;
        column_ = 1;
      } else {
        ++column_;
      }
    }
  }

  std::string_view text_, file_;
  std::size_t at_ = 0, open_ = 0, dots_ = 0;
  std::uint32_t line_ = 1, column_ = 1;
};

}  // namespace

std::optional<Place> too_deep(std::string_view text, std::string_view file) {
  return Scanner(text, file).first_too_deep();
}

}  // namespace hanse::config
