// SPDX-License-Identifier: Apache-2.0
#include "federation/steady_wall.h"

#include "tests/catch.h"
#include "tests/unit/federation/fake_world.h"

using namespace hanse;
using namespace hanse::fake;

TEST_CASE("D8 ages are judged by a wall clock that does not jump ahead") {
  World world;
  const UtcTime start = world.utc();
  SteadyWall wall(world);
  CHECK(wall.now() == start);
  world.run_for(1h);
  CHECK(wall.now() == start + 1h);
  world.jump(30s);                       // time servers do that
  CHECK(wall.now() == world.utc());
  world.jump(48h);
  CHECK(wall.now() == start + 1h);
  world.run_for(1h);
  CHECK(wall.now() == start + 2h);
  CHECK(wall.now_for(start) == start + 2h);
  CHECK(wall.now_for(world.utc() - 1h) == world.utc());
  SECTION("put right again") {
    world.jump(-48h);
    CHECK(wall.now() == world.utc());
  }
  SECTION("it was right: after five days the jump is forgotten") {
    world.run_for(118h);
    CHECK(wall.now() < world.utc() - 47h);
    world.run_for(1h);
    CHECK(wall.now() == world.utc());
  }
  SECTION("back beyond where it was") {
    world.jump(-100h);
    CHECK(wall.now() == world.utc());
    CHECK(wall.now_for(start) >= world.utc());
  }
}
