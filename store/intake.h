// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "federation/ports.h"
#include "store/bodies.h"
#include "store/database.h"
#include "store/ledger.h"

namespace hanse::store {

// New messages: one message row, its body, one leg a recipient. Thread: the store's.
class Intake {
 public:
  Intake(Database& database, Ledger& ledger, Bodies& bodies, std::int64_t next_message);

  // `file`: what Bodies::stage() answered for its body.
  Accepted accept(const Acceptance& acceptance, std::int64_t file, UtcTime now);
  std::int64_t next_message() const { return next_message_; }
  void take_back(std::int64_t next_message) { next_message_ = next_message; }

 private:
  Ledger& ledger_;
  Bodies& bodies_;
  std::int64_t next_message_;
  Statement insert_message_, insert_leg_;
};

}  // namespace hanse::store
