// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include "server/base/time.h"

namespace hanse {

// A bounded box of immutable values from many threads to one owner. put() says no when full: the
// caller answers "overloaded" or keeps the work in the store; nothing is dropped in silence.
template <class T>
class Mailbox {
 public:
  explicit Mailbox(std::size_t items_max) : items_max_(items_max) {}

  // True when taken. `was_empty` tells a poster that it should wake the owner.
  bool put(T item, bool* was_empty = nullptr) {
    {
      std::lock_guard lock(mutex_);
      if (was_empty != nullptr) *was_empty = items_.empty();
      if (items_.size() >= items_max_) return false;
      items_.push_back(std::move(item));
    }
    filled_.notify_one();
    return true;
  }

  // Takes everything there is, at most `most`; does not wait.
  std::vector<T> take(std::size_t most) {
    std::lock_guard lock(mutex_);
    return take_locked(most);
  }

  // Waits until there is something, or until the time is over. Owner's thread only.
  std::vector<T> wait_and_take(std::size_t most, Duration wait_max) {
    std::unique_lock lock(mutex_);
    filled_.wait_for(lock, wait_max, [this] { return !items_.empty(); });
    return take_locked(most);
  }

  std::size_t size() const {
    std::lock_guard lock(mutex_);
    return items_.size();
  }

 private:
  std::vector<T> take_locked(std::size_t most) {
    std::vector<T> out;
    out.reserve(items_.size() < most ? items_.size() : most);
    while (!items_.empty() && out.size() < most) {
      out.push_back(std::move(items_.front()));
      items_.pop_front();
    }
    return out;
  }

  const std::size_t items_max_;
  mutable std::mutex mutex_;
  std::condition_variable filled_;
  std::deque<T> items_;
};

}  // namespace hanse
