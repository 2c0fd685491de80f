// SPDX-License-Identifier: Apache-2.0
// Works for whose sake nobody is dialled.
#include "tests/catch.h"
#include "tests/unit/federation/lane_fixture.h"

using namespace hanse;
using namespace hanse::fake;

namespace {

// One link whose far side the test plays; it is up.
struct Played : LaneFixture {
  Played() {
    traits->links_max = 1;
    traits->link_window = 100;
    open(TlsLevel::may);
    by_hand();
  }
  FakeLink& link() {
    world.run_for(10ms);
    REQUIRE(links.open.size() == 1);
    return *links.open.front();
  }
  std::vector<std::string> on_link() {
    std::vector<std::string> out;
    for (const Work& work : link().works) out.push_back(work.envelope->id);
    return out;
  }
};

using Ids = std::vector<std::string>;

}  // namespace

TEST_CASE("xmpp 9.4 flow: nobody is dialled for what is not worth it, it goes along with others") {
  Played at;
  const Flow flow = GENERATE(Flow::live, Flow::latest);
  at.pass("A", flow, -20s);
  at.world.run_for(5s);
  CHECK(at.links.open.empty());
  SECTION("with what is worth it, in its order") {
    at.pass("B", Flow::live);
    at.pass("C", flow, -20s);
    at.link().ready();
    CHECK(at.on_link() == Ids{"A", "B", "C"});
    at.pass("D", flow, -20s);   // the link is there
    CHECK(at.on_link() == Ids{"A", "B", "C", "D"});
  }
  SECTION("or not at all, when its time is over") {
    at.world.run_for(16s);
    REQUIRE(at.lost.size() == 1);
    CHECK(at.links.open.empty());
    at.pass("B", Flow::live);
    at.link().ready();
    CHECK(at.on_link() == Ids{"B"});
  }
}

TEST_CASE("xmpp 9.4 flow: what is not worth a dial is not in the way of what is stored") {
  LaneFixture at;
  at.peer_is_down();
  at.pass("A");
  at.world.run_for(1s);
  REQUIRE(at.queue.count(fake::Leg::waiting) == 1);
  at.pass("B", Flow::latest, -1h);
  at.peer_is_up();
  at.world.run_for(30min);
  CHECK(at.queue.count(fake::Leg::delivered) == 1);
  CHECK(at.lost.empty());
}
