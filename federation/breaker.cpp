// SPDX-License-Identifier: Apache-2.0
#include "federation/breaker.h"

#include <algorithm>

#include "federation/retry.h"

namespace hanse {

bool Breaker::failed(const LaneTraits& traits, Random& random, Instant now, UtcTime utc,
                     bool refused) {
  ++failures_;
  refused_ = refused && traits.refused_least > Duration::zero();
  Duration delay = lane_delay(traits, failures_, random);
  if (refused_) delay = std::max(delay, lengthened(traits.refused_least, traits, random));
  until_ = now + delay;
  next_try_ = utc + std::chrono::duration_cast<std::chrono::milliseconds>(delay);
  failed_before_last_ = failed_last_;
  failed_last_ = utc;
  if (failures_ < traits.breaker_failures || open()) return false;
  open_since_ = utc;
  return true;
}

void Breaker::answered() {
  if (open()) return;  // a peer that answers may still be of no use: only a delivery closes it
  failures_ = 0;
  refused_ = false;
  until_ = Instant::min();
  failed_last_.reset();
  failed_before_last_.reset();
}

bool Breaker::delivered() {
  const bool was_open = open();
  open_since_.reset();
  answered();
  return was_open;
}

}  // namespace hanse
