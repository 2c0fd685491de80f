// SPDX-License-Identifier: Apache-2.0
// Two connections of a peer that both want to serve its one lane.

#include "tests/catch.h"
#include "tests/unit/federation/ordered_fixture.h"

using namespace hanse;
using namespace hanse::fake;

TEST_CASE("served: the connection that is here stays if it is alive, a second one is sent away") {
  Ordered at;
  Served* first = at.adopt();
  at.send(1);
  CHECK(first->works.size() == 1);
  CHECK(first->asked == 0);
  Served* second = at.adopt();
  CHECK(first->asked == 1);
  CHECK(second->came == 1);
  CHECK_FALSE(second->draining);   // until it is known
  at.send(1);
  CHECK(second->works.empty());
  const bool says_so = GENERATE(true, false);
  if (says_so) at.lane->wake();
  else at.world.run_for(limits::contest_wait_max);
  CHECK(second->draining);
  CHECK_FALSE(first->draining);
  at.send(1);
  at.world.run_for(1ms);
  CHECK(second->works.empty());
  CHECK(first->works.size() == 3);
}

TEST_CASE("served: a second connection has the place of one that is dead") {
  Ordered at;
  Served* first = at.adopt();
  Served* second = at.adopt();
  at.send(1);
  Served* third = at.adopt();
  CHECK(third->draining);          // one waits
  CHECK(third->came == 1);
  at.world.run_for(5s);
  CHECK(second->works.empty());
  first->answer();
  first->close();
  at.send(1);
  CHECK(second->works.size() == 1);
  at.world.run_for(1min);
  CHECK_FALSE(second->draining);
  CHECK(at.lane->status().phase == "up");
}

TEST_CASE("served: one that goes while it waits leaves the place to wait to the next") {
  Ordered at;
  at.adopt();
  at.adopt()->close();
  at.world.run_for(1ms);
  Served* next = at.adopt();
  CHECK_FALSE(next->draining);
  at.lane->drain(false);
  CHECK(next->draining);
}
