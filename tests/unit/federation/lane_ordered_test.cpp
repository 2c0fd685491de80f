// SPDX-License-Identifier: Apache-2.0
#include "federation/lane_ledger.h"
#include "federation/retry.h"
#include "tests/catch.h"
#include "tests/unit/federation/ordered_fixture.h"

using namespace hanse;
using namespace hanse::fake;

namespace {

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

TEST_CASE("ordered: the lane waits as its protocol says, and nothing of it waits on its own") {
  Ordered at;
  at.peer_is_down();
  at.send(2);
  std::vector<Duration> gaps;
  for (std::size_t dials = at.links.dialled.size(), slept = 0; gaps.size() < 6; ++slept) {
    at.world.run_for(100ms);
    if (at.links.dialled.size() == dials) continue;
    if (dials > 0) gaps.push_back(slept * 100ms);
    dials = at.links.dialled.size();
    slept = 0;
  }
  const Duration wanted[] = {1s, 2s, 4s, 4s, 4s};
  for (std::size_t at_wait = 0; at_wait < 5; ++at_wait) {
    CAPTURE(at_wait);
    CHECK(gaps[at_wait] >= wanted[at_wait] - 200ms);
    CHECK(gaps[at_wait] <= wanted[at_wait] + 300ms);
  }
  CHECK(at.queue.rows.at(1).due == UtcTime{});
  at.peer_is_up();
  at.world.run_for(6s);
  CHECK(at.links.delivered == Ids{"M1", "M2"});
}

TEST_CASE("ordered: no work overtakes another, whatever became of the link") {
  Ordered at;
  at.by_hand();
  at.send(4);
  at.world.run_for(10ms);
  at.links.open.front()->ready();
  CHECK(at.on_link() == Ids{"M1", "M2", "M3", "M4"});
  FakeLink& first = *at.links.open.front();
  SECTION("given back from the first to the last") { first.close(broken()); }
  SECTION("the second may have arrived, the others come back") {
    const std::vector<Work> works = std::move(first.works);
    first.works.clear();
    Outcome delivered;
    delivered.disposition = Disposition::delivered;
    Outcome back;
    back.disposition = Disposition::returned;
    first.settle(works[0].targets[0].id, back);
    first.settle(works[1].targets[0].id, unsure());
    first.settle(works[2].targets[0].id, back);
    first.settle(works[3].targets[0].id, back);
    first.close(broken());
  }
  SECTION("it only closes") {
    first.works.clear();
    first.close(broken());
  }
  at.send();   // behind all of them
  at.peer_is_up();
  at.world.run_for(30s);
  for (int turns = 0; turns < 5; ++turns) {
    if (!at.links.open.empty()) at.links.open.front()->ready();
    at.world.run_for(5s);
  }
  CHECK(at.links.delivered == Ids{"M1", "M2", "M3", "M4", "M5"});
}

TEST_CASE("ordered: what comes new goes behind what the store holds") {
  Ordered at;
  at.peer_is_down();
  at.send(3);
  at.world.run_for(500ms);
  at.send();
  at.pass("S1");
  at.pass("S2");
  at.world.run_for(0us);
  CHECK(at.lane->status().in_memory == 0);
  at.peer_is_up();
  at.world.run_for(10s);
  CHECK(at.links.delivered == Ids{"M1", "M2", "M3", "M4", "S1", "S2"});
  at.pass("S3");
  at.world.run_for(0us);
  CHECK(at.queue.rows.size() == 6);   // from memory again
  at.world.run_for(1s);
  CHECK(at.links.delivered.back() == "S3");
}

TEST_CASE("ordered: one that the peer puts off holds up those behind it") {
  Ordered at;
  at.by_hand();
  at.send(2);
  at.world.run_for(10ms);
  FakeLink& link = *at.links.open.front();
  link.ready();
  link.answer(Disposition::deferred, "4.2.1");
  at.send();
  at.world.run_for(0us);
  CHECK(at.on_link() == Ids{"M2"});
  link.answer(Disposition::delivered);
  at.world.run_for(1ms);
  CHECK(at.on_link() == Ids{"M1", "M3"});
}

TEST_CASE("ordered: after an outage the window opens with the first delivery") {
  Ordered at;
  at.peer_is_down();
  at.send(1200);
  at.world.run_for(1s);
  at.by_hand();
  at.world.run_for(2s);
  FakeLink& link = *at.links.open.back();
  link.ready();
  REQUIRE(link.works.size() == 1);
  link.answer(Disposition::delivered);
  at.world.run_for(1s);
  CHECK(at.lane->status().window == 1000);
  CHECK(link.works.size() == 1000);
}

TEST_CASE("ordered: the lifetime ends one work, not the lane") {
  Ordered at;
  at.traits->lifetime = 1h;
  at.peer_is_down();
  at.send(2);
  at.world.run_for(200h);
  CHECK(at.queue.count(fake::Leg::expired) == 2);
}

TEST_CASE("served: a lane with nothing to dial waits for its peer without counting failures") {
  Ordered at;
  SECTION("discovery says so") {
    at.traits->discover = [](const std::string&, Random&) {
      return std::make_unique<NothingToDial>();
    };
  }
  SECTION("there is no discovery") { at.traits->discover = nullptr; }
  at.send(2);
  at.pass("S", Flow::live, 10s);
  at.world.run_for(5s);
  CHECK(at.lane->status().phase == "waiting");
  CHECK(at.lane->status().failures == 0);
  CHECK(at.queue.count(fake::Leg::waiting) == 2);
  CHECK(at.logged("queue.breaker_open") == 0);
  Served* link = at.adopt();
  at.world.run_for(1s);
  REQUIRE(link->works.size() == 3);
  CHECK(at.lane->status().phase == "up");
  while (!link->works.empty()) link->answer();
  CHECK(at.queue.count(fake::Leg::delivered) == 2);
  at.world.run_for(24h);
  REQUIRE(*at.last != nullptr);   // neither idle nor old
  CHECK_FALSE(link->draining);
  link->close();
  at.world.run_for(1ms);
  CHECK(*at.last == nullptr);
  at.send();
  at.world.run_for(1s);
  CHECK(at.lane->status().phase == "waiting");
  CHECK(at.links.dialled.empty());
}

TEST_CASE("served: a peer that comes while works go back to the store has all in their order") {
  Ordered at;
  at.traits->discover = [](const std::string&, Random&) {
    return std::make_unique<NothingToDial>();
  };
  std::vector<DeliveryId> put;
  for (std::size_t count = 0; count < 3 * limits::claim_items_max; ++count)
    put.push_back(at.queue.put("b.example", "user@b.example", 1));
  const int turns = GENERATE(range(0, 12));   // until it comes
  Served* link = nullptr;
  std::function<void(int)> come = [&](int left) {
    at.world.at(at.world.now(), [&, left] {
      if (left > 0) come(left - 1);
      else link = at.adopt();
    });
  };
  at.lane->take({});   // the store has something
  come(turns);
  at.world.run_for(5s);
  REQUIRE(link != nullptr);
  std::vector<DeliveryId> came;
  for (const Work& work : link->works) came.push_back(work.targets.front().id);
  CAPTURE(turns);
  CHECK(came.size() == put.size());
  CHECK(std::is_sorted(came.begin(), came.end()));
}

TEST_CASE("served: what waits for a peer that never comes gets old") {
  Ordered at;
  at.traits->discover = nullptr;
  at.send();
  at.world.run_for(130h);
  CHECK(at.queue.count(fake::Leg::expired) == 1);
  CHECK(at.lane->status().failures == 0);
}

TEST_CASE("served: what has little time is not kept until the peer is looked for again") {
  Ordered at;
  at.traits->discover = nullptr;
  at.send();
  auto& row = at.queue.rows.begin()->second;
  auto envelope = std::make_shared<Envelope>(*row.envelope);
  envelope->expires = at.world.utc() + 60s;
  row.envelope = envelope;
  at.world.run_for(59s);
  CHECK(at.queue.count(fake::Leg::waiting) == 1);
  at.world.run_for(2min);
  CHECK(at.queue.count(fake::Leg::expired) == 1);
}

TEST_CASE("served: while a link of the peer's is up the lane does not dial, afterwards it does") {
  Ordered at;
  Served* link = at.adopt();
  at.send(3);
  at.world.run_for(1s);
  CHECK(link->works.size() == 3);
  CHECK(at.links.dialled.empty());
  link->works.clear();
  link->close();
  at.world.run_for(10s);
  CHECK(at.links.dialled.size() >= 1);
  CHECK(at.links.delivered == Ids{"M1", "M2", "M3"});
}

TEST_CASE("served: a dial under way is given up when the peer comes by itself") {
  Ordered at;
  at.by_hand();
  at.send(1);
  at.world.run_for(10ms);
  REQUIRE(at.links.open.size() == 1);
  Served* link = at.adopt();
  at.world.run_for(1ms);
  CHECK(at.links.open.empty());
  CHECK(link->works.size() == 1);
}

TEST_CASE("served: a draining lane sends its peer away") {
  Ordered at;
  at.lane->drain(false);
  CHECK(at.adopt()->draining);
}

TEST_CASE("served beside: what waits goes over the peer's stream, and ours is not dialled") {
  Ordered at;
  Served* guest = at.adopt(true);
  at.send(3);
  at.world.run_for(1s);
  CHECK(guest->works.size() == 3);
  CHECK(at.links.dialled.empty());
  CHECK(at.adopt(true) == nullptr);      // one is enough
  CHECK_FALSE(guest->draining);
}

TEST_CASE("xmpp 3.16: of two links for both ways that of the lower domain stays") {
  const bool ours_is_lower = GENERATE(true, false);
  Ordered at;
  const std::string name = ours_is_lower ? "a.example>b.example" : "c.example>b.example";
  at.traits->discover = [inner = at.traits->discover](const std::string&, Random& random) {
    return inner("b.example", random);
  };
  at.rename(name);
  at.by_hand();
  at.send(2);
  at.world.run_for(10ms);
  FakeLink& own = *at.links.open.front();
  own.ready();
  at.world.run_for(10ms);
  Served* guest = at.adopt(true);
  at.world.run_for(59s);
  CHECK_FALSE(own.draining);
  at.send();
  REQUIRE(own.works.size() == 3);          // in order, where the others are
  at.world.run_for(2s);
  at.send();
  CHECK_FALSE(own.draining);               // what is under way on it ends first
  CHECK(own.works.size() == (ours_is_lower ? 4u : 3u));
  while (!own.works.empty()) own.answer(Disposition::delivered);
  at.world.run_for(10ms);
  CHECK(own.draining != ours_is_lower);
  CHECK(guest->works.size() == (ours_is_lower ? 0u : 1u));
  CHECK_FALSE(guest->draining);
  CHECK(at.links.dialled.size() == 1);     // and nothing is dialled for it
}

TEST_CASE("served beside: a link of ours stays, and works keep their order over both") {
  Ordered at;
  at.by_hand();
  at.send(2);
  at.world.run_for(10ms);
  FakeLink& own = *at.links.open.front();
  own.ready();
  at.world.run_for(10ms);
  REQUIRE(own.works.size() == 2);
  Served* guest = at.adopt(true);
  at.send(2);
  at.world.run_for(10ms);
  CHECK_FALSE(own.draining);
  CHECK(own.works.size() == 4);            // never two links at once
  CHECK(guest->works.empty());
  while (!own.works.empty()) own.answer(Disposition::delivered);
  own.close(broken());
  at.send();
  at.world.run_for(10ms);
  CHECK(guest->works.size() == 1);
}

TEST_CASE("ordered: what comes out of another lane goes before what is here and younger") {
  Ordered at;
  at.by_hand();
  const DeliveryId older = at.queue.put("b.example");
  at.send();
  at.world.run_for(10ms);
  at.queue.settle({returned({older, at.queue.rows.at(older).leg.to, 1}, "", UtcTime{})});
  at.lane->take({});
  at.world.run_for(10ms);
  at.links.open.front()->ready();
  at.world.run_for(10ms);
  CHECK(at.on_link() == Ids{"M1", "M2"});
}
