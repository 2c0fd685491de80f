// SPDX-License-Identifier: Apache-2.0
#include "federation/asker.h"
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

LinkEnd broken() {
  LinkEnd end = refused("connection reset");
  end.stage = LinkEnd::Stage::ready;
  return end;
}

Outcome unsure() {
  Outcome out;
  out.status = "4.4.2";
  out.ambiguous = true;
  return out;
}

using Ids = std::vector<std::string>;

}  // namespace

TEST_CASE("flow: a swift work leaves from memory, and the store hears nothing of it") {
  Played at;
  at.pass("A");
  at.pass("B");
  at.link().ready();
  CHECK(at.on_link() == Ids{"A", "B"});
  at.link().answer(Disposition::delivered);
  at.link().answer(Disposition::delivered);
  CHECK(at.queue.rows.empty());
  CHECK(at.queue.settled.empty());
  CHECK(at.lost.empty());
  CHECK(at.logged("msg.delivered") == 0);
  CHECK(at.lane->status().in_memory == 0);
}

TEST_CASE("flow: a swift work that cannot leave becomes durable") {
  LaneFixture at;
  SECTION("its attempt came to nothing") {
    at.peer_is_down();
    at.pass("A");
    at.pass("B");
    at.world.run_for(1s);
  }
  SECTION("the lane rests") {
    at.peer_is_down();
    at.pass("A");
    at.world.run_for(1s);
    at.pass("B");
    at.world.run_for(0us);
  }
  SECTION("its peer is suspended") {
    at.lane->hold(true);
    at.pass("A");
    at.pass("B");
    at.world.run_for(0us);
  }
  SECTION("the node ends") {
    at.pass("A");
    at.pass("B");
    at.lane->drain(false);
    CHECK_FALSE(at.lane->drained());
    at.world.run_for(0us);
    CHECK(at.lane->drained());
  }
  SECTION("there is no room") {
    at.traits->memory_items_max = 0;
    at.open(TlsLevel::may);
    at.peer_is_down();
    at.pass("A");
    at.pass("B");
    at.world.run_for(0us);
  }
  REQUIRE(at.queue.rows.size() == 2);
  CHECK(at.queue.rows.at(1).envelope->id == "A");
  CHECK(at.queue.rows.at(2).envelope->id == "B");
  CHECK(at.queue.rows.at(1).leg.lane == "b.example");
  CHECK(at.lane->status().in_memory == 0);
  CHECK(at.lost.empty());
}

TEST_CASE("flow: what became durable is delivered when the peer is back") {
  LaneFixture at;
  at.peer_is_down();
  at.pass("A");
  at.world.run_for(1s);
  CHECK(at.queue.count(fake::Leg::waiting) == 1);
  at.peer_is_up();
  at.world.run_for(10min);
  CHECK(at.queue.count(fake::Leg::delivered) == 1);
}

TEST_CASE("flow: more than can be stored at once follows in its order") {
  LaneFixture at;
  at.lane->hold(true);
  const std::size_t count = limits::lane_storing_items_max + 10;
  for (std::size_t n = 0; n < count; ++n) at.pass(std::to_string(n));
  CHECK(at.lane->status().in_memory == 10);
  CHECK_FALSE(at.lane->idle());
  at.world.run_for(1s);
  REQUIRE(at.queue.rows.size() == count);
  for (std::size_t n = 0; n < count; ++n)
    REQUIRE(at.queue.rows.at(static_cast<DeliveryId>(n + 1)).envelope->id == std::to_string(n));
  CHECK(at.lost.empty());
}

TEST_CASE("flow: what finds no room on its way to the store fails, and is told") {
  LaneFixture at;
  at.lane->hold(true);
  const std::size_t most = limits::lane_storing_items_max + limits::lane_spill_items_max;
  for (std::size_t n = 0; n < most + 3; ++n) at.pass(std::to_string(n));
  REQUIRE(at.lost.size() == 3);
  CHECK(at.lost_how[0].fault == Fault::overloaded);
  CHECK(at.lost[0].envelope->id == std::to_string(most));
  at.world.run_for(10s);
  CHECK(at.queue.rows.size() == most);
}

TEST_CASE("flow: a feeder is held up by a lane that is up, not by one that is down") {
  Played at;
  const auto hold = std::make_shared<const int>(0);
  at.pass("A", Flow::swift, 30s, hold);
  CHECK(hold.use_count() == 1);
  at.link().ready();
  at.pass("B", Flow::swift, 30s, hold);
  at.pass("C", Flow::live, 30s, hold);
  CHECK(hold.use_count() == 1 + 2);
  SECTION("until they have arrived") {
    for (int n = 0; n < 3; ++n) at.link().answer(Disposition::delivered);
    CHECK(hold.use_count() == 1);
  }
  SECTION("until the link breaks") {
    at.link().close(broken());
    at.world.run_for(0us);
    CHECK(hold.use_count() == 1);
  }
}

TEST_CASE("flow: what is on disk holds up no feeder") {
  Played at;
  at.pass("A");
  at.link().ready();
  const auto hold = std::make_shared<const int>(0);
  const DeliveryId id = at.queue.put("b.example");
  const MemoryQueue::Row& row = at.queue.rows.at(id);
  at.lane->take({row.envelope, row.body, {{id, row.leg.to, 1}}, nullptr, hold});
  CHECK(at.link().works.size() == 2);
  CHECK(hold.use_count() == 1);
}

TEST_CASE("D9 flow: with a full disk a swift work that cannot leave fails, and is told") {
  LaneFixture at;
  SECTION("known before") { at.disk_low = true; }
  SECTION("the store says so") { at.queue.accept_fails = true; }
  at.peer_is_down();
  at.pass("A");
  at.world.run_for(1s);
  REQUIRE(at.lost.size() == 1);
  CHECK(at.lost_how[0].fault == Fault::overloaded);
  CHECK(at.queue.rows.empty());
}

TEST_CASE("flow: swift works of a link that died go again, in their order") {
  Played at;
  at.pass("0");
  at.link().ready();
  at.link().answer(Disposition::delivered);   // the link was of use
  for (const char* id : {"A", "B", "C", "D"}) at.pass(id);
  FakeLink& first = at.link();
  SECTION("the engine gives them back") {
    at.by_hand();
    first.close(broken());
  }
  SECTION("the engine does not know") {
    const std::vector<Work> works = std::move(first.works);
    first.works.clear();
    for (const Work& work : works) first.settle(work.targets[0].id, unsure());
    first.close(broken());
  }
  SECTION("it says nothing at all") {
    first.works.clear();
    first.close(broken());
  }
  at.world.run_for(10ms);
  CHECK(at.queue.rows.empty());
  at.link().ready();
  CHECK(at.on_link() == Ids{"A", "B", "C", "D"});
}

TEST_CASE("flow: of the latest with one key only the newest waits, at the end") {
  Played at;
  const auto say = [&](const std::string& id, const std::string& key) {
    const std::shared_ptr<Envelope> envelope = message(id, at.world.utc());
    envelope->flow = Flow::latest;
    envelope->patience = 1min;
    envelope->key = {"mail", "a.example", key};
    at.lane->take({envelope, {}, {{0, address("u@b.example"), 1}}});
  };
  say("A", "one");
  say("B", "two");
  say("C", "one");
  say("D", "");
  say("E", "");
  CHECK(at.lane->status().in_memory == 4);
  at.link().ready();
  CHECK(at.on_link() == Ids{"B", "C", "D", "E"});
  CHECK(at.lost.empty());
}

TEST_CASE("flow: a live work waits as long as its patience lasts, then its sender hears") {
  LaneFixture at;
  at.peer_is_down();
  at.pass("A", Flow::live, 20s);
  at.pass("B", Flow::latest, 40s);
  at.world.run_for(19s);
  CHECK(at.lost.empty());
  CHECK(at.lane->status().in_memory == 2);
  at.world.run_for(2s);
  REQUIRE(at.lost.size() == 1);
  CHECK(at.lost[0].envelope->id == "A");
  CHECK(at.lost_how[0].status == "4.4.7");
  at.world.run_for(20s);
  CHECK(at.lost.size() == 2);
  CHECK(at.queue.rows.empty());
}

TEST_CASE("flow: a live work does not wait for a peer that cannot be trusted") {
  const bool distrusted = GENERATE(true, false);
  LaneFixture at;
  at.links.behave = [distrusted](const DialRequest&) {
    Behaviour out;
    out.connects = false;
    out.end = refused("a certificate of somebody else");
    out.end.status = distrusted ? "4.7.5" : "4.4.2";
    return out;
  };
  at.pass("A", Flow::live, 20s);
  at.pass("B");
  at.world.run_for(5s);
  REQUIRE(at.lost.size() == (distrusted ? 1 : 0));   // what is kept waits on
  if (!distrusted) return;
  CHECK(at.lost[0].envelope->id == "A");
  CHECK(at.lost_how[0].status == "4.7.5");
}

TEST_CASE("flow: a live work that has no patience leaves over a link that is up") {
  Played at;
  at.pass("A");
  at.link().ready();
  at.pass("B", Flow::live, 0us);
  CHECK(at.on_link() == Ids{"A", "B"});
  CHECK(at.lost.empty());
}

TEST_CASE("flow: a live work goes twice only when it surely did not arrive") {
  Played at;
  at.pass("0");
  at.link().ready();
  at.link().answer(Disposition::delivered);
  at.pass("A", Flow::live);
  FakeLink& first = at.link();
  SECTION("the link died with it") {
    first.works.clear();
    first.close(broken());
    at.world.run_for(1s);
    REQUIRE(at.lost.size() == 1);
    CHECK(at.lost_how[0].ambiguous);
  }
  SECTION("the link gave it back") {
    first.close(broken());
    at.world.run_for(10ms);
    at.link().ready();
    CHECK(at.on_link() == Ids{"A"});
    CHECK(at.lost.empty());
  }
  SECTION("the peer refused it") {
    first.answer(Disposition::failed, "5.1.1");
    REQUIRE(at.lost.size() == 1);
    CHECK(at.lost_how[0].status == "5.1.1");
  }
}

TEST_CASE("flow: live works over the bound fail at once") {
  LaneFixture at;
  at.traits->memory_items_max = 2;
  at.open(TlsLevel::may);
  at.by_hand();
  for (const char* id : {"A", "B", "C"}) at.pass(id, Flow::live);
  REQUIRE(at.lost.size() == 1);
  CHECK(at.lost[0].envelope->id == "C");
  CHECK(at.lost_how[0].fault == Fault::overloaded);
}

TEST_CASE("flow: a swift work that the peer puts off is stored, one it refuses is told") {
  Played at;
  at.pass("A");
  at.pass("B");
  at.link().ready();
  at.link().answer(Disposition::deferred, "4.2.1");
  at.link().answer(Disposition::failed, "5.1.1");
  at.world.run_for(0us);
  REQUIRE(at.lost.size() == 1);
  CHECK(at.lost[0].envelope->id == "B");
  REQUIRE(at.queue.rows.size() == 1);
  CHECK(at.queue.rows.at(1).envelope->id == "A");
}

TEST_CASE("flow: who asked hears the end once, whatever it is") {
  Played at;
  const auto home = std::make_shared<ShardDoor>();
  home->executor = &at.world;
  std::vector<Outcome> heard;
  const auto ask = [&] {
    const std::shared_ptr<Envelope> envelope = message("A", at.world.utc());
    envelope->flow = Flow::live;
    envelope->patience = 30s;
    at.lane->take({envelope, {}, {{0, address("u@b.example"), 1}},
                   std::make_shared<Asker>(home, [&](Outcome one) { heard.push_back(one); })});
  };
  ask();
  SECTION("delivered") {
    at.link().ready();
    at.link().answer(Disposition::delivered, "2.0.0");
    at.world.run_for(0us);
    REQUIRE(heard.size() == 1);
    CHECK(heard[0].disposition == Disposition::delivered);
  }
  SECTION("told by the host when it is not") {
    at.world.run_for(31s);
    REQUIRE(at.lost.size() == 1);
    at.lost[0].asker->tell(at.lost_how[0]);
    at.lost.clear();
    at.world.run_for(0us);
    REQUIRE(heard.size() == 1);
    CHECK(heard[0].status == "4.4.7");
  }
  SECTION("the lane is no more") {
    at.lane.reset();
    at.world.run_for(0us);
    REQUIRE(heard.size() == 1);
    CHECK(heard[0].status == "4.3.2");
  }
  SECTION("the asker's shard is no more") {
    home->executor = nullptr;
    at.lane.reset();
    at.world.run_for(0us);
    CHECK(heard.empty());
  }
}
