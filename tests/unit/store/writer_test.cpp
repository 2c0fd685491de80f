// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <future>
#include <set>
#include <thread>

#include "store/queue_port.h"
#include "tests/catch.h"
#include "tests/sim/sim_disk.h"
#include "tests/unit/store/kit.h"

namespace hanse::store {

namespace {

struct Running {
  explicit Running(Disk& disk, StoreSettings settings) : log(clock, [](std::string_view) {}) {
    auto opened = QueueStore::open(disk, settings, clock, log, metrics);
    if (!opened) throw std::runtime_error(opened.error().what);
    Writer::Events events;
    events.failed = [this](const Error&) { failed = true; };
    writer = std::make_unique<Writer>(*std::move(opened), clock, log, metrics, events);
  }
  SystemClock clock;
  Log log;
  Metrics metrics;
  std::atomic<bool> failed{false};
  std::unique_ptr<Writer> writer;
};

}  // namespace

TEST_CASE("D3 Q-3 shards share commits; every accept is answered once, on its own shard") {
  const TemporaryDirectory directory;
  RealDisk disk;
  constexpr int shards = 4, sessions = 25, messages = 10;
  std::vector<std::unique_ptr<TestShard>> homes;
  for (int number = 0; number < shards; ++number) homes.push_back(std::make_unique<TestShard>());
  Running running(disk, Bench::settings_in(directory.path));
  std::vector<std::thread> threads;
  std::mutex mutex;
  std::set<DeliveryId> ids;
  for (int number = 0; number < shards; ++number) {
    threads.emplace_back([&, number] {
      TestShard& shard = *homes[static_cast<std::size_t>(number)];
      QueuePort port(*running.writer, shard);
      int left = sessions * messages;
      const auto home = std::this_thread::get_id();
      bool strayed = false;
      std::function<void(int)> send = [&](int more) {
        port.accept(message_to({"one@c.example"}), [&, more](Result<Accepted> accepted) {
          strayed = strayed || std::this_thread::get_id() != home || !accepted;
          --left;
          if (accepted) {
            const std::lock_guard lock(mutex);
            ids.insert(accepted->ids[0]);
            port.settle({settlement(accepted->ids[0], Disposition::delivered)});
          }
          if (more > 1) send(more - 1);
        });
      };
      for (int session = 0; session < sessions; ++session) send(messages);
      const bool done = shard.run_until([&] { return left == 0; });
      const std::lock_guard lock(mutex);
      CHECK(done);
      CHECK_FALSE(strayed);
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(ids.size() == shards * sessions * messages);
  running.writer->stop();
  CHECK_FALSE(running.writer->put({}));

  // Everything was settled and the exit was clean: the next start finds nothing to do.
  Bench after(directory.path);
  REQUIRE(after.open());
  CHECK(after.store->recovered().clean_exit);
  CHECK(after.store->recovered().messages == 0);
}

TEST_CASE("D5 Q-4 a broken store answers everybody with a temporary error and takes no more") {
  sim::SimDisk disk(1);
  TestShard shard;                      // outlives the writer, which posts to it
  Running running(disk, Bench::settings_in("/data"));
  disk.fail_sync(1);
  QueuePort port(*running.writer, shard);
  int positive = 0, answers = 0;
  for (int at = 0; at < 20; ++at) {
    port.accept(message_to({"one@c.example"}), [&](Result<Accepted> accepted) {
      positive += accepted ? 1 : 0;
      ++answers;
    });
  }
  CHECK(shard.run_until([&] { return answers == 20; }));
  CHECK(positive == 0);
  CHECK(shard.run_until([&] { return running.failed.load(); }));
  running.writer->stop();
}

TEST_CASE("D9 results that a full disk does not take are written when there is room") {
  sim::SimDisk disk(1);
  TestShard shard;
  DeliveryId first = 0;
  {
    Running running(disk, Bench::settings_in("/data"));
    QueuePort port(*running.writer, shard);
    disk.set_full(true);
    bool refused = false;
    std::function<void()> fill = [&] {
      port.accept(message_to({"one@c.example"}, std::string(4000, 'x')),
                  [&](Result<Accepted> accepted) {
                    refused = !accepted;
                    if (!accepted) return;
                    if (first == 0) first = accepted->ids[0];
                    fill();
                  });
    };
    fill();
    REQUIRE(shard.run_until([&] { return refused; }));
    REQUIRE(first != 0);
    port.settle({settlement(first, Disposition::delivered)});
    bool claimed = false;
    port.claim("smtp", "d.example", 1, running.clock.utc(), false, [&](auto) { claimed = true; });
    REQUIRE(shard.run_until([&] { return claimed; }));
    disk.set_full(false);
    running.writer->stop();
  }
  Bench after(disk, Bench::settings_in("/data"));
  REQUIRE(after.open());
  for (bool more = true; more;) {
    const Queue::Claimed claimed = after.claim("c.example");
    more = !claimed.work.empty();
    for (const Work& work : claimed.work) CHECK(work.targets[0].id != first);
  }
}

TEST_CASE("bodies stream in and out of the store while it commits") {
  const TemporaryDirectory directory;
  RealDisk disk;
  TestShard shard;
  Running running(disk, Bench::settings_in(directory.path));
  QueuePort port(*running.writer, shard);
  const std::string part(100'000, 'p');
  std::int64_t blob = 0;
  int parts = 0;
  std::function<void()> append = [&] {
    port.append(blob, part, [&](Result<std::int64_t> handle) {
      if (!handle) return;
      blob = *handle;
      if (++parts < 5) append();
    });
  };
  append();
  REQUIRE(shard.run_until([&] { return parts == 5; }));

  Acceptance acceptance = message_to({"one@c.example"});
  acceptance.body = {nullptr, blob, 5 * part.size()};
  bool accepted = false;
  port.accept(std::move(acceptance), [&](Result<Accepted> answer) { accepted = bool(answer); });
  REQUIRE(shard.run_until([&] { return accepted; }));
  std::string bytes;
  port.fetch(blob, 399'999, 3, [&](Result<std::string> answer) { bytes = answer.value_or("?"); });
  REQUIRE(shard.run_until([&] { return !bytes.empty(); }));
  CHECK(bytes == "ppp");
}

}  // namespace hanse::store
