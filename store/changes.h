// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <vector>

#include "federation/queue_admin.h"
#include "store/database.h"
#include "store/endings.h"
#include "store/ledger.h"
#include "store/rerouting.h"

namespace hanse::store {

// What an operator changes, with its audit row in the same transaction. A leg that is under way is
// never touched: it is counted as busy. Thread: the store's.
class Changes {
 public:
  Changes(Database& database, Ledger& ledger, Endings& endings, Rerouting& rerouting);

  QueueChanged apply(const QueueChange& change, UtcTime now);

 private:
  struct Found {
    DeliveryId id;
    LegState state;
    std::string protocol, lane;
    std::uint64_t size;
    std::int64_t attempts;
    std::string local, domain;
  };
  std::vector<Found> find(const QueueChange& change, UtcTime now, QueueChanged& changed);
  void change_one(const Found& leg, const QueueChange& change, UtcTime now);

  Database& database_;
  Ledger& ledger_;
  Endings& endings_;
  Rerouting& rerouting_;
  Statement wait_, park_, end_, audit_;
};

std::string_view verb_name(QueueVerb verb);

}  // namespace hanse::store
