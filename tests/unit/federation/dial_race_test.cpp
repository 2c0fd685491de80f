// SPDX-License-Identifier: Apache-2.0
// RFC 8305: which address begins when, and who wins.

#include "federation/dial_plan.h"
#include "server/base/limits.h"
#include "tests/catch.h"
#include "tests/unit/federation/lane_fixture.h"

using namespace hanse;
using namespace hanse::fake;

namespace {

constexpr Instant start{std::chrono::hours(1)};
constexpr Duration delay = limits::connection_attempt_delay;

// "x6" is an IPv6 address of host x, "x4" an IPv4 one; further ones have more digits.
std::vector<Endpoint> places(const std::vector<std::string>& names) {
  std::vector<Endpoint> out;
  for (const std::string& name : names) {
    Endpoint one;
    one.host = name.substr(0, 1);
    one.address = name[1] == '6' ? name + ":" : name;
    one.port = 25;
    out.push_back(one);
  }
  return out;
}

LinkEnd after_connect() {
  LinkEnd end;
  end.stage = LinkEnd::Stage::handshake;
  end.what = "certificate has expired";
  return end;
}

struct Race {
  explicit Race(const std::vector<std::string>& names, DialPlan::Bounds bounds = {16, 16, 2s}) {
    plan.set_endpoints(places(names));
    plan.begin(TlsLevel::verify, bounds, start);
  }
  std::size_t go(Duration at) { return plan.next(start + at).number; }
  // What begins at which millisecond when nobody ever answers.
  std::string silence(Duration length) {
    std::string out;
    Instant now = start;
    while (plan.next_at() <= start + length) {
      now = std::max(now, plan.next_at());
      const Endpoint& to = plan.next(now).endpoint;
      out += to.address.substr(0, to.address.find(':')) + "@" +
             std::to_string((now - start) / 1ms) + " ";
    }
    return out;
  }
  DialPlan plan;
};

}  // namespace

TEST_CASE("the addresses of a host begin one after the other, further hosts after their patience") {
  CHECK(Race({"a6", "a4", "a61", "a41"}).silence(60s) == "a6@0 a4@250 a61@500 a41@750 ");
  CHECK(Race({"a6", "a4", "b6", "b4"}).silence(60s) == "a6@0 a4@250 b6@2250 b4@2500 ");
  // smtp M-10: the next MX is for when the one before has failed
  CHECK(Race({"a6", "a4", "b4"}, {5, 2, Duration(0)}).silence(600s) == "a6@0 a4@250 ");
  CHECK(Race({"a6", "a4", "a61", "a41"}, {3, 2, 2s}).silence(60s) == "a6@0 a4@250 a61@500 ");
}

TEST_CASE("one that fails lets the next begin at once, another host when all of one have failed") {
  Race race({"a6", "a4", "b4"});
  const std::size_t six = race.go(0ms), four = race.go(delay);
  CHECK(race.plan.next_at() == start + delay + 2s);
  race.plan.failed(six, refused(), start + 300ms);
  CHECK(race.plan.next_at() == start + delay + 2s);
  race.plan.failed(four, refused(), start + 400ms);
  CHECK(race.plan.next_at() <= start);
  Race same({"a6", "a4", "a41"});
  const std::size_t first = same.go(0ms);
  same.plan.failed(first, refused(), start + 1ms);
  CHECK(same.plan.next_at() <= start);
  same.go(1ms);
  CHECK(same.plan.next_at() == start + 1ms + delay);
}

TEST_CASE("the first established wins; nothing begins while it negotiates") {
  Race race({"a6", "a4", "a61"});
  race.go(0ms);
  const std::size_t four = race.go(delay);
  race.plan.connected(four, start + 260ms);
  CHECK(race.plan.next_at() == Instant::max());
  CHECK(race.plan.current().endpoint.address == "a4");
  CHECK(race.plan.others_left(four));
}

TEST_CASE("one that fails once connected moves on to those that lost, the slow family last") {
  Race race({"a6", "a4", "a41"});
  race.go(0ms);
  const std::size_t four = race.go(delay);
  race.plan.connected(four, start + 260ms);
  race.plan.failed(four, after_connect(), start + 300ms);
  CHECK_FALSE(race.plan.exhausted());
  CHECK(race.silence(2s) == "a41@0 a6@250 ");
}

TEST_CASE("M-8 a family that lost the race with a head start stands last from then on") {
  Race race({"a6", "a4"});
  race.go(0ms);
  const std::size_t four = race.go(delay);
  race.plan.connected(four, start + 260ms);
  race.plan.worked(race.plan.current().endpoint);
  race.plan.set_endpoints(places({"c6", "c4"}));
  race.plan.begin(TlsLevel::verify, {16, 16, 2s}, start + 1min);
  CHECK(race.plan.current().endpoint.address == "c4");
  // The winner had it, not the other way round.
  Race quick({"a6", "a4"});
  const std::size_t six = quick.go(0ms);
  quick.go(delay);
  quick.plan.connected(six, start + 260ms);
  quick.plan.set_endpoints(places({"c4", "c6"}));
  quick.plan.begin(TlsLevel::verify, {16, 16, 2s}, start + 1min);
  CHECK(quick.plan.current().endpoint.address == "c4");
}

TEST_CASE("the first error of those that came furthest is kept") {
  Race race({"a6", "a4", "a41"});
  race.plan.failed(race.go(0ms), refused("connection refused"), start);
  CHECK(race.plan.failure()->end.what == "connection refused");
  race.plan.failed(race.go(1ms), after_connect(), start);
  LinkEnd later = after_connect();
  later.what = "other words";
  race.plan.failed(race.go(2ms), later, start);
  CHECK(race.plan.exhausted());
  CHECK(race.plan.failure()->end.what == "certificate has expired");
  CHECK(race.plan.failure()->endpoint.address == "a4");
}

TEST_CASE("steps of an attempt that is over say nothing, each counts once") {
  Race race({"a6", "a4"});
  const std::size_t old = race.go(0ms);
  race.plan.begin(TlsLevel::verify, {16, 16, 2s}, start);
  race.plan.failed(old, refused(), start);
  race.plan.connected(old, start);
  CHECK(race.plan.next_at() <= start);
  const std::size_t one = race.go(0ms);
  race.plan.failed(one, refused(), start);
  race.plan.failed(one, refused(), start);
  CHECK_FALSE(race.plan.exhausted());
}

// ---- the lane ----

namespace {

struct RacingLane : LaneFixture {
  RacingLane() {
    names.answers.insert_or_assign("b.example", addresses({"2001:db8::1", "192.0.2.1"}));
  }
  void v6_is_a_black_hole(const Behaviour& v4 = {}) {
    links.behave = [v4](const DialRequest& request) {
      return request.endpoint.address == "2001:db8::1" ? black_hole() : v4;
    };
  }
  std::vector<std::string> dialled() const {
    std::vector<std::string> out;
    for (const DialRequest& one : links.dialled) out.push_back(one.endpoint.address);
    return out;
  }
};

}  // namespace

TEST_CASE("an address that swallows everything costs a lane a quarter of a second") {
  RacingLane at;
  at.v6_is_a_black_hole();
  at.send();
  at.world.run_for(delay - 10ms);
  CHECK(at.links.open.size() == 1);
  at.world.run_for(30ms);
  CHECK(at.queue.count(fake::Leg::delivered) == 1);
  REQUIRE(at.links.open.size() == 1);   // the loser is gone
  CHECK(at.links.open.front()->request.endpoint.address == "192.0.2.1");
  at.world.run_for(5min);
  at.send();
  at.world.run_for(20ms);               // M-8: it is not tried first again
  CHECK(at.queue.count(fake::Leg::delivered) == 2);
  CHECK(at.dialled() == std::vector<std::string>{"2001:db8::1", "192.0.2.1", "192.0.2.1"});
}

TEST_CASE("an address that is slow but first keeps its connection") {
  RacingLane at;
  at.links.behave = [](const DialRequest& request) {
    Behaviour out;
    out.connect_time = request.endpoint.address == "2001:db8::1" ? 300ms : 200ms;
    return out;
  };
  at.send();
  at.world.run_for(1s);
  CHECK(at.queue.count(fake::Leg::delivered) == 1);
  CHECK(at.links.dialled.size() == 2);
  REQUIRE(at.links.open.size() == 1);
  CHECK(at.links.open.front()->request.endpoint.address == "2001:db8::1");
}

TEST_CASE("a handshake that fails moves on to the one that lost, in the same attempt") {
  RacingLane at;
  at.traits->sessions_tried_max = 16;
  at.links.behave = [](const DialRequest& request) {
    Behaviour out;
    if (request.endpoint.address == "2001:db8::1") {
      out.connect_time = 400ms;
      return out;
    }
    out.connects = false;
    out.handshake_time = 500ms;   // the other is not connected meanwhile
    out.end = after_connect();
    return out;
  };
  at.send();
  at.world.run_for(260ms);
  CHECK(at.links.open.size() == 1);
  at.world.run_for(1200ms);
  CHECK(at.queue.count(fake::Leg::delivered) == 1);
  CHECK(at.dialled() == std::vector<std::string>{"2001:db8::1", "192.0.2.1", "2001:db8::1"});
}

TEST_CASE("an attempt ends when the last of all is out, with the error that says most") {
  RacingLane at;
  Behaviour refuses;
  refuses.connects = false;
  refuses.end = after_connect();
  at.v6_is_a_black_hole(refuses);
  at.send();
  at.world.run_for(29s);
  CHECK(at.lane->status().failures == 0);
  at.world.run_for(2s);
  CHECK(at.lane->status().failures == 1);
  CHECK(at.lane->status().last_error == "certificate has expired");
}

TEST_CASE("a lane that drains in the middle of a race is drained") {
  RacingLane at;
  at.links.behave = [](const DialRequest&) { return black_hole(); };
  at.send();
  at.world.run_for(300ms);
  CHECK(at.links.open.size() == 2);
  at.lane->drain(false);
  at.world.settle_down();
  CHECK(at.lane->drained());
  CHECK(at.links.open.empty());
}
