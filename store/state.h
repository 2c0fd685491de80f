// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/changes.h"
#include "store/claims.h"
#include "store/endings.h"
#include "store/intake.h"
#include "store/recovery.h"
#include "store/reports.h"
#include "store/rerouting.h"
#include "store/settling.h"
#include "store/space_guard.h"
#include "store/store.h"
#include "store/sweeper.h"

namespace hanse::store {

// The parts of an open store, in the order in which they need each other.
struct QueueStore::State {
  State(Disk& disk, const StoreSettings& settings, const Clock& clock, Log& log, Metrics& metrics,
        std::unique_ptr<Database> opened);

  // One transaction. finish() commits and syncs, or takes back everything, in memory too.
  void start();
  Result<void> finish();
  void failed(const Error& error);      // remembers what is final
  void checkpoint_done(Duration took);

  Disk& disk;
  const StoreSettings settings;
  const Clock& clock;
  Log& log;
  Metrics& metrics;
  std::unique_ptr<Database> database;
  BlobFolder blobs;
  Ledger ledger;
  SpaceGuard space;
  Bodies bodies;
  Suspects suspects;
  Intake intake;
  Endings endings;
  Rerouting rerouting;
  Settling settling;
  Claims claims;
  Reports reports;
  Changes changes;
  Sweeper sweeper;
  Statement begin, commit, rollback;
  std::int64_t message_before = 0;      // next_message at start()
  Instant started{};
  Histogram& commit_seconds;
  Histogram& commit_messages;
  Counter& sync_errors;
  Gauge& log_bytes;
  Recovered recovered;
};

}  // namespace hanse::store
