// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "federation/ports.h"
#include "store/bodies.h"
#include "store/database.h"
#include "store/endings.h"
#include "store/ledger.h"
#include "store/rerouting.h"
#include "store/suspects.h"

namespace hanse::store {

// Results of attempts, and what ends without one. Only a leg that is under way can be settled, so
// the same result twice does no harm. Thread: the store's.
class Settling {
 public:
  Settling(Database& database, Ledger& ledger, Bodies& bodies, Suspects& suspects,
           Endings& endings, Rerouting& rerouting);

  void settle(const Settlement& settlement);
  void expire(std::string_view protocol, std::string_view lane, UtcTime now,
              UtcTime accepted_before, const Outcome& outcome);
  void end_reports(const std::vector<DeliveryId>& ids);   // told, or nobody is to be told

 private:
  struct Row {
    std::string protocol, lane, local, domain;
    std::int64_t attempts = 0;
    std::uint64_t size = 0;
  };
  bool read_active(DeliveryId id, Row& row);
  void record_attempt(const Settlement& settlement, const Row& row);

  Ledger& ledger_;
  Bodies& bodies_;
  Suspects& suspects_;
  Endings& endings_;
  Rerouting& rerouting_;
  Statement read_, finish_, postpone_, give_back_, attempt_, forget_attempts_, expire_, reported_;
  struct Expiring {
    DeliveryId id;
    LegState before;
    std::uint64_t size;
  };
  std::vector<Expiring> expiring_;
};

}  // namespace hanse::store
