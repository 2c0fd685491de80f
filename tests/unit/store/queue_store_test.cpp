// SPDX-License-Identifier: Apache-2.0
#include "store/store.h"

#include "tests/catch.h"
#include "tests/unit/store/kit.h"

namespace hanse::store {

using std::chrono::minutes;

TEST_CASE("Q-1 a message is accepted, deferred, claimed again and delivered") {
  const TemporaryDirectory directory;
  Bench bench(directory.path);
  REQUIRE(bench.open());
  const Result<Accepted> accepted = bench.accept(message_to({"one@c.example", "two@c.example"}));
  REQUIRE(accepted);
  REQUIRE(accepted->ids.size() == 2);
  CHECK(bench.claim("c.example").work.empty());   // both are the caller's

  const UtcTime later = bench.clock.utc() + minutes(5);
  REQUIRE(bench.settle({settlement(accepted->ids[0], Disposition::delivered),
                        settlement(accepted->ids[1], Disposition::deferred, later)}));
  const Queue::Claimed early = bench.claim("c.example");
  CHECK(early.work.empty());
  CHECK(early.next == later);
  CHECK(early.waiting == 1);

  bench.clock.elapsed += minutes(6);
  const Queue::Claimed due = bench.claim("c.example");
  REQUIRE(due.work.size() == 1);
  REQUIRE(due.work[0].targets.size() == 1);
  CHECK(due.work[0].targets[0].id == accepted->ids[1]);
  CHECK(due.work[0].targets[0].attempt == 2);
  CHECK(due.work[0].targets[0].to.local == "two");
  REQUIRE(due.work[0].body.bytes);
  CHECK(*due.work[0].body.bytes == "a body\r\n");
  CHECK(due.work[0].envelope->from.domain == "b.example");
  CHECK(due.waiting == 0);
}

TEST_CASE("Q-2 what was under way at a crash waits again; what was delivered does not") {
  const TemporaryDirectory directory;
  Bench bench(directory.path);
  REQUIRE(bench.open());
  const Result<Accepted> first = bench.accept(message_to({"one@c.example"}));
  const Result<Accepted> second = bench.accept(message_to({"two@c.example"}));
  REQUIRE(first);
  REQUIRE(second);
  REQUIRE(bench.settle({settlement(first->ids[0], Disposition::delivered)}));
  bench.crash();

  REQUIRE(bench.open());
  const Recovered& recovered = bench.store->recovered();
  CHECK_FALSE(recovered.clean_exit);
  CHECK(recovered.interrupted == 1);
  REQUIRE(recovered.backlogs.size() == 1);
  CHECK(recovered.backlogs[0].lane == "c.example");
  CHECK(recovered.backlogs[0].waiting == 1);
  CHECK(recovered.backlogs[0].fresh);
  const Queue::Claimed claimed = bench.claim("c.example");
  REQUIRE(claimed.work.size() == 1);
  CHECK(claimed.work[0].targets[0].id == second->ids[0]);
  CHECK(claimed.work[0].targets[0].attempt == 2);
}

}  // namespace hanse::store
