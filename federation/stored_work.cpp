// SPDX-License-Identifier: Apache-2.0
#include "federation/stored_work.h"

#include <algorithm>

#include "server/base/limits.h"

namespace hanse {

namespace {

std::chrono::milliseconds as_wall(Duration wait) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(wait);
}

}  // namespace

void StoredWork::due_now() {
  due_ = true;
  ++changes_;
}

void StoredWork::due_at(UtcTime when, Duration wait_max) {
  const Duration left = std::chrono::duration_cast<Duration>(when - clock_.utc());
  const Instant at = clock_.now() + std::clamp(left, Duration::zero(), wait_max);
  ++waits_;
  if (at >= due_at_) return;
  due_at_ = at;
  // No schedule reaches that far: the wall has jumped back, and took everything with it that was
  // put down around the same time.
  due_wall_ = left > wait_max ? when + as_wall(wait_max) : when;
}

void StoredWork::due_after(Duration wait) {
  const Instant at = clock_.now() + wait;
  ++waits_;
  if (at >= due_at_) return;
  due_at_ = at;
  due_wall_ = clock_.utc() + as_wall(wait);
}

void StoredWork::pause(Duration wait) { paused_until_ = clock_.now() + wait; }

void StoredWork::tick(Instant now) {
  if (now < due_at_) return;
  // The wait is over whatever the wall says now; the store compares with the wall.
  claim_as_of_ = std::max(claim_as_of_, due_wall_);
  due_at_ = Instant::max();
  due_now();
}

Instant StoredWork::next() const {
  // What is due and not paused waits for room in the lane: some other event, not a time.
  const bool paused = due_ && !claiming() && paused_until_ > clock_.now();
  return paused ? std::min(paused_until_, due_at_) : due_at_;
}

void StoredWork::claim(std::size_t most, Duration wait_max, bool in_order,
                       std::function<void(std::vector<Work>)> reply) {
  *claiming_ = true;
  queue_.claim(protocol_, lane_, most, std::max(clock_.utc(), claim_as_of_), in_order,
               [this, asked = Asked{changes_, waits_, wait_max}, reply = std::move(reply),
                alive = std::weak_ptr(claiming_)](Result<Queue::Claimed> claimed) {
                 if (alive.expired()) return;
                 std::vector<Work> work;
                 hear(std::move(claimed), asked, work);
                 reply(std::move(work));
               });
}

void StoredWork::hear(Result<Queue::Claimed> claimed, const Asked& asked,
                      std::vector<Work>& work) {
  *claiming_ = false;
  if (!claimed) return pause(limits::claim_pause);
  waiting_ = claimed->waiting;
  work = std::move(claimed->work);
  const bool nothing_more = work.empty() || waiting_ == 0;
  if (nothing_more && asked.changes == changes_) {
    due_ = false;
    claim_as_of_ = UtcTime{};
    // What there was to wait for has come before its time.
    if (waiting_ == 0 && asked.waits == waits_) due_at_ = Instant::max();
  }
  if (claimed->next) due_at(*claimed->next, asked.wait_max);
}

}  // namespace hanse
