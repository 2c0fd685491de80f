// SPDX-License-Identifier: Apache-2.0
#include "server/net/connection_rates.h"

#include "server/base/limits.h"

namespace hanse::net {

namespace {

constexpr Duration minute = std::chrono::minutes(1);

}  // namespace

std::size_t ConnectionRates::count(const std::string& source, Instant now) {
  turn_minute(now);
  auto found = at_hand_.find(source);
  if (found == at_hand_.end()) {
    if (at_hand_.size() >= limits::rate_prefixes_max) return 0;
    found = at_hand_.emplace(source, 0).first;
  }
  if (found->second < UINT32_MAX) ++found->second;
  const auto earlier = before_.find(source);
  if (earlier == before_.end()) return found->second;
  const double still_counts = 1.0 - std::chrono::duration<double>(now - *began_) / minute;
  return found->second + static_cast<std::size_t>(earlier->second * still_counts);
}

void ConnectionRates::turn_minute(Instant now) {
  if (!began_) began_ = now;
  const Duration age = now - *began_;
  if (age < minute) return;
  before_.clear();
  if (age < 2 * minute) before_.swap(at_hand_);
  at_hand_.clear();
  began_ = age < 2 * minute ? *began_ + minute : now;
}

}  // namespace hanse::net
