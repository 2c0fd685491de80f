// SPDX-License-Identifier: Apache-2.0
#include "federation/limits.h"
#include "tests/catch.h"
#include "tests/unit/federation/lane_fixture.h"

using namespace hanse;
using namespace hanse::fake;

namespace {

// Its one peer is down; another address would do. It waits ten minutes behind its first failure.
struct Waits : LaneFixture {
  explicit Waits(bool looks_again = true) {
    traits->looks_again = looks_again;
    traits->ordered = true;      // the lane alone says when to try
    traits->breaker_waits = {10min};
    traits->breaker_jitter_percent = 0;
    links.behave = [](const DialRequest& request) {
      Behaviour out;
      out.connects = request.endpoint.address != "192.0.2.1";
      if (!out.connects) out.end = refused();
      return out;
    };
    send();
    world.run_for(1s);
    CHECK(links.dialled.size() == 1);
  }
  void move(std::vector<std::string> to) {
    names.answers.insert_or_assign("b.example", addresses(std::move(to)));
  }
};

}  // namespace

TEST_CASE("xmpp 5.2: a peer whose records lead elsewhere is tried at once") {
  const bool looks_again = GENERATE(true, false);
  Waits at(looks_again);
  at.move({"192.0.2.1", "192.0.2.9"});
  at.world.run_for(2 * (10min / limits::looks_per_wait_max));
  CHECK(at.queue.count(fake::Leg::delivered) == (looks_again ? 1u : 0u));
  CHECK(at.logged("queue.moved") == (looks_again ? 1u : 0u));
}

TEST_CASE("xmpp 5.2: records that say what they said are no reason to try") {
  Waits at;
  SECTION("the same") {}
  SECTION("nothing for the moment") { at.names.answers.erase("b.example"); }
  at.world.run_for(10min - 5s);
  CHECK(at.links.dialled.size() == 1);
  CHECK(at.logged("queue.moved") == 0);
  const std::size_t looked = at.names.asked.size();
  CHECK(looked > 1);
  CHECK(looked <= 1 + 4 * limits::looks_per_wait_max);   // an address is up to two questions
}

TEST_CASE("xmpp 5.2: nothing is looked up for a lane in which nothing waits, or that is held") {
  Waits at;
  SECTION("nothing waits") {
    for (auto& [id, row] : at.queue.rows) row.state = fake::Leg::delivered;
    at.lane->wake();
    at.world.run_for(1s);
  }
  SECTION("held") { at.lane->hold(true); }
  const std::size_t asked = at.names.asked.size(), dialled = at.links.dialled.size();
  at.move({"192.0.2.9"});
  at.world.run_for(9min);
  CHECK(at.names.asked.size() == asked);
  CHECK(at.links.dialled.size() == dialled);
}

TEST_CASE("xmpp 5.2: a place that was tried before is not new") {
  Waits at;
  at.move({"192.0.2.9"});
  at.links.behave = [](const DialRequest&) {
    Behaviour out;
    out.connects = false;
    out.end = refused();
    return out;
  };
  at.world.run_for(2min);
  CHECK(at.links.dialled.size() == 2);
  at.move({"192.0.2.1"});     // and back again, and so on
  at.world.run_for(3min);
  at.move({"192.0.2.9"});
  at.world.run_for(3min);
  CHECK(at.links.dialled.size() == 2);
  CHECK(at.logged("queue.moved") == 1);
}
