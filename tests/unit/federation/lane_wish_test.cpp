// SPDX-License-Identifier: Apache-2.0
// Lanes that are opened when an operator wishes it, and not before.

#include "tests/catch.h"
#include "tests/unit/federation/lane_fixture.h"
#include "tests/unit/federation/node_fixture.h"

using namespace hanse;
using namespace hanse::fake;

namespace {

struct Wished : LaneFixture {
  Wished() {
    traits->on_wish = {"b.example"};
    traits->ordered = true;
    traits->links_first = traits->links_max = 1;
    traits->breaker_failures = 1;
    traits->idle_keep = 1s;
    traits->link_age_max = 1min;
    open(TlsLevel::may);
    by_hand();
    lane->wake();
    world.run_for(1h);
  }
  FakeLink& link() {
    REQUIRE(links.open.size() == 1);
    return *links.open.front();
  }
};

}  // namespace

TEST_CASE("on wish: nothing is dialled before, and what was opened stays until it ends") {
  Wished at;
  CHECK(at.links.dialled.empty());
  CHECK_FALSE(at.lane->idle());
  CHECK(at.lane->status().phase == "idle");
  CHECK_FALSE(at.lane->status().stands);
  at.lane->wish();
  at.world.run_for(10ms);
  at.link().ready();
  at.world.run_for(24h);
  CHECK(at.lane->status().phase == "up");
  CHECK(at.links.dialled.size() == 1);
  LinkEnd end;
  SECTION("it broke") { end = refused("connection reset"); }
  SECTION("it said goodbye") { end.orderly = true; }
  end.stage = LinkEnd::Stage::ready;
  at.link().close(end);
  at.world.run_for(24h);
  CHECK(at.links.dialled.size() == 1);
  CHECK(at.lane->status().phase == "idle");
  at.lane->wish();
  at.world.run_for(10ms);
  CHECK(at.links.dialled.size() == 2);
}

TEST_CASE("on wish: one attempt is made at all its addresses; what came of it is seen") {
  Wished at;
  at.names.answers.insert_or_assign("b.example", addresses({"192.0.2.1", "192.0.2.2"}));
  at.peer_is_down();
  at.lane->wish();
  at.world.run_for(24h);
  CHECK(at.links.dialled.size() == 2);
  const LaneStatus status = at.lane->status();
  CHECK(status.failures == 1);
  CHECK(status.last_error == refused().what);
  CHECK_FALSE(status.next_try);
  CHECK_FALSE(status.breaker_open_since);   // nothing is to be there
  CHECK(at.logged("queue.breaker_open") == 0);
  at.peer_is_up();
  at.lane->wish();
  at.world.run_for(1s);
  CHECK(at.lane->status().phase == "up");
  CHECK(at.lane->status().failures == 0);
}

TEST_CASE("on wish: not while its peer is suspended, and not by itself afterwards") {
  Wished at;
  at.lane->hold(true);
  at.lane->wish();
  at.lane->hold(false);
  at.lane->hold(true);
  at.lane->hold(false);
  at.world.run_for(1h);
  CHECK(at.links.dialled.empty());
}

TEST_CASE("on wish: no other lane is opened by one") {
  LaneFixture at;
  at.lane->wish();
  at.world.run_for(1h);
  CHECK(at.links.dialled.empty());
}

TEST_CASE("on wish: an exchange has the lane from the start, and opens it by its name alone") {
  Node node;
  auto traits = test_traits();
  traits->on_wish = {"b.example"};
  node.exchange->apply(node.policy, {traits}, {});
  node.exchange->start({}, true);
  node.world.run_for(10s);
  REQUIRE(node.exchange->lanes().size() == 1);
  CHECK(node.exchange->lanes()[0].lane == "b.example");
  node.exchange->wake("mail", "");
  node.world.run_for(1min);
  CHECK(node.links.dialled.empty());
  node.exchange->wake("mail", "b.example");
  node.world.run_for(1s);
  CHECK(node.links.dialled.size() == 1);
}

TEST_CASE("whoever made the traits hears why nobody was reached") {
  LaneFixture at;
  std::vector<std::string> heard;
  at.traits->unreachable = [&heard](const std::string& lane, const std::string& why) {
    heard.push_back(lane + ": " + why);
  };
  LinkEnd end = refused();
  const bool connected = GENERATE(false, true);   // else an engine is there that knows it all
  if (connected) end.stage = LinkEnd::Stage::handshake;
  at.links.behave = [&](const DialRequest&) {
    Behaviour out;
    out.connects = false;
    out.end = end;
    return out;
  };
  at.send();
  at.world.run_for(1s);
  CHECK(heard == (connected ? std::vector<std::string>{}
                            : std::vector<std::string>{"b.example: " + end.what}));
}
