// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "server/base/time.h"
#include "store/inbox.h"

namespace hanse::store {

// When to commit (D3). One waiter is served at once. With several the writer waits, for 2 ms after
// the first came or the last commit ended, until about as many are there as came together lately:
// sessions that wait for one commit answer in step, so their number is the number of the next.
// Results that nobody waits for stay a little longer, to ride with accepts. Pure.
class Gather {
 public:
  struct Plan {
    bool commit = false;
    Inbox::Content wanted;              // else: what ends the wait ...
    Duration most{0};                   // ... and when it is over
  };
  Plan plan(const Inbox::Content& content, Instant now, Duration idle) const;

  void committed(std::size_t accepts, Instant now);  // learn

 private:
  std::size_t goal_ = 1;
  Instant free_since_{};                // when the last commit ended
  unsigned reached_ = 0;                // commits in a row that had what was expected
};

}  // namespace hanse::store
