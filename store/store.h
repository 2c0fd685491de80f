// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "federation/exchange.h"
#include "federation/queue_admin.h"
#include "server/base/log.h"
#include "server/base/metrics.h"
#include "server/base/options.h"
#include "store/commands.h"

namespace hanse::store {

class Disk;   // disk.h: the file system below; real or simulated

struct StoreSettings {
  std::string directory;
  std::uint64_t lane_messages_max = 50'000;
  std::uint64_t lane_bytes_max = 2ull << 30;
  std::uint64_t disk_free_min_bytes = 0;        // 0: the larger of 2 GiB and 5 % (D9)
  Duration history_keep = std::chrono::hours(72);
  Duration trash_keep = std::chrono::hours(24);
};

// The tables [store] and [disk]; settings from them.
std::span<const OptionTable> option_tables();
StoreSettings read_settings(const Configuration& configuration);

struct Recovered {
  std::vector<LaneBacklog> backlogs;
  std::uint64_t messages = 0, interrupted = 0, quarantined = 0, orphans_removed = 0;
  bool clean_exit = true;               // the last run closed the store itself
};

// Takes the exclusive lock of the data directory (D10). The error names the holder's pid.
class DirectoryLock {
 public:
  static Result<std::unique_ptr<DirectoryLock>> take(const std::string& directory);
  ~DirectoryLock();

 private:
  explicit DirectoryLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

// The queue itself, on one SQLite connection that alone writes and checkpoints (D2).
// Synchronous; thread: the writer's, or the simulator's one.
class QueueStore {
 public:
  struct State;                         // state.h
  static Result<std::unique_ptr<QueueStore>> open(Disk& disk, const StoreSettings& settings,
                                                  const Clock& clock, Log& log,
                                                  Metrics& metrics);
  ~QueueStore();

  const Recovered& recovered() const;

  // Applies all commands in one transaction and syncs it (D3). On success every reply has been
  // collected into `replies`, to be posted to Command::home. An Error with Fault::overloaded means
  // the disk is full: nothing was committed, the caller refuses the accepts and may try the rest
  // again. Fault::broken is final (D5): no further call, no positive reply, exit. In any case
  // commands that are answered without the transaction (body files, single bodies that could not
  // be written) have left the batch, and their replies are to be posted.
  struct Reply { Executor* home; std::function<void()> run; };
  Result<void> run(std::vector<Command>& batch, std::vector<Reply>& replies);

  StorePressure pressure() const;       // after a run(): what shards should know
  std::uint64_t log_bytes() const;      // what a checkpoint would move
  Result<void> checkpoint();
  Result<bool> sweep();                 // history and trash beyond their age; true: there is more
  Result<void> close_cleanly();         // marks a clean exit

 private:
  explicit QueueStore(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// The store's one thread: gathers commands, commits them in groups, posts the replies (D3).
class Writer final : public CommandSink {
 public:
  struct Events {
    std::function<void(std::shared_ptr<const StorePressure>)> pressure;  // when it changed
    std::function<void(const Error&)> failed;   // the store is broken: the node must stop (D5)
  };
  Writer(std::unique_ptr<QueueStore> store, const Clock& clock, Log& log, Metrics& metrics,
         Events events);
  ~Writer() override;                   // stops

  bool put(Command command) override;   // thread: any
  void stop();                          // commits what is in the mailbox, closes cleanly, joins

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Operator's view: reads on a read-only connection of its own, changes through the sink.
// Thread: one console thread at a time.
std::unique_ptr<QueueAdmin> make_queue_admin(const StoreSettings& settings, CommandSink& sink,
                                             const Clock& clock);

}  // namespace hanse::store
