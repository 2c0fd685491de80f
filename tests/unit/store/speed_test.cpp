// SPDX-License-Identifier: Apache-2.0
// Hidden: `test-store "[speed]" -s` prints what one core does. Not a test of the machine.

#include <ctime>

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

}  // namespace hanse::store
