// SPDX-License-Identifier: Apache-2.0
#include "federation/retry.h"

#include <algorithm>

namespace hanse {

namespace {

constexpr unsigned attempts_before_expiry = 2;  // D8
constexpr unsigned doublings_max = 30;

Duration scheduled(const LaneTraits& traits, unsigned attempt) {
  if (traits.retry.empty()) return traits.breaker_first;
  const std::size_t last = traits.retry.size() - 1;
  return traits.retry[std::min<std::size_t>(attempt == 0 ? 0 : attempt - 1, last)];
}

}  // namespace

Duration jittered(Duration delay, unsigned percent, Random& random) {
  const auto reach = static_cast<std::uint64_t>(delay.count()) * percent / 100;
  const auto moved = static_cast<std::int64_t>(random.below(2 * reach + 1));
  return delay + Duration(moved - static_cast<std::int64_t>(reach));
}

Duration lengthened(Duration least, const LaneTraits& traits, Random& random) {
  const auto whole = static_cast<std::uint64_t>(least.count());
  const std::uint64_t reach = whole * traits.breaker_jitter_percent / 100;
  return least + Duration(static_cast<std::int64_t>(random.below(reach + 1)));
}

Duration retry_delay(const LaneTraits& traits, unsigned attempt, Random& random) {
  return jittered(scheduled(traits, attempt), traits.retry_jitter_percent, random);
}

Duration lane_delay(const LaneTraits& traits, unsigned failures, Random& random) {
  if (!traits.breaker_waits.empty()) {
    const std::size_t last = traits.breaker_waits.size() - 1;
    const std::size_t at = std::min<std::size_t>(failures == 0 ? 0 : failures - 1, last);
    return jittered(traits.breaker_waits[at], traits.breaker_jitter_percent, random);
  }
  // Before the breaker opens the lane tries more often than any one message does: a peer that
  // was only restarted is found again soon.
  if (failures < traits.breaker_failures)
    return jittered(std::min(scheduled(traits, failures), traits.breaker_first),
                    traits.retry_jitter_percent, random);
  const unsigned doublings = std::min(failures - traits.breaker_failures, doublings_max);
  const Duration doubled = traits.breaker_first * (std::int64_t{1} << doublings);
  return jittered(std::min(doubled, traits.breaker_last), traits.breaker_jitter_percent, random);
}

Duration longest_delay(const LaneTraits& traits) {
  Duration longest = std::max({traits.breaker_last, traits.startup_spread, traits.refused_least});
  for (const Duration delay : traits.retry) longest = std::max(longest, delay);
  for (const Duration wait : traits.breaker_waits) longest = std::max(longest, wait);
  return longest + longest / 4;
}

std::shared_ptr<const LaneTraits> slowed(std::shared_ptr<const LaneTraits> traits) {
  if (traits->retry_slow.empty()) return traits;
  auto out = std::make_shared<LaneTraits>(*traits);
  out->slow = true;
  out->retry = out->breaker_waits = traits->retry_slow;
  out->breaker_jitter_percent = traits->retry_jitter_percent;
  return out;
}

bool given_up(UtcTime now, UtcTime expires, unsigned attempts) {
  return now > expires && attempts >= attempts_before_expiry;
}

}  // namespace hanse
