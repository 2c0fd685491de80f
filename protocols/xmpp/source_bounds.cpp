// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/source_bounds.h"

#include <algorithm>

#include "protocols/xmpp/limits.h"
#include "protocols/xmpp/names.h"
#include "server/base/digest.h"
#include "server/base/limits.h"
#include "server/base/network_address.h"

namespace hanse::xmpp {

namespace {

constexpr Duration per_vouch =
    Duration(std::chrono::seconds(1)) / limits::dialback_vouches_per_second_max;
constexpr std::size_t ipv6_prefix_octets = 8;   // a /64 is one customer

using Count = std::atomic<std::uint32_t>;

bool enter(Count& open, std::size_t most) {
  if (open.fetch_add(1, std::memory_order_relaxed) < most) return true;
  open.fetch_sub(1, std::memory_order_relaxed);
  return false;
}

void leave(Count& open) { open.fetch_sub(1, std::memory_order_relaxed); }

std::int64_t ticks(Instant at) { return at.time_since_epoch().count(); }

struct Rate {
  Duration each;            // one more after so long
  unsigned at_once = 1;     // of a full bucket
};
constexpr Rate subscriptions{limits::subscription_per_target_every,
                             limits::subscriptions_per_target_at_once};
constexpr Rate joins{limits::join_per_target_every, limits::joins_per_target_at_once};

// A bucket, kept as the time at which it would be full again. False: it is empty.
bool take(std::atomic<std::int64_t>& full_again, const Rate& rate, Instant now) {
  std::int64_t seen = full_again.load(std::memory_order_relaxed);
  std::int64_t next = 0;
  do {
    if (seen > ticks(now + rate.each * (rate.at_once - 1))) return false;
    next = std::max(seen, ticks(now)) + rate.each.count();
  } while (!full_again.compare_exchange_weak(seen, next, std::memory_order_relaxed));
  return true;
}

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
  return hash_of(source) % buckets_.size();
}

std::size_t SourceBounds::hash_of(std::string_view what) const {
  const std::string digest = hmac_sha256(salt_.text(), what);
  std::size_t out = 0;
  for (std::size_t i = 0; i < 4; ++i) out = out << 8 | static_cast<unsigned char>(digest[i]);
  return out;
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

bool SourceBounds::may_vouch(std::string_view address, Instant now) {
  return take(buckets_[bucket_of(address)].vouch_full_again,
              {per_vouch, limits::dialback_vouches_per_second_max}, now);
}

bool SourceBounds::may_knock(const Checked& checked, Instant now) {
  const xml::Element& stanza = checked.stanza;
  if (stanza.name != "presence") return true;
  const std::string_view type = stanza.attribute("type");
  const bool subscribes = type == "subscribe";
  if (!subscribes && !(type.empty() && stanza.child(ns::muc, "x") != nullptr)) return true;
  const std::string door = checked.from_key + (subscribes ? " s " : " j ") +
                           to_text(Jid{checked.to.local, checked.to_key, {}});
  return take(knocks_full_again_[hash_of(door) % knocks_full_again_.size()],
              subscribes ? subscriptions : joins, now);
}

}  // namespace hanse::xmpp
