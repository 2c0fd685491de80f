// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "federation/ports.h"
#include "server/base/limits.h"

namespace hanse {

// The memory the lanes of one shard may fill with bodies. Thread: the shard.
class BodyBudget {
 public:
  static std::uint64_t cost(const Work& work) {
    return work.body.bytes == nullptr ? 0 : work.body.bytes->size();
  }
  bool fits(const Work& work) const {
    return used_bytes_ + cost(work) <= limits::bodies_in_memory_bytes_max;
  }
  void add(const Work& work) { used_bytes_ += cost(work); }
  void remove(const Work& work) { used_bytes_ -= cost(work); }
  std::uint64_t used_bytes() const { return used_bytes_; }

 private:
  std::uint64_t used_bytes_ = 0;
};

}  // namespace hanse
