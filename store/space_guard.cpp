// SPDX-License-Identifier: Apache-2.0
#include "store/space_guard.h"

#include <algorithm>

#include "store/disk_floor.h"

namespace hanse::store {

namespace {

constexpr Duration look_every = std::chrono::seconds(1);
constexpr std::uint64_t free_min_default_bytes = 2ull << 30;
constexpr std::uint64_t free_min_default_part = 20;   // 5 %
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
  const std::uint64_t least = least_bytes(*space);
  room_bytes_ = space->free_bytes - std::min(space->free_bytes, least);
  const bool was_low = low_;
  low_ = below(*space, low_ ? good_again_factor : 1.0);
  if (low_ == was_low) return;
  log_.write(low_ ? Level::warning : Level::info, low_ ? "store.disk_low" : "store.disk_ok",
             low_ ? "new messages are refused until there is space again"
                  : "new messages are accepted again",
             {{"free_bytes", static_cast<std::int64_t>(space->free_bytes)},
              {"free_inodes", static_cast<std::int64_t>(space->free_inodes)}});
}

std::uint64_t disk_floor(std::uint64_t wished, std::uint64_t total_bytes) {
  if (wished != 0) return wished;
  return std::max(free_min_default_bytes, total_bytes / free_min_default_part);
}

std::uint64_t SpaceGuard::least_bytes(const Disk::Space& space) const {
  return disk_floor(free_min_bytes_, space.total_bytes);
}

bool SpaceGuard::below(const Disk::Space& space, double factor) const {
  const double least = static_cast<double>(least_bytes(space));
  if (static_cast<double>(space.free_bytes) < least * factor) return true;
  const double inodes = static_cast<double>(space.total_inodes);
  return space.total_inodes != 0 &&
         static_cast<double>(space.free_inodes) < inodes * free_inodes_min_share * factor;
}

}  // namespace hanse::store
