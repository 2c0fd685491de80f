// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/federation/lane_fixture.h"

#include "tests/catch.h"

using namespace hanse;
using namespace hanse::fake;

TEST_CASE("the breaker opens after five failed attempts and backs off to four hours") {
  LaneFixture at;
  at.peer_is_down();
  std::vector<Instant> attempts;
  std::size_t seen = 0;
  for (int minute = 0; minute < 24 * 60 * 6; ++minute) {
    if (minute % 6 == 0) at.send();
    at.world.run_for(10s);
    if (at.links.dialled.size() == seen) continue;
    seen = at.links.dialled.size();
    attempts.push_back(at.world.now());
    CHECK(at.lane->status().failures == seen);
    CHECK((at.lane->status().phase == "breaker_open") == (seen >= 5));
    for (const auto& [id, row] : at.queue.rows)   // nobody is promised a try before the lane's
      if (row.last.disposition == Disposition::deferred && row.ended > at.world.utc() - 10s)
        CHECK(row.due >= at.lane->status().next_try);
  }
  REQUIRE(attempts.size() >= 14);
  CHECK(at.logged("queue.breaker_open") == 1);
  for (std::size_t n = 5; n < attempts.size(); ++n) {
    const double planned = std::min(60.0 * static_cast<double>(1 << (n - 5)), 4 * 3600.0);
    const double waited = std::chrono::duration<double>(attempts[n] - attempts[n - 1]).count();
    CAPTURE(n, planned, waited);
    CHECK(waited >= planned * 0.8 - 10);
    CHECK(waited <= planned * 1.2 + 20);
  }
  CHECK(at.queue.count(fake::Leg::active) == 0);
}

TEST_CASE("a dead lane with nothing left to send can be forgotten, and counts no more") {
  LaneFixture at;
  at.peer_is_down();
  for (int n = 0; n < 60 && !at.lane->status().breaker_open_since; ++n) {
    at.send();
    at.world.run_for(1min);
  }
  const auto open_breakers = [&] {
    return at.metrics.gauge("hanse_peer_breaker_open", "", {{"peer", "other"}}).value();
  };
  CHECK(open_breakers() == 1);
  CHECK_FALSE(at.lane->idle());
  for (auto& [id, row] : at.queue.rows) row.state = fake::Leg::delivered;   // by another way
  at.world.run_for(10h);
  CHECK(at.lane->idle());
  CHECK(at.world.timers() == 0);
  at.lane.reset();
  CHECK(open_breakers() == 0);
}

TEST_CASE("half-open: one message probes, and only its delivery closes the breaker") {
  LaneFixture at;
  at.traits->link_window = 4;    // a window that five halvings do not bring down to one
  at.traits->links_first = 20;
  at.open(TlsLevel::may);
  at.peer_is_down();
  for (int n = 0; n < 60 && !at.lane->status().breaker_open_since; ++n) {
    at.send(2);
    at.world.run_for(1min);
  }
  REQUIRE(at.lane->status().breaker_open_since);
  at.send(30);
  at.world.settle_down();
  SECTION("the peer takes the connection and defers: it stays open") {
    at.links.behave = [](const DialRequest&) {
      Behaviour out;
      out.disposition = Disposition::deferred;
      out.status = "4.3.2";
      return out;
    };
    at.links.most_in_flight = 0;
    at.lane->wake();
    for (int n = 0; n < 1000; ++n) {
      at.send();                       // while the link is up
      at.world.run_for(1ms);
    }
    CHECK(at.lane->status().breaker_open_since);
    CHECK(at.links.most_in_flight == 1);
    CHECK(at.logged("queue.breaker_closed") == 0);
  }
  SECTION("a delivery closes it") {
    at.peer_is_up();
    at.lane->wake();
    at.world.run_for(10s);
    CHECK_FALSE(at.lane->status().breaker_open_since);
    CHECK(at.lane->status().failures == 0);
    CHECK(at.logged("queue.breaker_closed") == 1);
  }
}

TEST_CASE("after an outage at most twice as many messages start in each ten seconds") {
  LaneFixture at;
  at.peer_is_down();
  for (int n = 0; n < 60 && !at.lane->status().breaker_open_since; ++n) {
    at.send();
    at.world.run_for(1min);
  }
  for (int n = 0; n < 3000; ++n) at.queue.put("b.example", "user@b.example", 1);
  at.peer_is_up();
  at.lane->wake();
  std::size_t before = at.links.delivered_works, last = 0;
  std::vector<std::size_t> slots;
  while (at.queue.count(fake::Leg::waiting) + at.queue.count(fake::Leg::active) > 5) {
    REQUIRE(slots.size() < 20);
    at.world.run_for(10s);
    const std::size_t now = at.links.delivered_works - before;
    before = at.links.delivered_works;
    CAPTURE(slots.size(), now, last);
    if (last > 0) CHECK(now <= 2 * last + 2);
    slots.push_back(now);
    last = now;
  }
  CHECK(slots.front() <= limits::ramp_first_works + 1);
  CHECK(slots.size() >= 6);
}

TEST_CASE("what waits in a back-off is in the store, with the reason") {
  LaneFixture at;
  at.peer_is_down();
  const DeliveryId first = at.send();
  at.world.run_for(1s);
  CHECK(at.queue.rows.at(first).state == fake::Leg::waiting);
  CHECK(at.queue.rows.at(first).last.disposition == Disposition::deferred);
  CHECK(at.queue.rows.at(first).attempts == 1);
  const DeliveryId second = at.send();
  const MemoryQueue::Row& row = at.queue.rows.at(second);
  CHECK(row.state == fake::Leg::waiting);
  CHECK(row.last.disposition == Disposition::returned);
  CHECK(row.last.reply == "waiting to try again: connection refused");
  CHECK(row.attempts == 0);
  CHECK(at.lane->status().in_memory == 0);
  CHECK(at.lane->status().next_try);
}

TEST_CASE("only the works that were the reason of a failed attempt count a try") {
  LaneFixture at;
  at.peer_is_down();
  at.send(50);
  at.world.run_for(1s);
  std::size_t deferred = 0;
  for (const auto& [id, row] : at.queue.rows) {
    CHECK(row.state == fake::Leg::waiting);
    deferred += row.last.disposition == Disposition::deferred;
  }
  CHECK(deferred >= 1);
  CHECK(deferred <= 2);
}

TEST_CASE("Q-5 each try waits as the schedule says") {
  LaneFixture at;
  at.links.behave = [](const DialRequest&) {
    Behaviour out;
    out.disposition = Disposition::deferred;
    out.status = "4.2.0";
    return out;
  };
  const DeliveryId id = at.send();
  std::vector<double> waits;
  std::size_t tries = 0;
  Instant last{};
  for (int n = 0; n < 4 * 360; ++n) {
    at.world.run_for(10s);
    if (at.links.delivered_works == tries) continue;
    tries = at.links.delivered_works;
    if (tries > 1)
      waits.push_back(std::chrono::duration<double>(at.world.now() - last).count());
    last = at.world.now();
  }
  REQUIRE(waits.size() >= 4);
  const double schedule[] = {300, 600, 1200, 2400};
  for (std::size_t n = 0; n < 4; ++n) {
    CHECK(waits[n] >= schedule[n] * 0.9 - 10);
    CHECK(waits[n] <= schedule[n] * 1.1 + 20);
  }
  CHECK(at.queue.rows.at(id).attempts == tries);
}

TEST_CASE("an operator's wake tries at once, whatever the back-off says") {
  LaneFixture at;
  at.peer_is_down();
  at.send(3);
  at.world.run_for(1s);
  at.peer_is_up();
  for (auto& [id, row] : at.queue.rows) row.due = at.world.utc();   // `queue retry`
  at.lane->wake();
  at.world.run_for(1s);
  CHECK(at.queue.count(fake::Leg::delivered) == 3);
}

TEST_CASE("D8 a lane tried twice since acceptance lets what is over its lifetime expire") {
  LaneFixture at;
  at.peer_is_down();
  const DeliveryId old = at.send();
  at.world.run_for(10s);
  at.lane->hold(true);
  at.world.run_for(std::chrono::hours(24 * 6));
  CHECK(at.queue.rows.at(old).state == fake::Leg::waiting);
  at.lane->hold(false);
  const DeliveryId young = at.send();
  at.lane->wake();
  at.world.run_for(1h);
  CHECK(at.queue.rows.at(old).state == fake::Leg::expired);
  CHECK(at.queue.rows.at(young).state == fake::Leg::waiting);
}

TEST_CASE("D8 what the lane was tried for only once does not expire with the rest") {
  LaneFixture at;
  at.peer_is_down();
  at.send();
  at.world.run_for(1s);
  const DeliveryId id = at.send();           // goes back: the lane rests
  MemoryQueue::Row& row = at.queue.rows.at(id);
  auto short_lived = std::make_shared<Envelope>(*row.envelope);
  short_lived->expires = at.world.utc();     // over its lifetime at once
  row.envelope = short_lived;
  at.world.run_for(1s);
  row.attempts = 9;                          // but not by being the reason of an attempt
  for (auto& [other, one] : at.queue.rows) one.due = at.world.utc() - (other == id ? 0ms : 1ms);
  at.lane->wake();
  at.world.run_for(1s);
  REQUIRE(at.lane->status().failures == 2);
  CHECK(row.state == fake::Leg::waiting);
  at.lane->wake();
  at.world.run_for(1s);
  CHECK(row.state == fake::Leg::expired);
}

TEST_CASE("D8 a wall clock that jumps ahead makes nothing old") {
  LaneFixture at;
  at.peer_is_down();
  const DeliveryId id = at.send();
  at.world.run_for(10s);
  at.world.jump(std::chrono::hours(24 * 30));
  const DeliveryId later = at.send();
  for (int n = 0; n < 20; ++n) {
    at.lane->wake();
    at.world.run_for(1h);
  }
  CHECK(at.queue.rows.at(id).state == fake::Leg::waiting);
  CHECK(at.queue.rows.at(later).state == fake::Leg::waiting);
  at.world.run_for(std::chrono::hours(24 * 11));   // now they are
  CHECK(at.queue.rows.at(id).state == fake::Leg::expired);
  CHECK(at.queue.rows.at(later).state == fake::Leg::expired);
}

TEST_CASE("D8 a wall clock that jumps back does not keep mail waiting") {
  LaneFixture at;
  at.links.behave = [](const DialRequest&) {
    Behaviour out;
    out.disposition = Disposition::deferred;
    out.status = "4.2.0";
    return out;
  };
  const DeliveryId id = at.send();
  at.world.run_for(1s);
  at.world.jump(-std::chrono::hours(24 * 365));
  at.peer_is_up();
  at.world.run_for(6min);
  CHECK(at.queue.rows.at(id).state == fake::Leg::delivered);
}

TEST_CASE("4.4.7 a message deferred once more after its lifetime is given up, once tried twice") {
  LaneFixture at;
  at.links.behave = [](const DialRequest&) {
    Behaviour out;
    out.disposition = Disposition::deferred;
    out.status = "4.2.0";
    return out;
  };
  at.world.run_for(1s);
  const DeliveryId id = at.queue.put("b.example");
  MemoryQueue::Row& row = at.queue.rows.at(id);
  row.envelope = message("OLD", at.world.utc() - std::chrono::hours(24 * 9));
  at.lane->take({row.envelope, row.body, {{id, row.leg.to, 1}}});
  at.world.run_for(1s);
  CHECK(row.state == fake::Leg::waiting);
  at.world.run_for(6min);
  CHECK(row.state == fake::Leg::expired);
  CHECK(row.last.status == "4.4.7");
  CHECK(at.logged("msg.expired") == 1);
}

TEST_CASE("a lane that cannot find its peer fails like one that cannot reach it") {
  LaneFixture at;
  at.names.answers.clear();   // SERVFAIL
  const DeliveryId id = at.send();
  at.world.run_for(1s);
  CHECK(at.queue.rows.at(id).last.status == "4.4.3");
  CHECK(at.lane->status().failures == 1);
  at.names.answers.emplace("b.example", addresses({"192.0.2.1"}));
  at.world.run_for(10min);
  CHECK(at.queue.rows.at(id).state == fake::Leg::delivered);
}
