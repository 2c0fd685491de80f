// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "federation/lane.h"

namespace hanse {

// What the store holds for one lane, as far as the lane knows: whether something is due, when
// the next thing will be, and the one claim that may be open. Waits are kept in elapsed time, so
// that a wall clock that jumps neither loses nor hurries anything (D8). Thread: one shard.
class StoredWork {
 public:
  StoredWork(const std::string& protocol, const std::string& lane, const LaneParts& parts)
      : protocol_(protocol), lane_(lane), clock_(parts.clock), queue_(parts.queue) {}

  void due_now();
  void due_at(UtcTime when, Duration wait_max);
  void due_after(Duration wait);
  void pause(Duration wait);               // no claim for a while
  void tick(Instant now);                  // what became due by now

  bool due() const { return due_; }
  bool claiming() const { return *claiming_; }
  bool may_claim(Instant now) const { return due_ && !claiming() && now >= paused_until_; }
  Instant next() const;                    // when tick() or a claim is worth while; max: never
  bool nothing() const { return !due_ && !claiming() && due_at_ == Instant::max(); }
  std::uint64_t waiting() const { return waiting_; }
  void set_waiting(std::uint64_t legs) { waiting_ = legs; }
  void went_back(std::size_t legs) { waiting_ += legs; }

  // The reply comes once, and not at all when this is gone.
  void claim(std::size_t most, Duration wait_max, bool in_order,
             std::function<void(std::vector<Work>)> reply);

 private:
  struct Asked {
    std::uint64_t changes, waits;          // when the question was put
    Duration wait_max;
  };
  void hear(Result<Queue::Claimed> claimed, const Asked& asked, std::vector<Work>& work);

  const std::string& protocol_;
  const std::string& lane_;
  const Clock& clock_;
  Queue& queue_;
  bool due_ = false;
  std::uint64_t changes_ = 0;              // times something became due: an older answer is stale
  std::uint64_t waits_ = 0;                // times something was to become due later
  Instant due_at_ = Instant::max(), paused_until_ = Instant::min();
  UtcTime due_wall_{};                     // what due_at_ was on the wall
  UtcTime claim_as_of_{};                  // claim at least as of this wall time
  std::uint64_t waiting_ = 0;
  std::shared_ptr<bool> claiming_ = std::make_shared<bool>(false);
};

}  // namespace hanse
