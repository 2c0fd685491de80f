// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/limits.h"
#include "server/base/time.h"

namespace hanse {

// The wall clock as it would be had it not jumped since this was made, for judging ages: a clock
// that is set ahead by days must not make fresh mail old (D8). A jump is forgotten after
// limits::jump_kept, when what was accepted before it has had its time. Thread: one shard.
class SteadyWall {
 public:
  explicit SteadyWall(const Clock& clock) : clock_(clock) { anchor(); }

  // For everything at once: never later than the wall, and not moved by a jump ahead.
  UtcTime now();
  // For one message: what was accepted after the jump is judged by the new time.
  UtcTime now_for(UtcTime accepted);

 private:
  void anchor();
  UtcTime steady() const;

  const Clock& clock_;
  Instant anchor_{}, jumped_at_ = Instant::max();
  UtcTime anchor_wall_{};
};

}  // namespace hanse
