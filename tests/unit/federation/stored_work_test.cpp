// SPDX-License-Identifier: Apache-2.0
#include "federation/stored_work.h"

#include "tests/catch.h"
#include "tests/unit/federation/lane_fixture.h"

using namespace hanse;
using namespace hanse::fake;

namespace {

struct Fixture : LaneFixture {
  const std::string protocol = "mail", name = "b.example";
  StoredWork stored{protocol, name,
                    LaneParts{world, random, world, queue, names, links, log, metrics, bodies,
                              wall, *this}};
  std::size_t claimed = 0;
  void claim(std::size_t most = 10) {
    stored.claim(most, 1h, false, [this](std::vector<Work> works) { claimed += works.size(); });
  }
};

}  // namespace

TEST_CASE("an empty claim ends what is due, unless something came back meanwhile") {
  Fixture at;
  CHECK(at.stored.nothing());
  at.stored.due_now();
  at.claim();
  CHECK_FALSE(at.stored.may_claim(at.world.now()));   // one at a time
  SECTION("nothing came back") {
    at.world.settle_down();
    CHECK_FALSE(at.stored.due());
    CHECK(at.stored.nothing());
  }
  SECTION("something did, behind the claim's back") {
    at.queue.put("b.example", "u@b.example", 1);
    at.stored.due_now();
    at.world.settle_down();
    CHECK(at.stored.due());
    at.claim();
    at.world.settle_down();
    CHECK(at.claimed == 1);
    CHECK(at.stored.nothing());
  }
}

TEST_CASE("an empty claim says when the next one is worth while") {
  Fixture at;
  at.queue.rows.at(at.queue.put("b.example", "u@b.example", 1)).due = at.world.utc() + 10min;
  at.stored.due_now();
  at.claim();
  at.world.settle_down();
  CHECK(at.stored.waiting() == 1);
  CHECK(at.stored.next() == at.world.now() + 10min);
  at.world.run_for(9min);
  at.stored.tick(at.world.now());
  CHECK_FALSE(at.stored.due());
  at.world.run_for(1min);
  at.stored.tick(at.world.now());
  CHECK(at.stored.due());
}

TEST_CASE("the earliest of several times counts, and none is further than the longest wait") {
  Fixture at;
  at.stored.due_at(at.world.utc() + 24h * 365, 1h);
  CHECK(at.stored.next() == at.world.now() + 1h);
  at.stored.due_at(at.world.utc() + 5min, 1h);
  at.stored.due_at(at.world.utc() + 7min, 1h);
  CHECK(at.stored.next() == at.world.now() + 5min);
  at.stored.due_at(at.world.utc() - 5min, 1h);
  CHECK(at.stored.next() == at.world.now());
}

TEST_CASE("D8 what waited long enough is claimed whatever the wall clock says") {
  Fixture at;
  at.queue.rows.at(at.queue.put("b.example", "u@b.example", 1)).due = at.world.utc() + 10min;
  at.stored.due_at(at.world.utc() + 10min, 1h);
  at.world.jump(-24h * 365);
  at.world.run_for(10min);
  at.stored.tick(at.world.now());
  at.claim();
  at.world.settle_down();
  CHECK(at.claimed == 1);
}
