// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "federation/lane.h"

namespace hanse {

// Counts the failed attempts of one lane and says when it may try again. Open after
// breaker_failures in a row; then one message at a time probes the peer, and only a delivery
// closes it (operations section 2). Pure apart from the randomness it is given.
class Breaker {
 public:
  // One attempt of the lane came to nothing; `refused`: wherever it went, for a reason that stays
  // (LaneTraits::refused_least). True when this one opened the breaker.
  bool failed(const LaneTraits& traits, Random& random, Instant now, UtcTime utc, bool refused);

  void answered();                 // the peer judged a message, whichever way
  bool delivered();                // true when this closed the breaker

  bool may_try(Instant now) const { return now >= until_; }
  void wake() { until_ = Instant::min(); }
  void rules_changed() {           // what was refused may be right now
    if (refused_) wake();
  }
  bool open() const { return open_since_.has_value(); }
  bool failing() const { return failures_ > 0; }

  Instant until() const { return until_; }   // min: it may try, as far as this goes
  Duration wait(Instant now) const { return may_try(now) ? Duration::zero() : until_ - now; }
  unsigned failures() const { return failures_; }
  std::optional<UtcTime> open_since() const { return open_since_; }
  std::optional<UtcTime> next_try() const { return failing() ? next_try_ : std::nullopt; }

  // When the attempt before the last failed one failed: what was accepted before has seen both.
  std::optional<UtcTime> failed_before_last() const { return failed_before_last_; }

 private:
  unsigned failures_ = 0;
  bool refused_ = false;           // the last attempt was
  Instant until_ = Instant::min();
  std::optional<UtcTime> open_since_, next_try_, failed_last_, failed_before_last_;
};

}  // namespace hanse
