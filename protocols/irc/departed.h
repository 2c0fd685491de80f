// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "protocols/irc/limits.h"
#include "protocols/irc/timestamps.h"

namespace hanse::irc {

// Who left a network by our hand, or lost a name there, a moment ago: by nick and id. Lines in
// their name, or about them, may be under way yet, and are nobody's fault. Remembers for one to two
// times departed_seconds, and the last ones if they are too many.
class Departed {
 public:
  void add(std::string_view word, Timestamp now) {
    if (word.empty()) return;
    if (now - since_ >= limits::departed_seconds || recent_.size() >= limits::departed_most) {
      before_ = now - since_ >= 2 * limits::departed_seconds ? Words() : std::move(recent_);
      recent_.clear();
      since_ = now;
    }
    recent_.emplace(word);
  }
  bool has(std::string_view word, Timestamp now) const {
    const Timestamp age = now - since_;
    return (age < 2 * limits::departed_seconds && recent_.contains(word)) ||
           (age < limits::departed_seconds && before_.contains(word));
  }

 private:
  using Words = std::set<std::string, std::less<>>;
  Words recent_, before_;
  Timestamp since_ = 0;
};

}  // namespace hanse::irc
