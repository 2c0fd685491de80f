// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

#include "protocols/irc/limits.h"

namespace hanse::irc {

// How many lines of a peer are read (irc 7): so many in one turn, that the links of a node take
// turns; and where a rate is set, as many in a second, of which up to a second's may come at once.
// What is beyond stays unread, and its sender waits.
class LineBudget {
 public:
  void begin(std::uint64_t lines_per_second, Instant now) {
    rate_ = lines_per_second;
    credit_ = rate_ * line;
    at_ = now;
  }
  void new_turn() { lines_ = 0; }
  bool turn_over() const { return lines_ >= limits::lines_per_turn_max; }
  // Before each line; false: not now.
  bool take(Instant now) {
    if (turn_over()) return false;
    if (rate_ > 0) {
      const auto passed = std::min<Duration>(now - at_, std::chrono::seconds(1));
      const auto earned = static_cast<std::uint64_t>(passed.count()) * rate_;
      credit_ = std::min(rate_ * line, credit_ + earned);
      at_ = now;
      if (credit_ < line) return false;
      credit_ -= line;
    }
    ++lines_;
    return true;
  }

 private:
  // What one costs: a microsecond brings a credit of `rate_`.
  static constexpr std::uint64_t line = Duration(std::chrono::seconds(1)).count();

  std::uint64_t rate_ = 0, credit_ = 0;   // 0: no rate
  Instant at_{};
  std::size_t lines_ = 0;
};

}  // namespace hanse::irc
