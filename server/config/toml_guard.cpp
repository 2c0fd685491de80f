// SPDX-License-Identifier: Apache-2.0
#include "server/config/tree.h"

#include "server/base/limits.h"

namespace hanse::config {
namespace {

// Walks over a TOML text far enough to tell structure from strings and comments.
class Scanner {
 public:
  Scanner(std::string_view text, std::string_view file) : text_(text), file_(file) {}

  std::optional<Problem> first_problem() {
    if (text_.starts_with("\xef\xbb\xbf")) at_ = 3;   // a byte order mark is allowed
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '[' && open_ == 0 && line_is_blank_ && !names_a_table()) {
        return here("not valid TOML: a table's name is missing here");
      }
      if (static_cast<unsigned char>(c) >= 0x80) {
        return here("not valid TOML: only ASCII may stand outside of quotes");
      }
      if (c != ' ' && c != '\t' && c != '\n') line_is_blank_ = false;
      if (c == '#') skip_comment();
      else if (c == '"' || c == '\'') skip_string(c);
      else if (!step(c)) return here("tables are nested too deeply here");
    }
    return std::nullopt;
  }

 private:
  Problem here(std::string what) const {
    return {{std::string(file_), line_, column_}, std::move(what)};
  }

  // Whether "[" or "[[" is followed by what a key may start with. "]" is left to the library,
  // which knows a better word for it.
  bool names_a_table() const {
    const std::size_t opened = text_.find_first_not_of(" \t", at_ + 1);
    if (opened == text_.npos) return true;
    const std::size_t name =
        text_[opened] == '[' ? text_.find_first_not_of(" \t", opened + 1) : opened;
    if (name == text_.npos) return true;
    const char c = text_[name];
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '_' || c == '-' || c == '"' || c == '\'' || c == ']';
  }

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
        line_is_blank_ = true;
      } else {
        ++column_;
      }
    }
  }

  std::string_view text_, file_;
  std::size_t at_ = 0, open_ = 0, dots_ = 0;
  std::uint32_t line_ = 1, column_ = 1;
  bool line_is_blank_ = true;   // so far
};

}  // namespace

std::optional<Problem> refused_unread(std::string_view text, std::string_view file) {
  return Scanner(text, file).first_problem();
}

}  // namespace hanse::config
