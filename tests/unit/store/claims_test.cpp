// SPDX-License-Identifier: Apache-2.0
// What a claim costs the store, counted in SQLite's own steps: the machine does not matter.

#include <sqlite3.h>

#include <string>

#include "tests/catch.h"
#include "tests/unit/store/kit.h"

namespace hanse::store {

namespace {

// Counts the steps of every connection that is opened while it lives, in tens.
class StepCount {
 public:
  StepCount() {
    tens = 0;
    ::sqlite3_auto_extension(entry());
  }
  ~StepCount() { ::sqlite3_cancel_auto_extension(entry()); }
  StepCount(const StepCount&) = delete;
  StepCount& operator=(const StepCount&) = delete;

  static long tens;

 private:
  static int attach(sqlite3* database, const char**, const sqlite3_api_routines*) {
    ::sqlite3_progress_handler(
        database, 10,
        [](void*) {
          ++tens;
          return 0;
        },
        nullptr);
    return SQLITE_OK;
  }
  static void (*entry())(void) { return reinterpret_cast<void (*)(void)>(&attach); }
};

long StepCount::tens = 0;

// Steps of claiming ten messages while `waiting` wait for the lane.
long steps_of_a_claim(int waiting) {
  const StepCount count;
  const TemporaryDirectory directory;
  Bench bench(directory.path);
  REQUIRE(bench.open());
  for (int i = 0; i < waiting; ++i)
    REQUIRE(bench.accept(message_to({"user" + std::to_string(i) + "@c.example"})));
  bench.crash();                       // what was under way waits from now on
  REQUIRE(bench.open());
  StepCount::tens = 0;
  const Queue::Claimed claimed = bench.claim("c.example", 10);
  CHECK(claimed.work.size() == 10);
  CHECK(claimed.waiting == static_cast<std::uint64_t>(waiting) - 10);
  return StepCount::tens * 10;
}

}  // namespace

TEST_CASE("a claim costs what it brings, however much waits for the lane") {
  const long few = steps_of_a_claim(50), many = steps_of_a_claim(1000);
  CAPTURE(few, many);
  CHECK(few > 0);
  // The trees are a level deeper, no more: with one look through all that waits for each message
  // it would be ten thousand rows.
  CHECK(many < 2 * few);
}

TEST_CASE("Q-5 a claim takes those due first and those due last in turn, or all in order") {
  const TemporaryDirectory directory;
  Bench bench(directory.path);
  REQUIRE(bench.open());
  for (int i = 0; i < 9; ++i) {
    const std::string name = std::to_string(i);
    const Result<Accepted> accepted = bench.accept(message_to({name + "@c.example"}));
    REQUIRE(accepted);
    bench.clock.elapsed += std::chrono::seconds(1);
    REQUIRE(bench.settle({settlement(accepted->ids[0], Disposition::returned, bench.clock.utc())}));
  }
  const auto claimed = [&bench](std::size_t most, bool in_order) {
    std::string out;
    for (const Work& work : bench.claim("c.example", most, in_order).work)
      out += work.targets.at(0).to.local;
    return out;
  };
  CHECK(claimed(1, false) == "0");
  CHECK(claimed(2, true) == "12");
  CHECK(claimed(4, false) == "3847");
  CHECK(claimed(9, false) == "56");   // both ends find the same ones
}

}  // namespace hanse::store
