// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "server/base/time.h"

namespace hanse {

// How many works may be under way to one peer at once: one more per window of successes, half
// after a failure (operations section 2).
class Window {
 public:
  Window(std::size_t first, std::size_t most) { resize(first, most); }

  std::size_t size() const { return size_; }
  void resize(std::size_t first, std::size_t most) {
    most_ = std::max<std::size_t>(most, 1);
    size_ = std::clamp<std::size_t>(first, 1, most_);
    successes_ = 0;
  }
  void limit(std::size_t most) { resize(size_, most); }
  void succeeded() {
    if (++successes_ < size_) return;
    successes_ = 0;
    size_ = std::min(size_ + 1, most_);
  }
  void failed() {
    successes_ = 0;
    size_ = std::max<std::size_t>(size_ / 2, 1);
  }

 private:
  std::size_t size_ = 1, most_ = 1, successes_ = 0;
};

// After an outage: how many works may start, at most twice as many in each slot of ten seconds,
// so that a peer that has just come back is not buried under what waited for it.
class Ramp {
 public:
  void begin(Instant now);
  bool may_start(Instant now);
  void started() { ++started_; }
  Instant slot_end() const { return slot_end_; }  // when may_start() said no

 private:
  bool active_ = false;
  Instant slot_end_{};
  std::uint64_t allowed_ = 0, started_ = 0;
};

}  // namespace hanse
