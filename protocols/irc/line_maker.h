// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "protocols/irc/line.h"

namespace hanse::irc {

// Lines of a dialect, appended to what goes out. False: a part of it fits no line, and nothing was
// appended.
class LineMaker {
 public:
  explicit LineMaker(std::string& out) : out_(out) {}

  bool words(std::string_view source, std::string_view command,
             std::initializer_list<std::string_view> middle) {
    return put({{}, source, command, {middle.begin(), middle.size()}, {}, false});
  }
  bool text(std::string_view source, std::string_view command,
            std::initializer_list<std::string_view> middle, std::string_view trailing) {
    return put({{}, source, command, {middle.begin(), middle.size()}, trailing, true});
  }
  bool many(std::string_view source, std::string_view command,
            std::span<const std::string_view> middle) {
    return put({{}, source, command, middle, {}, false});
  }
  bool many(std::string_view source, std::string_view command,
            std::span<const std::string_view> middle, std::string_view trailing) {
    return put({{}, source, command, middle, trailing, true});
  }

 private:
  bool put(const Draft& draft) { return append_line(out_, draft).has_value(); }

  std::string& out_;
};

}  // namespace hanse::irc
