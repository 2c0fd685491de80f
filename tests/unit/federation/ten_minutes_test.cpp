// SPDX-License-Identifier: Apache-2.0
// xmpp 14.7: a peer is down for ten minutes and comes back.

#include "tests/catch.h"
#include "tests/unit/federation/ordered_fixture.h"

using namespace hanse;
using namespace hanse::fake;

namespace {

// The waits of [xmpp] retry, without their spread.
struct TenMinutes : Ordered {
  TenMinutes() {
    traits->breaker_waits = traits->retry = {5s, 30s, 2min, 5min, 10min};
    open(TlsLevel::may);
    peer_is_down();
  }
  void presence(const std::string& id) {
    const std::shared_ptr<Envelope> envelope = message(id, world.utc());
    envelope->flow = Flow::latest;
    envelope->patience = 5min;
    envelope->key = {"mail", "a.example", "somebody"};
    lane->take({envelope, {}, {{0, address("u@b.example"), 1}}});
  }
};

}  // namespace

TEST_CASE("a peer is down for ten minutes: what is kept comes once, in order, and nothing stale") {
  TenMinutes at;
  for (int minute = 0; minute < 10; ++minute) {
    const std::string now = std::to_string(minute);
    at.pass("m" + now);
    at.pass("q" + now, Flow::live, 1min);
    at.presence("p" + now);
    at.world.run_for(1min);
  }
  // Each question was given back after its minute, and the presence of each minute made that of the
  // one before it needless.
  CHECK(at.lost.size() == 10);
  for (const Work& work : at.lost) CHECK(work.envelope->flow == Flow::live);
  CHECK(at.queue.count(fake::Leg::waiting) == 10);
  CHECK(at.links.dialled.size() == 5);     // at 0, 5 s, 35 s, 2 min 35 s, 7 min 35 s, and no more
  at.peer_is_up();
  at.world.run_for(10min);
  std::vector<std::string> kept;
  for (const std::string& id : at.links.delivered)
    if (id.starts_with("m")) kept.push_back(id);
  CHECK(kept == std::vector<std::string>{"m0", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8",
                                         "m9"});
  CHECK(at.links.delivered.size() == 10);  // the last presence has waited for too long, too
  CHECK(at.lane->status().in_memory == 0);
}

TEST_CASE("a peer that is back after ten minutes and says so waits for nothing") {
  TenMinutes at;
  at.pass("A");
  at.world.run_for(10min);
  at.presence("p");
  at.peer_is_up();
  at.lane->wake();                         // it has come to us
  at.world.run_for(1s);
  CHECK(at.links.delivered == std::vector<std::string>{"A", "p"});   // as they came
}
