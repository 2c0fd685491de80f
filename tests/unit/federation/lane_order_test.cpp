// SPDX-License-Identifier: Apache-2.0
// What waits in memory keeps its place among what is on disk.
#include "federation/lane_ledger.h"
#include "federation/retry.h"
#include "server/base/limits.h"
#include "tests/catch.h"
#include "tests/unit/federation/ordered_fixture.h"

using namespace hanse;
using namespace hanse::fake;

namespace {

using Ids = std::vector<std::string>;

// Of each kind one, in turn, with what came before it first.
Ids send_all_kinds(Ordered& at, const std::string& name) {
  at.pass(name + "1");
  at.pass(name + "2", Flow::live, 60s);
  at.pass(name + "3");
  at.pass(name + "4", Flow::latest, 60s);
  at.pass(name + "5", Flow::live, -60s);
  at.pass(name + "6");
  at.pass(name + "7", Flow::live, 60s);
  return {name + "1", name + "2", name + "3", name + "4", name + "5", name + "6", name + "7"};
}

}  // namespace

TEST_CASE("xmpp 4.7: after an outage all kinds go in the order in which they came") {
  Ordered at;
  at.peer_is_down();
  at.queue.accept_wait = GENERATE(0ms, 300ms);
  Ids wanted = send_all_kinds(at, "A");
  at.world.run_for(GENERATE(0ms, 500ms, 4s));
  for (const std::string& id : send_all_kinds(at, "B")) wanted.push_back(id);
  at.world.run_for(GENERATE(0ms, 500ms, 4s));
  at.peer_is_up();
  at.world.run_for(10s);
  CHECK(at.links.delivered == wanted);
  CHECK(at.lost.empty());
  at.pass("C", Flow::live, 60s);   // and nothing waits for nothing
  at.world.run_for(10ms);
  CHECK(at.links.delivered.back() == "C");
}

TEST_CASE("xmpp 4.7: what came between two batches of the store goes between them") {
  Ordered at;
  at.peer_is_down();
  Ids wanted;
  for (std::size_t n = 0; n < 3 * limits::claim_items_max; ++n) {
    wanted.push_back(std::to_string(n));
    at.pass(wanted.back(), n % 50 == 49 ? Flow::live : Flow::swift, 60s);
  }
  at.world.run_for(5s);
  at.peer_is_up();
  at.world.run_for(10s);
  CHECK(at.links.delivered == wanted);
}

TEST_CASE("xmpp 4.7: what the store had at the start goes before all that comes") {
  Ordered at;
  at.peer_is_down();
  at.pass("A");
  at.pass("B");
  at.world.run_for(5s);
  REQUIRE(at.queue.count(fake::Leg::waiting) == 2);
  at.open(TlsLevel::may);
  LaneBacklog backlog{"smtp", "b.example", 2, at.world.utc(), false};
  at.peer_is_up();
  at.lane->recover(backlog);
  SECTION("and it is not waited for longer than somebody has to") {
    at.pass("C", Flow::live, 20s);
    at.pass("D");
    at.pass("E", Flow::live, 20s);
    at.world.run_for(10s);
    CHECK(at.links.delivered == Ids{"A", "B", "C", "D", "E"});
  }
  SECTION("of what is worth no dial neither") {
    at.pass("C", Flow::live, -1h);
    at.world.run_for(10min);
    CHECK(at.links.delivered == Ids{"A", "B", "C"});
  }
  CHECK(at.lost.empty());
}

TEST_CASE("xmpp 4.7: what the store has and the lane has not seen goes first") {
  Ordered at;
  at.by_hand();
  at.pass("A", Flow::live, 60s);
  at.world.run_for(10ms);
  const DeliveryId id = at.queue.put("b.example");
  at.queue.settle({returned({id, address("user@b.example"), 1}, "its shard is busy", UtcTime{})});
  at.lane->take({});
  at.pass("B", Flow::live, 60s);
  at.world.run_for(10ms);
  at.links.open.front()->ready();
  at.world.run_for(10ms);
  CHECK(at.on_link() == Ids{"A", "M1", "B"});
}

TEST_CASE("xmpp 4.7: a work that waits in memory ends with its patience, whatever is before it") {
  Ordered at;
  at.queue.claim_fails = true;
  at.pass("A", Flow::live, 60s);
  at.world.run_for(10ms);
  REQUIRE(at.links.delivered == Ids{"A"});
  at.lane->take({});
  at.pass("B", Flow::live, 60s);
  at.pass("C", Flow::latest, 60s);
  at.world.run_for(59s);
  CHECK(at.links.delivered == Ids{"A"});
  CHECK(at.lost.empty());
  at.world.run_for(2s);
  CHECK(at.lost.size() == 2);
}

TEST_CASE("xmpp 4.7: what waits in memory leaves room for what it waits for") {
  Ordered at;
  at.peer_is_down();
  at.pass("A");
  at.world.run_for(500ms);
  for (std::size_t n = 0; n < at.traits->memory_items_max; ++n)
    at.pass(std::to_string(n), Flow::live, 60s);
  CHECK(at.lost.size() == limits::claim_items_max);
  at.peer_is_up();
  at.world.run_for(20s);
  REQUIRE(at.links.delivered.size() == at.traits->memory_items_max - limits::claim_items_max + 1);
  CHECK(at.links.delivered.front() == "A");
  CHECK(at.lost.size() == limits::claim_items_max);
}

TEST_CASE("xmpp 4.7: a link that breaks puts all kinds back where they were") {
  Ordered at;
  at.peer_is_down();
  Ids wanted = send_all_kinds(at, "A");
  at.world.run_for(3s);
  at.by_hand();
  at.world.run_for(10s);
  REQUIRE(!at.links.open.empty());
  at.links.open.front()->ready();
  at.world.run_for(10ms);
  at.links.open.front()->answer(Disposition::delivered, "2.0.0");   // it was the one to try
  at.world.run_for(10ms);
  wanted.erase(wanted.begin());
  REQUIRE(at.on_link() == wanted);
  Outcome back;
  back.disposition = Disposition::returned;
  FakeLink& link = *at.links.open.front();
  const std::vector<Work> works = std::move(link.works);
  link.works.clear();
  for (const Work& work : works) link.settle(work.targets[0].id, back);
  at.peer_is_up();
  LinkEnd end = refused("connection reset");
  end.stage = LinkEnd::Stage::ready;
  link.close(end);
  at.world.run_for(20s);
  CHECK(Ids(at.links.delivered.begin() + 1, at.links.delivered.end()) == wanted);
}

TEST_CASE("xmpp 4.7: what goes back while the store is asked is not passed by its answer") {
  Ordered at;
  std::vector<DeliveryId> ids;
  for (int n = 0; n < 3; ++n) ids.push_back(at.queue.put("b.example"));
  for (const DeliveryId id : {ids[0], ids[2]})
    at.queue.settle({returned({id, address("user@b.example"), 1}, "busy", UtcTime{})});
  at.lane->take({});                       // it asks
  const MemoryQueue::Row& row = at.queue.rows.at(ids[1]);
  at.lane->take({row.envelope, row.body, {{ids[1], row.leg.to, 1}}});
  at.world.run_for(10s);
  CHECK(at.links.delivered == Ids{"M1", "M2", "M3"});
}

TEST_CASE("xmpp 4.7: what came before a work that the lane had not seen goes before it") {
  Ordered at;
  at.peer_is_down();
  at.pass("A");
  at.world.run_for(500ms);
  at.lane->take({});                       // somebody says that there is more
  at.pass("B", Flow::live, 60s);
  const DeliveryId id = at.queue.put("b.example");
  at.queue.settle({returned({id, address("user@b.example"), 1}, "busy", UtcTime{})});
  Work more;
  more.after = id;
  at.lane->take(std::move(more));
  at.pass("C", Flow::live, 60s);
  at.peer_is_up();
  at.world.run_for(10s);
  CHECK(at.links.delivered == Ids{"A", "B", "M2", "C"});
}
