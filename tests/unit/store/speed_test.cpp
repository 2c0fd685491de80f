// SPDX-License-Identifier: Apache-2.0
// Hidden: `test-store "[speed]" -s` prints what one core does. Not a test of the machine.

#include <ctime>

#include "store/queue_port.h"
#include "tests/catch.h"
#include "tests/unit/store/kit.h"

namespace hanse::store {

namespace {

double cpu_seconds() {
  timespec at{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
  return static_cast<double>(at.tv_sec) + static_cast<double>(at.tv_nsec) * 1e-9;
}

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

TEST_CASE("speed of accept and settle in batches", "[.speed]") {
  const std::size_t batch_size = 64, batches = 600;
  const TemporaryDirectory directory;
  Bench bench(directory.path);
  REQUIRE(bench.open());
  std::vector<Acceptance> acceptances;   // made before, each with an id of its own
  for (std::size_t i = 0; i < batch_size * batches; ++i) {
    acceptances.push_back(message_to({"user" + std::to_string(i) + "@c.example"},
                                     std::string(4096, 'x')));
  }
  std::vector<Settlement> settlements;
  const double cpu = cpu_seconds(), wall = wall_seconds();
  for (std::size_t i = 0; i < batches; ++i) {
    std::vector<Command> batch;
    batch.push_back({nullptr, SettleCommand{std::move(settlements)}});
    settlements.clear();
    for (std::size_t at = 0; at < batch_size; ++at) {
      const Acceptance& acceptance = acceptances[i * batch_size + at];
      batch.push_back({nullptr, AcceptCommand{acceptance, [&](Result<Accepted> accepted) {
                                                settlements.push_back(settlement(
                                                    accepted->ids[0], Disposition::delivered));
                                              }}});
    }
    std::vector<QueueStore::Reply> replies;
    REQUIRE(bench.store->run(batch, replies));
    for (const QueueStore::Reply& reply : replies) reply.run();
    if (bench.store->log_bytes() > (16 << 20)) REQUIRE(bench.store->checkpoint());
  }
  const double messages = static_cast<double>(batch_size * batches);
  WARN("messages/s wall " << messages / (wall_seconds() - wall) << ", cpu "
                          << messages / (cpu_seconds() - cpu));
  CHECK(bench.store->run(*std::make_unique<std::vector<Command>>(),
                         *std::make_unique<std::vector<QueueStore::Reply>>()));
}

TEST_CASE("speed of a start with 100,000 messages queued", "[.speed]") {
  const TemporaryDirectory directory;
  Bench bench(directory.path);
  REQUIRE(bench.open());
  for (std::size_t i = 0; i < 100'000;) {
    std::vector<Command> batch;
    for (std::size_t at = 0; at < 256; ++at, ++i) {
      batch.push_back({nullptr, AcceptCommand{message_to({"user@d" + std::to_string(i % 1000) +
                                                          ".example"},
                                                         std::string(4096, 'x')),
                                              [](Result<Accepted>) {}}});
    }
    std::vector<QueueStore::Reply> replies;
    REQUIRE(bench.store->run(batch, replies));
  }
  bench.crash();
  const double wall = wall_seconds(), cpu = cpu_seconds();
  REQUIRE(bench.open());
  WARN("start: wall " << wall_seconds() - wall << " s, cpu " << cpu_seconds() - cpu << " s");
  CHECK(bench.store->recovered().backlogs.size() == 1000);
}

TEST_CASE("speed of 50 sessions on one writer", "[.speed]") {
  const TemporaryDirectory directory;
  RealDisk disk;
  SystemClock clock;
  Log log(clock, [](std::string_view) {});
  Metrics metrics;
  auto opened = QueueStore::open(disk, Bench::settings_in(directory.path), clock, log, metrics);
  REQUIRE(opened);
  Writer writer(*std::move(opened), clock, log, metrics, {});
  TestShard shard;
  QueuePort port(writer, shard);
  constexpr int sessions = 50, messages = 20'000;
  int sent = 0, answered = 0;
  std::function<void()> send = [&] {
    if (sent++ >= messages) return;
    port.accept(message_to({"one@c.example"}, std::string(4096, 'x')),
                [&](Result<Accepted> accepted) {
                  ++answered;
                  port.settle({settlement(accepted->ids[0], Disposition::delivered)});
                  send();
                });
  };
  const double wall = wall_seconds();
  for (int session = 0; session < sessions; ++session) send();
  REQUIRE(shard.run_until([&] { return answered >= messages; }));
  const double taken = wall_seconds() - wall;
  writer.stop();
  const std::string text = metrics.render();
  const auto at = text.find("hanse_store_commit_batch_size_count");
  WARN(messages / taken << " messages/s; commits: " << text.substr(at, text.find('\n', at) - at));
  CHECK(answered == messages);
}

}  // namespace hanse::store
