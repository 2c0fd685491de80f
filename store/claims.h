// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "federation/ports.h"
#include "server/base/log.h"
#include "store/bodies.h"
#include "store/database.h"
#include "store/ledger.h"
#include "store/suspects.h"

namespace hanse::store {

// Hands waiting legs to their lane, recorded as under way first (D6). Thread: the store's.
class Claims {
 public:
  Claims(Database& database, Ledger& ledger, Bodies& bodies, Suspects& suspects, Log& log,
         Metrics& metrics);

  Queue::Claimed claim(std::string_view protocol, std::string_view lane, std::size_t most,
                       UtcTime now, bool in_order);

 private:
  struct Lane { std::string_view protocol, lane; };
  // Legs that are due, from one end: those due first, or those due last.
  struct Due {
    Due(Database& database, std::string_view order);
    Statement all, unsuspected;
  };
  std::vector<std::int64_t> find(const Lane& lane, std::size_t most, UtcTime now, bool in_order);
  std::vector<std::int64_t> find(Due& due, bool pass_suspects, const Lane& lane, std::size_t most,
                                 UtcTime now);
  Work take(const Lane& lane, std::int64_t message, std::size_t most, UtcTime now);
  bool read(std::int64_t message, Work& work);      // false: it cannot be read
  void set_aside(const Lane& lane, std::int64_t message, const Work& work);

  Log& log_;
  Metrics& metrics_;
  Ledger& ledger_;
  Bodies& bodies_;
  Suspects& suspects_;
  Due oldest_, newest_;
  Statement next_, message_, legs_, start_, damaged_, name_;
};

}  // namespace hanse::store
