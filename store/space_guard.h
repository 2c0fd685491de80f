// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "server/base/log.h"
#include "server/base/metrics.h"
#include "store/disk.h"

namespace hanse::store {

// Watches the free space of the data directory (D9): low below the limit, good again only at 1.2
// times the limit. Looks at the disk at most once a second. Thread: the store's.
class SpaceGuard {
 public:
  SpaceGuard(Disk& disk, std::string directory, std::uint64_t free_min_bytes, Log& log,
             Metrics& metrics);

  void look(Instant now);
  bool low() const { return low_; }
  // What may still come before the limit is reached, at the last look.
  std::uint64_t room_bytes() const { return low_ ? 0 : room_bytes_; }

 private:
  std::uint64_t least_bytes(const Disk::Space& space) const;
  bool below(const Disk::Space& space, double factor) const;

  Disk& disk_;
  const std::string directory_;
  const std::uint64_t free_min_bytes_;
  Log& log_;
  Gauge& free_bytes_;
  Instant next_{};
  std::uint64_t room_bytes_ = UINT64_MAX;
  bool low_ = false;
};

}  // namespace hanse::store
