// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "protocols/xmpp/stanza_check.h"
#include "server/base/secret.h"
#include "server/base/time.h"

namespace hanse::xmpp {

class SourceBounds;

// The room of one verification that is under way, or of one stream that has proved nothing; given
// back when this ends.
class SourceSlot {
 public:
  enum class Of : std::uint8_t { verify, stream };
  SourceSlot() = default;
  SourceSlot(std::shared_ptr<SourceBounds> bounds, std::size_t bucket, Of of)
      : bounds_(std::move(bounds)), bucket_(bucket), of_(of) {}
  SourceSlot(SourceSlot&& other) noexcept
      : bounds_(std::move(other.bounds_)), bucket_(other.bucket_), of_(other.of_) {}
  SourceSlot& operator=(SourceSlot&& other) noexcept {
    std::swap(bounds_, other.bounds_);
    std::swap(bucket_, other.bucket_);
    std::swap(of_, other.of_);
    return *this;
  }
  ~SourceSlot();
  explicit operator bool() const { return bounds_ != nullptr; }

 private:
  std::shared_ptr<SourceBounds> bounds_;
  std::size_t bucket_ = 0;
  Of of_ = Of::verify;
};

// What all streams from one source may cost together, however many it opens: an IPv4 address or
// the /64 of an IPv6 one. A fixed table: sources whose hashes meet share what there is. `salt`
// keeps others from choosing whom they meet. Thread: any; all shards share it.
class SourceBounds : public std::enable_shared_from_this<SourceBounds> {
 public:
  explicit SourceBounds(Secret salt) : salt_(std::move(salt)) {}

  SourceSlot open_verify(std::string_view address);          // xmpp 3.10; empty: too many
  SourceSlot open_stream(std::string_view address);          // xmpp 9.3; empty: too many
  bool may_vouch(std::string_view address, Instant now);     // xmpp 3.12: counts one
  // xmpp 9.3: subscriptions, and joins of chat rooms, of one domain for one target; counts one. All
  // else may.
  bool may_knock(const Checked& stanza, Instant now);

 private:
  friend class SourceSlot;
  struct Bucket {
    std::atomic<std::uint32_t> verifies{0}, streams{0};
    std::atomic<std::int64_t> vouch_full_again{INT64_MIN};   // microseconds of the elapsed clock
  };
  std::size_t hash_of(std::string_view what) const;
  std::size_t bucket_of(std::string_view address) const;

  const Secret salt_;
  std::atomic<std::uint32_t> streams_{0};
  std::array<Bucket, 4096> buckets_;
  // By who and at what door; as above.
  std::array<std::atomic<std::int64_t>, 16384> knocks_full_again_;
};

}  // namespace hanse::xmpp
