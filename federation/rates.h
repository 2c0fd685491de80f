// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "server/base/time.h"

namespace hanse {

struct PeerPolicy;

// How many messages each configured peer may still send: a bucket of one minute's worth, kept as
// the time at which it would be full again. Thread: any; all shards share the buckets.
class PeerRates {
 public:
  void add(const PeerPolicy& peer);           // before it is shared

  bool limits(std::string_view peer) const { return find(peer) != nullptr; }
  double used(std::string_view peer, Instant now) const;   // of its minute, 0 to 1
  bool used_up(std::string_view peer, Instant now) const;
  void spend(std::string_view peer, Instant now);   // one message was accepted

 private:
  struct Bucket {
    Duration per_message{0};                  // 0: no limit
    std::atomic<std::int64_t> full_again{INT64_MIN};   // microseconds of the elapsed clock
  };
  const Bucket* find(std::string_view peer) const;

  std::map<std::string, Bucket, std::less<>> buckets_;
};

}  // namespace hanse
