// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/bodies.h"
#include "store/database.h"
#include "store/store.h"

namespace hanse::store {

// Forgets finished messages beyond their age, and takes discarded ones out of the trash; a bounded
// portion at a time. History is walked in the order of acceptance, so it needs no index of its own.
// Thread: the store's.
class Sweeper {
 public:
  Sweeper(Database& database, Bodies& bodies, const StoreSettings& settings);

  bool sweep(std::int64_t next_message, UtcTime now);   // true: there is more to do at once

 private:
  bool empty_trash(UtcTime now);
  bool forget_history(std::int64_t next_message, UtcTime now);

  Bodies& bodies_;
  const Duration history_keep_, trash_keep_;
  Statement trash_, throw_away_, old_, ended_, legs_, attempts_, crashes_, message_, audit_;
  std::int64_t walked_ = 0;   // messages up to this one were looked at in this walk
};

}  // namespace hanse::store
