// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>

#include "server/base/time.h"

namespace hanse {

// A place where work runs one at a time: a shard in the daemon, the one thread of the simulator.
// Thread: post() from any thread; posted work runs on the executor's own thread, in order.
class Executor {
 public:
  virtual ~Executor() = default;
  virtual void post(std::function<void()> work) = 0;
};

// A shard's executor as the others hold it; null once that shard has been taken down.
struct ShardDoor {
  std::atomic<Executor*> executor{nullptr};
};

using TimerKey = std::uint64_t;

// Timers of one shard. Thread: the shard's own. A cancelled timer never runs.
class Timers {
 public:
  virtual ~Timers() = default;
  virtual TimerKey at(Instant when, std::function<void()> work) = 0;
  virtual void cancel(TimerKey key) = 0;
};

}  // namespace hanse
