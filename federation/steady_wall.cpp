// SPDX-License-Identifier: Apache-2.0
#include "federation/steady_wall.h"

#include <algorithm>

namespace hanse {

void SteadyWall::anchor() {
  anchor_ = clock_.now();
  anchor_wall_ = clock_.utc();
  jumped_at_ = Instant::max();
}

UtcTime SteadyWall::steady() const {
  return anchor_wall_ +
         std::chrono::duration_cast<std::chrono::milliseconds>(clock_.now() - anchor_);
}

UtcTime SteadyWall::now() {
  const UtcTime utc = clock_.utc();
  if (utc <= steady() + limits::jump_least) {
    jumped_at_ = Instant::max();
    return utc;  // no jump, a small one, or one back, which makes nothing old
  }
  if (jumped_at_ == Instant::max()) jumped_at_ = clock_.now();
  if (clock_.now() - jumped_at_ >= limits::jump_kept) anchor();
  return std::min(utc, steady());
}

UtcTime SteadyWall::now_for(UtcTime accepted) {
  const UtcTime judged = now();
  return accepted > judged ? std::max(clock_.utc(), judged) : judged;
}

}  // namespace hanse
