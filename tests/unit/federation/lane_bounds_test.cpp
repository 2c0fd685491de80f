// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/federation/lane_fixture.h"

#include "tests/catch.h"

using namespace hanse;
using namespace hanse::fake;

TEST_CASE("M-9 the sixth address has its turn in the next attempt, though names are asked anew") {
  LaneFixture at;
  std::vector<std::string> many;
  for (int n = 1; n <= 6; ++n) many.push_back("192.0.2." + std::to_string(n));
  at.names.answers.insert_or_assign("b.example", addresses(many));
  at.links.behave = [](const DialRequest& request) {
    Behaviour out;
    out.connects = request.endpoint.address == "192.0.2.6";
    out.end = refused();
    return out;
  };
  at.send();
  at.world.run_for(1s);
  CHECK(at.links.dialled.size() == 5);
  at.world.run_for(1h);
  CHECK(at.links.dialled.at(5).endpoint.address == "192.0.2.6");
  CHECK(at.lane->status().failures == 0);
}

TEST_CASE("M-9 a host that never gets on is let go of after ten minutes") {
  LaneFixture at;
  at.links.behave = [](const DialRequest&) {
    Behaviour out;
    out.connects = false;
    out.end.stage = LinkEnd::Stage::handshake;
    out.handshake_time = 1h;
    return out;
  };
  at.send();
  at.world.run_for(599s);
  CHECK(at.links.open.size() == 1);
  CHECK(at.lane->status().failures == 0);
  at.world.run_for(2s);
  CHECK(at.links.open.empty());
  CHECK(at.lane->status().failures == 1);
  CHECK(at.lane->status().last_error == "nothing could be sent within 10m");
}

TEST_CASE("a lane holds so many works in memory; the rest waits in the store and is claimed") {
  LaneFixture at;
  at.links.behave = [](const DialRequest&) {
    Behaviour out;
    out.work_time = 20ms;
    return out;
  };
  std::size_t most = 0;
  for (int n = 0; n < 3000; ++n) {
    at.send();
    most = std::max(most, at.lane->status().in_memory);
  }
  CHECK(most <= limits::lane_memory_items_max);
  CHECK(at.queue.count(fake::Leg::waiting) > 2000);
  for (int n = 0; n < 1000; ++n) {
    at.world.run_for(10ms);
    most = std::max(most, at.lane->status().in_memory);
  }
  CHECK(most <= limits::lane_memory_items_max);
  CHECK(at.queue.count(fake::Leg::delivered) == 3000);
}

TEST_CASE("what waits in the store is not starved by what keeps coming") {
  LaneFixture at;
  at.links.behave = [](const DialRequest&) {
    Behaviour out;
    out.work_time = 20ms;
    return out;
  };
  at.send(1000);
  for (int n = 0; n < 400; ++n) {
    at.send(30);                      // more than twenty links can carry
    at.world.run_for(20ms);
  }
  std::size_t old = 0;
  for (const auto& [id, row] : at.queue.rows)
    if (id <= 1000 && row.state == fake::Leg::delivered) ++old;
  CHECK(old == 1000);
}

TEST_CASE("Q-5 what comes new does not wait until all has gone that waited for the peer") {
  LaneFixture at;
  at.links.behave = [](const DialRequest&) {
    Behaviour out;
    out.work_time = 300ms;
    return out;
  };
  const bool after_outage = GENERATE(true, false);
  CAPTURE(after_outage);
  if (after_outage) {
    for (int n = 0; n < 5000; ++n) at.queue.put("b.example", "user@b.example", 2);
    at.lane->recover({"mail", "b.example", 5000, at.world.utc(), true});
  } else {
    at.send(5000);                    // more than the lane holds in memory
  }
  at.world.run_for(10s);
  std::vector<DeliveryId> fresh;
  for (int n = 0; n < (after_outage ? 100 : 5); ++n) fresh.push_back(at.send());
  const auto arrived = [&](DeliveryId id) {
    return at.queue.rows.at(id).state == fake::Leg::delivered;
  };
  // At 20 works in 300 ms: every second one at first; behind what the lane holds otherwise.
  at.world.run_for(after_outage ? 4s : 12s);
  CHECK(std::all_of(fresh.begin(), fresh.end(), arrived));
  CHECK(at.queue.count(fake::Leg::waiting) > 3000);
  at.world.run_for(100s);
  CHECK(at.queue.count(fake::Leg::delivered) == 5000 + fresh.size());
}

TEST_CASE("bodies in memory are bounded for all lanes of a shard together") {
  LaneFixture at;
  at.by_hand();
  const auto big = std::make_shared<const std::string>(1024 * 1024, 'x');
  for (int n = 0; n < 100; ++n) {
    const DeliveryId id = at.queue.put("b.example");
    MemoryQueue::Row& row = at.queue.rows.at(id);
    row.body.bytes = big;
    at.lane->take({row.envelope, row.body, {{id, row.leg.to, 1}}});
  }
  CHECK(at.bodies.used_bytes() <= limits::bodies_in_memory_bytes_max);
  CHECK(at.queue.count(fake::Leg::waiting) == 36);
  at.lane.reset();
  CHECK(at.bodies.used_bytes() == 0);
}

TEST_CASE("Q-6 after a restart what was never tried goes at once, the rest over some minutes") {
  std::vector<double> starts;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    LaneFixture at;
    at.random = SeededRandom(seed);
    at.queue.put("b.example", "user@b.example", 3);
    at.lane->recover({"mail", "b.example", 1, at.world.utc() - 1h, false});
    int seconds = 0;
    while (at.queue.count(fake::Leg::delivered) == 0 && seconds < 400) {
      at.world.run_for(1s);
      ++seconds;
    }
    CHECK(seconds <= 302);
    starts.push_back(seconds);
  }
  std::sort(starts.begin(), starts.end());
  CHECK(starts.front() < 60);
  CHECK(starts[30] > 90);
  CHECK(starts[30] < 210);
  CHECK(starts.back() > 240);

  LaneFixture fresh;
  fresh.queue.put("b.example", "user@b.example", 1);
  fresh.lane->recover({"mail", "b.example", 1, fresh.world.utc(), true});
  fresh.world.run_for(1s);
  CHECK(fresh.queue.count(fake::Leg::delivered) == 1);
}

TEST_CASE("after a restart a retry in the future keeps its time") {
  LaneFixture at;
  const DeliveryId id = at.queue.put("b.example", "user@b.example", 2);
  at.queue.rows.at(id).due = at.world.utc() + 20min;
  at.lane->recover({"mail", "b.example", 1, at.queue.rows.at(id).due, false});
  at.world.run_for(19min);
  CHECK(at.links.dialled.empty());
  at.world.run_for(2min);
  CHECK(at.queue.count(fake::Leg::delivered) == 1);
}

TEST_CASE("drain: what is under way is finished, the rest goes back") {
  LaneFixture at;
  at.links.behave = [](const DialRequest&) {
    Behaviour out;
    out.work_time = 1s;
    return out;
  };
  at.send(50);
  at.world.run_for(100ms);
  const std::size_t under_way = at.lane->status().in_flight;
  REQUIRE(under_way == 2);
  at.lane->drain(false);
  CHECK_FALSE(at.lane->drained());
  at.world.run_for(100ms);
  for (FakeLink* link : at.links.open) CHECK(link->draining);
  at.world.run_for(2s);
  CHECK(at.queue.count(fake::Leg::delivered) == under_way);
  CHECK(at.queue.count(fake::Leg::active) == 0);
  at.send();
  CHECK(at.queue.count(fake::Leg::waiting) == 50 - under_way + 1);
  for (FakeLink* link : std::vector<FakeLink*>(at.links.open)) {
    LinkEnd end;
    end.orderly = true;
    link->close(end);
  }
  at.world.settle_down();
  CHECK(at.lane->drained());
  CHECK(at.world.timers() == 0);
}

TEST_CASE("drain now: links are cut, nothing is lost") {
  LaneFixture at;
  at.by_hand();
  at.send(10);
  at.world.run_for(10ms);
  at.links.open.front()->ready();
  at.world.run_for(10ms);
  at.lane->drain(true);
  at.world.settle_down();
  CHECK(at.lane->drained());
  CHECK(at.queue.count(fake::Leg::waiting) == 10);
  CHECK(at.links.open.empty());
}

TEST_CASE("a held lane neither dials nor delivers, and goes on when it is released") {
  LaneFixture at;
  at.lane->hold(true);
  at.send(3);
  at.world.run_for(1min);
  CHECK(at.links.dialled.empty());
  CHECK(at.queue.rows.at(1).last.reply == "peer is suspended or blocked");
  CHECK(at.lane->status().phase == "held");
  at.lane->hold(false);
  at.world.run_for(1s);
  CHECK(at.queue.count(fake::Leg::delivered) == 3);
}

TEST_CASE("a store that is too busy for a claim is asked again") {
  LaneFixture at;
  at.queue.put("b.example", "user@b.example", 1);
  at.queue.claim_fails = true;
  at.lane->recover({"mail", "b.example", 1, at.world.utc(), true});
  at.world.run_for(3s);
  CHECK(at.queue.claims >= 2);
  CHECK(at.queue.claims <= 5);
  at.queue.claim_fails = false;
  at.world.run_for(2s);
  CHECK(at.queue.count(fake::Leg::delivered) == 1);
}

TEST_CASE("a lane may be destroyed with everything under way") {
  LaneFixture at;
  at.queue.put("b.example", "user@b.example", 1);
  at.lane->recover({"mail", "b.example", 1, at.world.utc(), true});   // a claim is open
  at.send(20);                                                        // a question is open
  const int when = GENERATE(0, 1, 2, 3, 10);
  at.world.run_for(when * 1ms);
  at.lane.reset();
  at.world.run_for(1h);
  CHECK(at.links.open.empty());
  CHECK(at.bodies.used_bytes() == 0);
}

TEST_CASE("a new TLS level holds for new links, and the old ones are closed") {
  LaneFixture at;
  at.send(3);
  at.world.run_for(1s);
  at.lane->apply(at.traits, TlsLevel::encrypt);
  at.world.run_for(1s);
  CHECK(at.lane->status().links == 0);
  at.send();
  at.world.run_for(1s);
  CHECK(at.links.dialled.back().tls == TlsLevel::encrypt);
  CHECK(at.queue.count(fake::Leg::delivered) == 4);
}

TEST_CASE("links that never finish their goodbye are bounded too") {
  LaneFixture at;
  at.traits->works_per_link_max = 1;
  at.open(TlsLevel::may);
  at.by_hand();
  at.send(100);
  for (int n = 0; n < 100; ++n) {
    at.world.run_for(10ms);
    for (FakeLink* link : std::vector<FakeLink*>(at.links.open)) {
      link->ready();
      link->answer(Disposition::delivered);
    }
    CHECK(at.links.open.size() <= 2 * at.traits->links_max);
  }
  at.peer_is_up();
  LinkEnd end;
  end.orderly = true;
  for (FakeLink* link : std::vector<FakeLink*>(at.links.open)) link->close(end);
  at.world.run_for(10s);
  CHECK(at.queue.count(fake::Leg::delivered) == 100);
}

TEST_CASE("what a lane gives back goes to the store in one piece") {
  LaneFixture at;
  at.by_hand();
  at.send(20);
  at.world.run_for(10ms);
  at.queue.settled.clear();
  at.lane->hold(true);
  at.world.run_for(1s);
  CHECK(at.queue.count(fake::Leg::waiting) == 20);
  CHECK(at.queue.settled.size() == 1);
}
