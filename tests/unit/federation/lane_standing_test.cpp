// SPDX-License-Identifier: Apache-2.0
// Lanes that are kept up though nothing waits for them.

#include "tests/catch.h"
#include "tests/unit/federation/lane_fixture.h"

using namespace hanse;
using namespace hanse::fake;

namespace {

struct Standing : LaneFixture {
  Standing() {
    traits->standing = {"b.example"};
    traits->breaker_waits = {5s, 10s, 20s};
    traits->breaker_jitter_percent = 0;
    traits->idle_keep = 1s;
    traits->works_per_link_max = 1;
    open(TlsLevel::may);
    by_hand();
    lane->wake();
    world.run_for(10ms);
  }
  FakeLink& link() {
    REQUIRE(links.open.size() == 1);
    return *links.open.front();
  }
  void breaks() {
    LinkEnd end = refused("connection reset");
    end.stage = LinkEnd::Stage::ready;
    link().close(end);
    world.run_for(0us);
  }
};

}  // namespace

TEST_CASE("standing: it is dialled with nothing to send, and is not let go for being idle") {
  Standing at;
  CHECK(at.links.dialled.size() == 1);
  at.link().ready();
  at.world.run_for(24h);
  CHECK(at.links.dialled.size() == 1);
  CHECK(at.links.open.size() == 1);
  CHECK_FALSE(at.lane->idle());
  CHECK(at.lane->status().phase == "up");
  at.send();
  at.world.run_for(1s);
  at.link().answer(Disposition::delivered);
  at.send();
  at.world.run_for(1s);
  CHECK(at.links.dialled.size() == 1);
}

TEST_CASE("standing: a peer that is not there is tried again by the breaker's waits") {
  Standing at;
  at.peer_is_down();
  at.breaks();
  at.world.run_for(4s);
  CHECK(at.links.dialled.size() == 1);
  at.world.run_for(2s);
  CHECK(at.links.dialled.size() == 2);
  at.world.run_for(10s);
  CHECK(at.links.dialled.size() == 3);
  at.world.run_for(60s);
  CHECK(at.links.dialled.size() == 6);
}

TEST_CASE("standing: one that stood for a while is dialled anew at once, one that did not waits") {
  Standing at;
  at.link().ready();
  at.world.run_for(limits::standing_link_least);
  at.breaks();
  REQUIRE(at.links.dialled.size() == 2);
  CHECK(at.lane->status().failures == 0);
  at.link().ready();
  at.world.run_for(1s);
  SECTION("it broke") { at.breaks(); }
  SECTION("it said goodbye") {
    LinkEnd end;
    end.orderly = true;
    at.link().close(end);
  }
  at.world.run_for(4s);
  CHECK(at.links.dialled.size() == 2);
  at.world.run_for(2s);
  CHECK(at.links.dialled.size() == 3);
}

TEST_CASE("standing: not while its peer is suspended, nor when the node ends") {
  Standing at;
  at.link().ready();
  at.lane->hold(true);
  at.world.run_for(1min);
  const std::size_t before = at.links.dialled.size();
  at.world.run_for(1h);
  CHECK(at.links.dialled.size() == before);
  at.lane->hold(false);
  at.world.run_for(1min);
  CHECK(at.links.dialled.size() > before);
  at.lane->drain(true);
  at.world.run_for(1s);
  CHECK(at.lane->drained());
}

// irc 8: what stays so until somebody changes a configuration.
TEST_CASE("standing: whoever refuses us everywhere is left alone for longer") {
  Standing at;
  at.traits->refused_least = 10min;
  const auto refuses = [&at](Fault fault, std::size_t link = 0) {
    REQUIRE(at.links.open.size() > link);
    LinkEnd end;
    end.stage = LinkEnd::Stage::handshake;
    end.fault = fault;
    end.what = "wrong password";
    at.links.open[link]->close(end);
    at.world.run_for(0us);
  };
  const auto next_try = [&at] { return *at.lane->status().next_try - at.world.utc(); };
  SECTION("not sooner than that, and later where the waits are longer") {
    refuses(Fault::refused);
    CHECK(next_try() >= 10min);
    at.world.run_for(9min);
    CHECK(at.links.dialled.size() == 1);
    at.world.run_for(61s);
    CHECK(at.links.dialled.size() == 2);
    at.traits->breaker_waits = {20min};
    refuses(Fault::refused);
    CHECK(next_try() >= 20min);
  }
  SECTION("an operator may try at once, and so does a reload") {
    refuses(Fault::refused);
    at.lane->wake();
    at.world.run_for(1s);
    CHECK(at.links.dialled.size() == 2);
    refuses(Fault::refused);
    at.lane->apply(at.traits, TlsLevel::may);
    at.world.run_for(1s);
    CHECK(at.links.dialled.size() == 3);
    refuses(Fault::try_later);
    at.lane->apply(at.traits, TlsLevel::may);   // nothing that a configuration could have changed
    at.world.run_for(1s);
    CHECK(at.links.dialled.size() == 3);
  }
  SECTION("other failures have their own waits") {
    refuses(Fault::try_later);
    CHECK(next_try() <= 5s);
  }
}

TEST_CASE("standing: one address that refuses says nothing of the other that is down") {
  Standing at;
  at.traits->refused_least = 10min;
  at.names.answers.insert_or_assign("b.example", addresses({"192.0.2.1", "192.0.2.2"}));
  at.lane->apply(at.traits, TlsLevel::may);
  at.breaks();
  for (int round = 0; round < 20 && at.lane->status().failures == 0; ++round) {
    for (FakeLink* link : std::vector(at.links.open)) {
      const bool first = link->request.endpoint.address == "192.0.2.1";
      LinkEnd end = first ? refused("wrong password") : refused();
      if (first) end.stage = LinkEnd::Stage::handshake;
      end.fault = first ? Fault::refused : Fault::try_later;
      link->close(end);
    }
    at.world.run_for(100ms);
  }
  REQUIRE(at.lane->status().failures == 1);
  CHECK(*at.lane->status().next_try - at.world.utc() <= 5s);
}
