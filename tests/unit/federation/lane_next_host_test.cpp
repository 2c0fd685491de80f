// SPDX-License-Identifier: Apache-2.0
// What one host of a destination does not take goes to the next one.

#include "federation/lane.h"

#include "tests/catch.h"
#include "tests/unit/federation/lane_fixture.h"

using namespace hanse;
using namespace hanse::fake;

TEST_CASE("M-10 what a host gave back of a message is tried at the next one, the same attempt") {
  LaneFixture at;
  at.first_host_by_hand();
  const DeliveryId taken = at.queue.put("b.example"), left = at.queue.put("b.example");
  const MemoryQueue::Row& row = at.queue.rows.at(taken);
  at.lane->take({row.envelope, row.body, {{taken, row.leg.to, 1}, {left, row.leg.to, 1}}});
  at.world.run_for(10ms);
  REQUIRE(at.links.open.size() == 1);
  fake::FakeLink& first = *at.links.open.front();
  first.ready();
  CHECK(first.others_left);
  Outcome yes;
  yes.disposition = Disposition::delivered;
  first.settle(taken, yes);
  first.works.front().targets.erase(first.works.front().targets.begin());
  LinkEnd end = refused("450 later");
  end.stage = LinkEnd::Stage::ready;
  end.orderly = true;
  first.close(end);
  at.world.run_for(10ms);
  // It is of use, so it is asked once more, and passed over when it has nothing to say.
  REQUIRE(at.links.open.size() == 1);
  CHECK(at.links.dialled.back().endpoint.address == "192.0.2.1");
  at.links.open.front()->ready();
  end.orderly = false;
  at.links.open.front()->close(end);
  at.world.run_for(1s);
  CHECK(at.links.dialled.back().endpoint.address == "192.0.2.2");
  CHECK_FALSE(at.links.open.back()->others_left);
  CHECK(at.queue.count(fake::Leg::delivered) == 2);
  CHECK(at.lane->status().failures == 0);
}
