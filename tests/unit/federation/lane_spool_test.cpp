// SPDX-License-Identifier: Apache-2.0
// xmpp 9.5: what a peer does not take goes to disk, and is delivered once all the same.

#include "federation/limits.h"
#include "tests/catch.h"
#include "tests/unit/federation/ordered_fixture.h"

using namespace hanse;
using namespace hanse::fake;

namespace {

using Ids = std::vector<std::string>;

LinkEnd broken() {
  LinkEnd end = refused("connection reset");
  end.stage = LinkEnd::Stage::ready;
  return end;
}

// Two works are on the link, C waits behind them; the peer, played by the test, takes nothing.
struct Stalled : Ordered {
  Stalled() {
    traits->link_window = 2;
    open(TlsLevel::may);
    by_hand();
    for (const char* id : {"A", "B", "C"}) pass(id);
    world.run_for(10ms);
    link().ready();
    REQUIRE(on_link() == Ids{"A", "B"});
  }
  FakeLink& link() { return *links.open.back(); }
  // As far as it goes.
  void peer_takes_all() {
    for (int turns = 0; turns < 20; ++turns) {
      while (!links.open.empty() && !link().works.empty()) link().answer(Disposition::delivered);
      world.run_for(1s);
      if (!links.open.empty() && !link().works.empty()) continue;
      if (!links.open.empty() && lane->status().phase == "dialling") link().ready();
    }
  }
};

}  // namespace

TEST_CASE("spool: what has not gone after 30 s is on disk, and so is what comes then") {
  Stalled at;
  at.world.run_for(limits::swift_in_memory_max - 100ms);
  CHECK(at.queue.rows.empty());
  at.world.run_for(200ms);
  REQUIRE(at.queue.rows.size() == 3);
  CHECK(at.queue.rows.at(1).envelope->id == "A");
  CHECK(at.queue.rows.at(2).envelope->id == "B");
  CHECK(at.queue.rows.at(3).envelope->id == "C");
  CHECK(at.queue.count(fake::Leg::active) == 2);    // those on the link
  CHECK(at.queue.count(fake::Leg::waiting) == 1);
  CHECK(at.logged("queue.spooled") == 1);
  at.pass("D");
  at.world.run_for(1s);
  CHECK(at.queue.rows.size() == 4);
  CHECK(at.lane->status().in_memory == 2);
  at.peer_takes_all();
  CHECK(at.links.delivered == Ids{"A", "B", "C", "D"});
  CHECK(at.queue.count(fake::Leg::delivered) == 4);
  at.pass("E");
  at.world.run_for(1s);
  at.peer_takes_all();
  CHECK(at.links.delivered.back() == "E");
  CHECK(at.queue.rows.size() == 4);                 // from memory again
  CHECK(at.bodies.used_bytes() == 0);
}

TEST_CASE("spool: the link breaks behind it, and all go again in their order") {
  Stalled at;
  bool committed = true;
  SECTION("when they are on disk") {}
  SECTION("while the store writes") {
    at.queue.accept_wait = 10s;
    committed = false;
  }
  at.world.run_for(limits::swift_in_memory_max + 1s);
  REQUIRE(at.queue.rows.size() == 3);
  CHECK((at.queue.count(fake::Leg::waiting) == 1) == committed);
  FakeLink& first = at.link();
  SECTION("the engine gives them back") {}
  SECTION("the engine says nothing") { first.works.clear(); }
  at.peer_is_up();
  first.close(broken());
  at.pass("D");
  at.world.run_for(30s);
  CHECK(at.links.delivered == Ids{"A", "B", "C", "D"});
  CHECK(at.queue.count(fake::Leg::delivered) == 4);
  CHECK(at.lost.empty());
  CHECK(at.bodies.used_bytes() == 0);
}

TEST_CASE("spool: what arrives while the store writes is delivered there too") {
  Stalled at;
  at.queue.accept_wait = 1s;
  at.world.run_for(limits::swift_in_memory_max + 100ms);
  at.link().answer(Disposition::delivered);
  at.link().answer(Disposition::failed, "5.1.1");
  CHECK(at.queue.count(fake::Leg::active) == 3);
  CHECK(at.lost.empty());
  at.world.run_for(1s);
  CHECK(at.queue.count(fake::Leg::delivered) == 1);
  CHECK(at.queue.count(fake::Leg::failed) == 1);    // the store reports it
  CHECK(at.lost.empty());
  at.peer_takes_all();
  CHECK(at.links.delivered == Ids{"A", "C"});
}

TEST_CASE("spool: what has gone before its turn at the store never comes there") {
  Ordered at;
  at.traits->link_window = at.traits->memory_items_max = limits::lane_storing_items_max + 10;
  at.open(TlsLevel::may);
  at.by_hand();
  const std::size_t count = limits::lane_storing_items_max + 2;
  for (std::size_t n = 0; n < count; ++n) at.pass(std::to_string(n));
  at.world.run_for(10ms);
  FakeLink& link = *at.links.open.front();
  link.ready();
  at.queue.accept_wait = 1s;
  at.world.run_for(limits::swift_in_memory_max + 100ms);
  REQUIRE(at.queue.rows.size() == limits::lane_storing_items_max);
  for (std::size_t n = 0; n + 1 < count; ++n) link.answer(Disposition::delivered);
  at.by_hand();
  link.close(broken());                             // with the last one, whose copy waits
  at.peer_is_up();
  at.world.run_for(30s);
  CHECK(at.queue.rows.size() == limits::lane_storing_items_max + 1);
  CHECK(at.queue.count(fake::Leg::delivered) == limits::lane_storing_items_max + 1);
  CHECK(at.links.delivered.size() == count);
  CHECK(at.links.delivered.back() == std::to_string(count - 1));
}

TEST_CASE("D9 spool: nothing is lost when there is no room on disk") {
  Stalled at;
  SECTION("known before") { at.disk_low = true; }
  SECTION("the store says so of those on the link") {
    at.links.behave = [](const DialRequest&) {
      Behaviour out;
      out.by_hand = true;
      return out;
    };
    at.link().answer(Disposition::delivered);       // B and C are on the link, nothing behind
    at.world.run_for(0us);
    REQUIRE(at.on_link() == Ids{"B", "C"});
    at.queue.accept_fails = true;
  }
  at.world.run_for(limits::swift_in_memory_max + 1s);
  CHECK(at.queue.rows.empty());
  at.peer_takes_all();
  CHECK(at.links.delivered == Ids{"A", "B", "C"});
  CHECK(at.lost.empty());
}

TEST_CASE("spool: an attempt that takes long keeps nothing in memory either") {
  Ordered at;
  at.by_hand();
  at.pass("A");
  at.world.run_for(limits::swift_in_memory_max - 1s);
  CHECK(at.queue.rows.empty());
  at.world.run_for(2s);
  CHECK(at.queue.rows.size() == 1);
  at.links.open.front()->ready();
  at.world.run_for(1s);
  CHECK(at.on_link() == Ids{"A"});
  at.links.open.front()->answer(Disposition::delivered);
  CHECK(at.queue.count(fake::Leg::delivered) == 1);
}

TEST_CASE("spool: what is kept nowhere does not hold up what comes back from disk") {
  Ordered at;
  at.by_hand();
  at.pass("A");
  at.world.run_for(10ms);
  FakeLink& link = *at.links.open.front();
  link.ready();
  at.world.run_for(limits::swift_in_memory_max + 1s);
  at.pass("presence", Flow::live, 10min);
  at.pass("C");
  REQUIRE(at.on_link() == Ids{"A", "presence"});
  link.answer(Disposition::delivered);
  at.world.run_for(1s);
  CHECK(at.on_link() == Ids{"presence", "C"});
}

TEST_CASE("spool: a feeder may go on when it is on disk") {
  Stalled at;
  const auto hold = std::make_shared<const int>(0);
  at.pass("D", Flow::swift, 30s, hold);
  CHECK(hold.use_count() == 2);
  at.world.run_for(limits::swift_in_memory_max + 1s);
  CHECK(hold.use_count() == 1);
}

TEST_CASE("spool: whatever happens, each arrives in order, at least once, and none is kept") {
  for (std::uint64_t seed = 1; seed <= 80; ++seed) {
    CAPTURE(seed);
    Ordered at;
    at.traits->link_window = 20;
    at.open(TlsLevel::may);
    SeededRandom random(seed);
    at.links.behave = [&random](const DialRequest&) {
      Behaviour out;
      out.connect_time = Duration(static_cast<std::int64_t>(random.below(60'000'000)));
      if (random.below(6) == 0) out.closes = broken();
      return out;
    };
    std::size_t sent = 0;
    for (int step = 0; step < 60; ++step) {
      at.queue.accept_wait = Duration(static_cast<std::int64_t>(random.below(5'000'000)));
      const Duration wait(static_cast<std::int64_t>(random.below(2) == 0 ? 40'000'000 : 200'000));
      at.links.behave = [&random, slow = random.below(3) == 0](const DialRequest&) {
        Behaviour out;
        out.connect_time = Duration(static_cast<std::int64_t>(random.below(60'000'000)));
        out.work_time = slow ? 45s : 10ms;          // the same for all: a link answers in order
        if (random.below(12) == 0) out.closes = broken();
        return out;
      };
      for (std::size_t n = random.below(8); n > 0; --n) {
        if (random.below(4) == 0) at.pass("live", Flow::live, 1s);
        else at.pass(std::to_string(1000 + sent++));
      }
      at.world.run_for(wait);
    }
    at.peer_is_up();
    at.queue.accept_wait = 0us;
    at.world.run_for(1h);
    Ids kept;
    for (const std::string& id : at.links.delivered)
      if (id != "live") kept.push_back(id);
    REQUIRE(kept.size() == sent);                   // the fake link gives back, or delivers
    CHECK(std::is_sorted(kept.begin(), kept.end()));
    CHECK(at.queue.count(fake::Leg::active) == 0);
    CHECK(at.queue.count(fake::Leg::waiting) == 0);
    CHECK(at.lane->idle());
    CHECK(at.world.timers() == 0);
    CHECK(at.bodies.used_bytes() == 0);
  }
}
