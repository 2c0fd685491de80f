// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "federation/lane.h"

namespace hanse {

// Turns how an attempt ended into what the store must know, and tells log and metrics. The one
// place that decides between another try and giving up. Thread: one shard.
class LaneLedger {
 public:
  LaneLedger(const std::string& protocol, const std::string& lane, const std::string& peer_label,
             const LaneParts& parts);

  struct Try {
    UtcTime started{};
    Instant began{};
  };
  Try begin(Instant now) const { return {clock_.utc(), now}; }

  // `wait_least`: the lane itself will not try again before.
  Settlement settle(const LaneTraits& traits, const Envelope& envelope, const Target& target,
                    Outcome outcome, const Try& tried, Duration wait_least = Duration::zero());

  // One the store does not know: no row, and no line in the log of a busy node.
  void ended(const Envelope& envelope, const Target& target, const Outcome& outcome,
             const Try& tried);

  void demand(const HopDemand& of_hop) { demand_ = of_hop; }   // for the log
  void breaker_opened(const std::string& why, unsigned failures);
  void moved();
  void breaker_closed();
  void breaker_forgotten() { breaker_open_.add(-1); }   // the lane ends with it open

 private:
  void write(Level level, const Envelope& envelope, const Outcome& outcome, Duration taken,
             const Address& to);
  void count(const Envelope& envelope, const Outcome& outcome, const Try& tried, Duration taken);

  const std::string& protocol_;
  const std::string& lane_;
  std::string peer_label_;
  const Clock& clock_;
  Random& random_;
  SteadyWall& wall_;
  Log& log_;
  Metrics& metrics_;
  Counter& delivered_;
  Histogram& latency_;
  Histogram& attempt_delivered_;
  Histogram& attempt_deferred_;
  Histogram& attempt_failed_;
  Gauge& breaker_open_;
  HopDemand demand_;
};

// Not tried, and due again at `due`: the lane or its owner sees to when.
Settlement returned(const Target& target, std::string_view why, UtcTime due);

// The closed set of words for the `reason` label, from an enhanced status code.
std::string_view reason_of(const Outcome& outcome);

}  // namespace hanse
