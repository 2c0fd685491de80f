// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/source_bounds.h"

#include <algorithm>

#include "protocols/xmpp/limits.h"
#include "server/base/digest.h"
#include "server/base/limits.h"
#include "server/base/network_address.h"

namespace hanse::xmpp {

namespace {

constexpr Duration vouch_window = std::chrono::seconds(1);
constexpr Duration per_vouch = vouch_window / limits::dialback_vouches_per_second_max;
constexpr std::size_t ipv6_prefix_octets = 8;   // a /64 is one customer

using Count = std::atomic<std::uint32_t>;

bool enter(Count& open, std::size_t most) {
  if (open.fetch_add(1, std::memory_order_relaxed) < most) return true;
  open.fetch_sub(1, std::memory_order_relaxed);
  return false;
}

void leave(Count& open) { open.fetch_sub(1, std::memory_order_relaxed); }

std::int64_t ticks(Instant at) { return at.time_since_epoch().count(); }

}  // namespace

SourceSlot::~SourceSlot() {
  if (bounds_ == nullptr) return;
  SourceBounds::Bucket& bucket = bounds_->buckets_[bucket_];
  if (of_ == Of::stream) {
    leave(bucket.streams);
    leave(bounds_->streams_);
  } else {
    leave(bucket.verifies);
  }
}

std::size_t SourceBounds::bucket_of(std::string_view address) const {
  std::string source;
  if (const Result<Network> parsed = parse_network(address)) {
    const bool v4 = contains(*parse_network("0.0.0.0/0"), address);
    source.append(reinterpret_cast<const char*>(parsed->bytes),
                  v4 ? sizeof parsed->bytes : ipv6_prefix_octets);
  }
  const std::string digest = hmac_sha256(salt_.text(), source);
  std::size_t out = 0;
  for (std::size_t i = 0; i < 4; ++i) out = out << 8 | static_cast<unsigned char>(digest[i]);
  return out % buckets_.size();
}

SourceSlot SourceBounds::open_verify(std::string_view address) {
  const std::size_t bucket = bucket_of(address);
  if (!enter(buckets_[bucket].verifies, limits::dialback_verifies_per_source_max)) return {};
  return {shared_from_this(), bucket, SourceSlot::Of::verify};
}

SourceSlot SourceBounds::open_stream(std::string_view address) {
  const std::size_t bucket = bucket_of(address);
  if (!enter(streams_, limits::untrusted_streams_max)) return {};
  if (!enter(buckets_[bucket].streams, limits::untrusted_streams_per_source_max)) {
    leave(streams_);
    return {};
  }
  return {shared_from_this(), bucket, SourceSlot::Of::stream};
}

// A bucket of one second's worth, kept as the time at which it would be full again.
bool SourceBounds::may_vouch(std::string_view address, Instant now) {
  std::atomic<std::int64_t>& full_again = buckets_[bucket_of(address)].vouch_full_again;
  std::int64_t seen = full_again.load(std::memory_order_relaxed);
  std::int64_t next = 0;
  do {
    if (seen > ticks(now + vouch_window - per_vouch)) return false;
    next = std::max(seen, ticks(now)) + per_vouch.count();
  } while (!full_again.compare_exchange_weak(seen, next, std::memory_order_relaxed));
  return true;
}

}  // namespace hanse::xmpp
