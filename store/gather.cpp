// SPDX-License-Identifier: Apache-2.0
#include "store/gather.h"

#include <algorithm>

#include "server/base/limits.h"

namespace hanse::store {

namespace {

// Now and then a little more is hoped for, since sessions that fell out of step show in no count.
constexpr unsigned hope_every = 16;

}  // namespace

Gather::Plan Gather::plan(const Inbox::Content& content, Instant now, Duration idle) const {
  const bool full =
      content.accepts + content.questions + content.notes >= limits::commit_items_max;
  if (full) return {true, {}, {}};
  if (content.accepts == 0 && content.questions == 0) {
    if (content.notes == 0) return {false, {1, 1, 1, 1}, idle};
    const Duration left = content.oldest_note + limits::settle_wait_max - now;
    return {left <= Duration{0}, {1, 1, 0, 1}, left};
  }
  const Instant since = std::max(content.oldest_accept, free_since_);
  const Duration left = since + limits::commit_wait_max - now;
  const bool waits = content.accepts > 0 && content.accepts < goal_ && left > Duration{0};
  return {!waits, {goal_, 0, 0, 1}, left};
}

void Gather::committed(std::size_t accepts, Instant now) {
  free_since_ = now;
  if (accepts == 0) return;
  if (accepts < goal_) {
    // Forgotten slowly: under load one small gathering says little about the next.
    reached_ = 0;
    goal_ = accepts == 1 ? 1 : std::max(accepts, goal_ - 1 - goal_ / 8);
    return;
  }
  goal_ = accepts;
  if (goal_ == 1 || ++reached_ < hope_every) return;
  reached_ = 0;
  goal_ = std::min(goal_ + 1 + goal_ / 8, limits::commit_items_max);
}

}  // namespace hanse::store
