// SPDX-License-Identifier: Apache-2.0
#pragma once

// What store tests share: a data directory of their own, a clock they turn, a shard, and a store
// whose commands answer at once.

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "federation/ports.h"
#include "store/disk.h"
#include "store/store.h"

namespace hanse::store {

class TestClock final : public Clock {
 public:
  Instant now() const override { return Instant(elapsed += step); }
  UtcTime utc() const override {
    return from_unix_ms(1'700'000'000'000) +
           std::chrono::duration_cast<std::chrono::milliseconds>(elapsed);
  }
  mutable Duration elapsed{0};
  Duration step{0};           // of a slow machine: every look at the clock comes so much later
};

class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  const std::string path;
};

// A message of one line for the given recipients, each "local@domain"; the lane is the domain.
Acceptance message_to(const std::vector<std::string>& recipients, std::string bytes = "a body\r\n");
Settlement settlement(DeliveryId id, Disposition disposition, UtcTime retry_at = {});

// A shard in miniature: posted work runs on the thread that calls run_until().
class TestShard final : public Executor {
 public:
  void post(std::function<void()> work) override;   // any thread
  // False: nothing has made it so in a minute.
  template <class Done>
  bool run_until(const Done& done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!done() && std::chrono::steady_clock::now() < deadline) run_what_is_there();
    return done();
  }

 private:
  void run_what_is_there();   // waits a little for it

  std::mutex mutex_;
  std::condition_variable filled_;
  std::vector<std::function<void()>> works_;
};

// The store alone, without its thread: every verb is one batch.
class Bench {
 public:
  explicit Bench(Disk& disk, StoreSettings settings);
  explicit Bench(const std::string& directory) : Bench(real_, settings_in(directory)) {}

  static StoreSettings settings_in(const std::string& directory);

  Result<void> open();                        // again: after close() or crash()
  void close();                               // cleanly
  void crash() { store.reset(); }             // just gone

  Result<Accepted> accept(Acceptance acceptance);
  Queue::Claimed claim(const std::string& lane, std::size_t most = 100, bool in_order = false);
  Result<void> settle(std::vector<Settlement> settlements);
  std::vector<Reportable> reportable(UtcTime failed_before, std::size_t most = 100);
  Result<QueueChanged> change(QueueVerb verb, const std::vector<std::string>& terms,
                              bool dry_run = false);
  Result<void> run(Command command);

  TestClock clock;
  std::string log_text;
  Log log;
  Metrics metrics;
  std::unique_ptr<QueueStore> store;

 private:
  RealDisk real_;
  Disk& disk_;
  const StoreSettings settings_;
};

}  // namespace hanse::store
