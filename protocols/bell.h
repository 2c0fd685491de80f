// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "server/base/executor.h"

namespace hanse {

// How one engine has the attention of another of its protocol (Protocol::one_home): it leaves
// something for it in their hub and rings. Whoever heeds the bell is answered soon, in a turn of
// its own; a ring that nobody waits for is remembered. Thread: their one shard.
class Bell : public std::enable_shared_from_this<Bell> {
 public:
  void ring() {
    rung_ = true;
    answer();
  }
  // At most one waits. The answer never comes from inside a call.
  void wait(std::shared_ptr<ShardDoor> home, std::function<void()> heard) {
    home_ = std::move(home);
    heard_ = std::move(heard);
    if (rung_) answer();
  }

 private:
  void answer() {
    Executor* const executor = heard_ && !posted_ ? home_->executor.load() : nullptr;
    if (executor == nullptr) return;
    posted_ = true;
    executor->post([self = shared_from_this()] {
      self->posted_ = self->rung_ = false;
      if (self->heard_) std::exchange(self->heard_, nullptr)();
    });
  }

  std::shared_ptr<ShardDoor> home_;
  std::function<void()> heard_;
  bool rung_ = false, posted_ = false;
};

}  // namespace hanse
