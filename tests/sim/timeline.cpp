// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/timeline.h"

#include <algorithm>

namespace hanse::sim {

namespace {

constexpr std::uint64_t fnv_prime = 0x100000001b3u;

}  // namespace

Timeline::Key Timeline::at(Instant when, std::function<void()> work) {
  const Key key = next_++;
  const Instant due = std::max(when, now_);
  due_.emplace(std::pair(due, key), std::move(work));
  when_.emplace(key, due);
  return key;
}

void Timeline::cancel(Key key) {
  const auto found = when_.find(key);
  if (found == when_.end()) return;
  // The work is destroyed last: its destructor may cancel or add more.
  auto node = due_.extract(std::pair(found->second, key));
  when_.erase(found);
}

bool Timeline::step(Instant end) {
  if (due_.empty() || due_.begin()->first.first >= end) {
    if (end > now_ && end != Instant::max()) now_ = end;
    return false;
  }
  const auto node = due_.extract(due_.begin());
  now_ = node.key().first;
  when_.erase(node.key().second);
  ++steps_;
  node.mapped()();
  return true;
}

void Timeline::mix(std::string_view what) {
  for (const char byte : what) {
    digest_ ^= static_cast<unsigned char>(byte);
    digest_ *= fnv_prime;
  }
  mix(what.size());
}

void Timeline::mix(std::uint64_t what) {
  digest_ ^= what;
  digest_ *= fnv_prime;
}

SimExecutor::~SimExecutor() {
  // A work may hold the last reference to something that cancels timers: take one by one.
  while (!pending_.empty()) {
    const Timeline::Key key = *pending_.begin();
    pending_.erase(pending_.begin());
    timeline_.cancel(key);
  }
}

void SimExecutor::cancel(TimerKey key) {
  if (pending_.erase(key) > 0) timeline_.cancel(key);
}

TimerKey SimExecutor::later(Instant when, std::function<void()> work) {
  const Timeline::Key key = timeline_.upcoming_key();
  pending_.insert(key);
  timeline_.at(when, [this, key, work = std::move(work)] {
    pending_.erase(key);
    work();
  });
  return key;
}

}  // namespace hanse::sim
