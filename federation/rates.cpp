// SPDX-License-Identifier: Apache-2.0
#include "federation/rates.h"

#include <algorithm>

#include "federation/trust.h"

namespace hanse {

namespace {

constexpr Duration minute = std::chrono::minutes(1);
constexpr std::int64_t restricted_share = 10;  // probation and limited: a tenth

std::int64_t ticks(Instant at) { return at.time_since_epoch().count(); }

}  // namespace

void PeerRates::add(const PeerPolicy& peer) {
  std::int64_t most = peer.messages_per_minute_max;
  if (most == 0) return;
  const bool restricted = peer.state == PeerState::probation || peer.state == PeerState::limited;
  if (restricted) most = std::max<std::int64_t>(most / restricted_share, 1);
  buckets_[peer.domain].per_message = minute / most;
}

const PeerRates::Bucket* PeerRates::find(std::string_view peer) const {
  const auto found = buckets_.find(peer);
  return found == buckets_.end() ? nullptr : &found->second;
}

double PeerRates::used(std::string_view peer, Instant now) const {
  const Bucket* bucket = find(peer);
  if (bucket == nullptr) return 0;
  const std::int64_t full_again = bucket->full_again.load(std::memory_order_relaxed);
  if (full_again <= ticks(now)) return 0;
  const auto missing = static_cast<double>(full_again - ticks(now));
  return std::min(missing / static_cast<double>(minute.count()), 1.0);
}

bool PeerRates::used_up(std::string_view peer, Instant now) const {
  const Bucket* bucket = find(peer);
  if (bucket == nullptr) return false;
  const std::int64_t full_again = bucket->full_again.load(std::memory_order_relaxed);
  return full_again > ticks(now + minute - bucket->per_message);
}

void PeerRates::spend(std::string_view peer, Instant now) {
  const auto found = buckets_.find(peer);
  if (found == buckets_.end()) return;
  Bucket& bucket = found->second;
  std::int64_t seen = bucket.full_again.load(std::memory_order_relaxed);
  std::int64_t next = 0;
  do {
    next = std::max(seen, ticks(now)) + bucket.per_message.count();
  } while (!bucket.full_again.compare_exchange_weak(seen, next, std::memory_order_relaxed));
}

}  // namespace hanse
