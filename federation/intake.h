// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "federation/exchange.h"
#include "federation/lane_table.h"

namespace hanse {

// The part of a message that goes over one lane.
struct LaneShare {
  std::string protocol, lane;
  Work work;
};

// From a submission to what the store commits and the lanes get: id, times, legs (smtp C-10:
// the recipients of one lane travel together). Thread: one shard.
class Intake {
 public:
  explicit Intake(const ExchangeParts& parts) : parts_(parts) {}

  struct Prepared {
    Acceptance acceptance;
    std::shared_ptr<const Envelope> envelope;
    std::vector<LaneShare> shares;                           // ids are still missing
    std::shared_ptr<const void> hold{};
    std::vector<std::pair<std::size_t, std::size_t>> places; // of leg n: its share, its target
  };
  Result<Prepared> prepare(Submission&& submission, const Policy& policy, const LaneTable& lanes);

  // One that asks for no answer: counts it.
  void passed(const Prepared& prepared, const Policy& policy);

  // After the commit: fills in the ids, counts and logs.
  void accepted(Prepared& prepared, const Policy& policy, const Accepted& accepted);

 private:
  void add_leg(Prepared& prepared, const Address& to, const Policy& policy,
               const LaneTraits& traits);
  Counter& counter(const std::string& protocol, const std::string& peer);

  ExchangeParts parts_;
  std::map<LaneKey, Counter*> counters_;
  std::map<std::pair<std::string, Flow>, Counter*> passed_;
};

}  // namespace hanse
