// SPDX-License-Identifier: Apache-2.0
// A lane between a peer that does whatever peers do and an operator who pulls every lever: in
// the end every leg is delivered once, or expired, and nobody holds anything.

#include "tests/catch.h"
#include "tests/unit/federation/lane_fixture.h"

using namespace hanse;
using namespace hanse::fake;

namespace {

Behaviour any_behaviour(SeededRandom& random) {
  Behaviour out;
  out.connect_time = Duration(static_cast<std::int64_t>(random.below(2'000'000)));
  out.work_time = Duration(static_cast<std::int64_t>(random.below(500'000)));
  if (random.below(16) == 0) out.work_time = 10min;   // longer than links are kept idle
  LinkEnd end = refused("chance");
  end.orderly = random.below(3) == 0;
  switch (random.below(8)) {
    case 0: out.connects = false; out.end = refused(); break;
    case 1:
      out.connects = false;
      out.end = end;
      out.end.stage = LinkEnd::Stage::handshake;
      out.end.tls_failed = random.below(2) == 0;
      break;
    case 2:
      end.stage = LinkEnd::Stage::ready;
      out.closes = end;
      break;
    case 3: out.disposition = Disposition::deferred; out.status = "4.2.0"; break;
    default: break;
  }
  return out;
}

void pull_a_lever(LaneFixture& at, SeededRandom& random) {
  switch (random.below(12)) {
    case 0: at.lane->wake(); break;
    case 1: at.lane->hold(true); break;
    case 2:
    case 3: at.lane->hold(false); break;
    case 4: at.queue.claim_fails = random.below(2) == 0; break;
    case 5: at.lane->apply(at.traits, random.below(2) == 0 ? TlsLevel::may : TlsLevel::off); break;
    case 6: at.world.jump(std::chrono::hours(random.below(48)) - 24h); break;
    case 7:
      at.names.answers.insert_or_assign(
          "b.example", random.below(3) == 0 ? Error{Fault::try_later, "SERVFAIL"}
                                            : addresses({"192.0.2.1", "192.0.2.2", "192.0.2.3"}));
      break;
    default: at.send(random.below(20)); break;
  }
}

}  // namespace

TEST_CASE("whatever happens, every leg has one end and every timer comes to rest") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    LaneFixture at;
    SeededRandom random(seed);
    at.links.behave = [&random](const DialRequest&) { return any_behaviour(random); };
    for (int step = 0; step < 120; ++step) {
      pull_a_lever(at, random);
      at.world.run_for(Duration(static_cast<std::int64_t>(
          random.below(random.below(4) == 0 ? 900'000'000 : 2'000'000))));
      REQUIRE(at.lane->status().in_memory <= limits::lane_memory_items_max);
      REQUIRE(at.lane->status().links <= at.traits->links_max);
    }
    at.peer_is_up();
    at.queue.claim_fails = false;
    at.names.answers.insert_or_assign("b.example", addresses({"192.0.2.1"}));
    at.lane->hold(false);
    at.world.run_for(24h * 30);   // the wall may have been days ahead
    CHECK(at.queue.count(fake::Leg::active) == 0);
    CHECK(at.queue.count(fake::Leg::waiting) == 0);
    CHECK(at.queue.count(fake::Leg::failed) == 0);
    CHECK(at.links.delivered.size() == at.queue.count(fake::Leg::delivered));
    CHECK(at.lane->idle());
    CHECK(at.world.timers() == 0);
    CHECK(at.bodies.used_bytes() == 0);
  }
}

TEST_CASE("a drain in the middle of anything leaves nothing in anybody's hands") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    LaneFixture at;
    SeededRandom random(seed);
    at.links.behave = [&random](const DialRequest&) { return any_behaviour(random); };
    for (int step = 0; step < 20; ++step) {
      pull_a_lever(at, random);
      at.world.run_for(Duration(static_cast<std::int64_t>(random.below(2'000'000))));
    }
    at.lane->drain(false);
    at.world.run_for(Duration(static_cast<std::int64_t>(random.below(1'000'000))));
    at.lane->drain(true);
    at.send(2);
    at.world.run_for(11min);   // what the fake links still had in mind
    CHECK(at.lane->drained());
    CHECK(at.queue.count(fake::Leg::active) == 0);
    CHECK(at.links.open.empty());
    CHECK(at.world.timers() == 0);
  }
}
