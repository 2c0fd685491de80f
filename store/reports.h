// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "federation/ports.h"
#include "store/bodies.h"
#include "store/database.h"

namespace hanse::store {

// Failures of which a sender must still be told. Thread: the store's.
class Reports {
 public:
  Reports(Database& database, Bodies& bodies);

  std::vector<Reportable> due(UtcTime failed_before, std::size_t most);

 private:
  bool ripe(std::int64_t message, UtcTime failed_before);
  std::optional<Reportable> read(std::int64_t message);

  Database& database_;
  Bodies& bodies_;
  Statement pending_, oldest_, open_, message_, failures_;
};

}  // namespace hanse::store
