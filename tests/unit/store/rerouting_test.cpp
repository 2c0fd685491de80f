// SPDX-License-Identifier: Apache-2.0
#include "store/rerouting.h"

#include "tests/catch.h"
#include "tests/unit/store/kit.h"

namespace hanse::store {

using std::chrono::minutes;

namespace {

struct Rules {
  Rules() { REQUIRE(bench.open()); }

  void follow(std::vector<Route> routes, std::vector<PeerPolicy> peers = {}) {
    auto policy = std::make_shared<Policy>();
    policy->routes = RouteTable(std::move(routes));
    policy->peers = std::move(peers);
    REQUIRE(bench.run({nullptr, rules_of(policy, [this](const Rerouting::Lanes& lanes) {
                         told.insert(told.end(), lanes.begin(), lanes.end());
                       })}));
  }
  std::vector<DeliveryId> under_way(const std::vector<std::string>& recipients) {
    const Result<Accepted> accepted = bench.accept(message_to(recipients));
    REQUIRE(accepted);
    return accepted->ids;
  }
  void waits(DeliveryId id, Disposition how = Disposition::deferred) {
    REQUIRE(bench.settle({settlement(id, how, bench.clock.utc())}));
  }
  std::size_t claimed(const std::string& lane) {
    std::size_t legs = 0;
    for (const Work& work : bench.claim(lane).work) legs += work.targets.size();
    return legs;
  }

  TemporaryDirectory directory;
  Bench bench{directory.path};
  std::vector<std::pair<std::string, std::string>> told;
};

Route to_place(const std::string& match, const std::string& via) {
  return {"route.0", match, "", via, std::nullopt};
}

PeerPolicy suspended(const std::string& domain) {
  PeerPolicy peer;
  peer.domain = domain;
  peer.state = PeerState::suspended;
  return peer;
}

using Told = std::vector<std::pair<std::string, std::string>>;

}  // namespace

TEST_CASE("X-9 what waits follows the rules that are in force now") {
  Rules rules;
  for (DeliveryId id : rules.under_way({"u@c.example", "v@d.example"})) rules.waits(id);
  rules.follow({to_place("c.example", "192.0.2.1:26")});
  CHECK(rules.told == Told{{"smtp", "192.0.2.1:26"}});
  CHECK(rules.claimed("c.example") == 0);
  CHECK(rules.claimed("d.example") == 1);
  CHECK(rules.claimed("192.0.2.1:26") == 1);
  CHECK(rules.bench.claim("192.0.2.1:26").waiting == 0);
}

TEST_CASE("X-9 what is under way when the rules change follows them when it comes back") {
  Rules rules;
  const auto how = GENERATE(Disposition::deferred, Disposition::returned);
  const std::vector<DeliveryId> ids = rules.under_way({"u@c.example"});
  rules.follow({to_place("c.example", "192.0.2.1:26")});
  CHECK(rules.told.empty());
  rules.waits(ids[0], how);
  CHECK(rules.told == Told{{"smtp", "192.0.2.1:26"}});
  CHECK(rules.claimed("c.example") == 0);
  CHECK(rules.claimed("192.0.2.1:26") == 1);
}

TEST_CASE("what comes out of the trash follows the rules of the day") {
  Rules rules;
  rules.waits(rules.under_way({"u@c.example"})[0]);
  REQUIRE(rules.bench.change(QueueVerb::discard, {"dest=c.example"}));
  rules.follow({to_place("c.example", "192.0.2.1:26")});
  REQUIRE(rules.bench.change(QueueVerb::release, {"status=discarded"}));
  CHECK(rules.claimed("c.example") == 0);
  CHECK(rules.claimed("192.0.2.1:26") == 1);
}

TEST_CASE("what is for a suspended peer leaves the lane of the place, and comes back to it") {
  Rules rules;
  const Route one = to_place("c.example", "192.0.2.1:26"), all = to_place("*", "192.0.2.1:26");
  rules.follow({one, all});
  for (DeliveryId id : rules.under_way({"u@c.example", "v@d.example"})) rules.waits(id);
  rules.follow({one, all}, {suspended("c.example")});
  CHECK(rules.claimed("192.0.2.1:26") == 1);   // d.example
  rules.follow({one, all});
  CHECK(rules.claimed("192.0.2.1:26") == 1);
}

TEST_CASE("the bound of a destination counts what has come from another lane") {
  Rules rules;
  rules.waits(rules.under_way({"u@c.example"})[0]);
  rules.follow({to_place("c.example", "192.0.2.1:26")});
  CHECK(rules.bench.claim("192.0.2.1:26", 0).waiting == 1);
  CHECK(rules.bench.claim("c.example", 0).waiting == 0);
}

}  // namespace hanse::store
