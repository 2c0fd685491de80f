// SPDX-License-Identifier: Apache-2.0
#include "store/space_guard.h"

#include <algorithm>

namespace hanse::store {

namespace {

constexpr Duration look_every = std::chrono::seconds(1);
constexpr std::uint64_t free_min_default_bytes = 2ull << 30;
constexpr double free_min_default_share = 0.05;
constexpr double free_inodes_min_share = 0.05;
constexpr double good_again_factor = 1.2;

}  // namespace

SpaceGuard::SpaceGuard(Disk& disk, std::string directory, std::uint64_t free_min_bytes, Log& log,
                       Metrics& metrics)
    : disk_(disk),
      directory_(std::move(directory)),
      free_min_bytes_(free_min_bytes),
      log_(log),
      free_bytes_(metrics.gauge("hanse_disk_free_bytes", "Free bytes of the data directory.")) {}

void SpaceGuard::look(Instant now) {
  if (now < next_) return;
  next_ = now + look_every;
  const Result<Disk::Space> space = disk_.space(directory_);
  if (!space) return;
  free_bytes_.set(static_cast<double>(space->free_bytes));
  const bool was_low = low_;
  low_ = below(*space, low_ ? good_again_factor : 1.0);
  if (low_ == was_low) return;
  log_.write(low_ ? Level::warning : Level::info, low_ ? "store.disk_low" : "store.disk_ok",
             low_ ? "new messages are refused until there is space again"
                  : "new messages are accepted again",
             {{"free_bytes", static_cast<std::int64_t>(space->free_bytes)},
              {"free_inodes", static_cast<std::int64_t>(space->free_inodes)}});
}

bool SpaceGuard::below(const Disk::Space& space, double factor) const {
  const double total = static_cast<double>(space.total_bytes);
  const double least = free_min_bytes_ != 0
                           ? static_cast<double>(free_min_bytes_)
                           : std::max(static_cast<double>(free_min_default_bytes),
                                      total * free_min_default_share);
  if (static_cast<double>(space.free_bytes) < least * factor) return true;
  const double inodes = static_cast<double>(space.total_inodes);
  return space.total_inodes != 0 &&
         static_cast<double>(space.free_inodes) < inodes * free_inodes_min_share * factor;
}

}  // namespace hanse::store
