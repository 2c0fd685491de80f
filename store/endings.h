// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/base/log.h"
#include "server/base/metrics.h"
#include "store/database.h"

namespace hanse::store {

// The last line in the log for legs that end without an attempt: given up while they waited, or by
// an operator (operations section 6). They are noted in the transaction and told once it is
// committed. Thread: the store's.
class Endings {
 public:
  Endings(Database& database, Log& log, Metrics& metrics);

  // `event`: msg.expired, msg.bounced, msg.discarded.
  void note(std::int64_t leg, std::string_view event, std::string_view status,
            std::string_view why);
  void committed();
  void rolled_back() { noted_.clear(); }

 private:
  struct Noted {
    std::string event, qid, protocol, lane, to, status, why;
  };

  Log& log_;
  Metrics& metrics_;
  Statement read_;
  std::vector<Noted> noted_;   // as many as one change or expiry has legs
};

}  // namespace hanse::store
