// SPDX-License-Identifier: Apache-2.0
#include "federation/way.h"

#include "federation/lane_ledger.h"
#include "federation/lane_name.h"
#include "tests/catch.h"
#include "tests/unit/federation/node_fixture.h"

using namespace hanse;
using namespace hanse::fake;

namespace {

Route rule(const std::string& match, const std::string& via,
           std::optional<TlsLevel> tls = std::nullopt) {
  return {"route.0", match, "", via, tls};
}

Policy with(std::vector<Route> routes, PeerState state = PeerState::active) {
  Policy out;
  PeerPolicy peer;
  peer.domain = "b.example";
  peer.state = state;
  out.peers = {peer};
  out.rates = std::make_shared<PeerRates>();
  out.routes = RouteTable(std::move(routes));
  return out;
}

const Address to_b{"mail", "u", "B.example"}, to_c{"mail", "u", "c.example"};

void apply(Node& node, Policy next) {
  next.protocols = node.policy->protocols;
  node.exchange->apply(std::make_shared<Policy>(std::move(next)), {test_traits()}, {});
}

}  // namespace

TEST_CASE("what is for a peer that nothing goes to has a lane of its own") {
  const auto state = GENERATE(PeerState::suspended, PeerState::blocked);
  const std::vector<Route> routes = {rule("*", "192.0.2.1:26")};
  CHECK(way_to(with(routes), {}, "a.example", to_b).lane == "192.0.2.1:26");
  CHECK(way_to(with(routes, state), {}, "a.example", to_b).lane == "b.example");
  CHECK(way_to(with(routes, state), {}, "a.example", to_c).lane == "192.0.2.1:26");
  CHECK_FALSE(way_out_of(with(routes, state), "b.example", to_b));
  CHECK(way_out_of(with(routes), "b.example", to_b)->lane == "192.0.2.1:26");
}

TEST_CASE("lanes in pairs keep whose name is spoken in them, and some no rule chooses") {
  Policy policy = with({rule("b.example", "192.0.2.1:26")});
  CHECK_FALSE(way_out_of(policy, "a.example>b.example", to_b));   // whoever names them is gone
  policy.protocols["mail"].lane_name = [](std::string_view from, const Address& to,
                                          const RouteChoice& choice) {
    return pair_lane(from, to.domain, choice.lane);
  };
  const Address to{"mail", "u", "b.example"};
  CHECK(way_out_of(policy, "a.example>b.example", to)->lane == "a.example>b.example=192.0.2.1:26");
  CHECK_FALSE(way_out_of(policy, "a.example>b.example=192.0.2.1:26", to));
  CHECK_FALSE(way_out_of(policy, "*>b.example", to));
  CHECK_FALSE(way_out_of(policy, "a.example>b.example?verify", to));
}

TEST_CASE("a lane belongs to the peer it leads to, by its name or by the peer's own rule") {
  const Policy policy = with({rule("b.example", "192.0.2.1:26"), rule("*", "192.0.2.2:26"),
                              rule("b.example", "192.0.2.3:26"), rule("*", "192.0.2.3:26")});
  CHECK(peer_of_lane(policy, "mail", "b.example")->domain == "b.example");
  CHECK(peer_of_lane(policy, "mail", "192.0.2.1:26")->domain == "b.example");
  CHECK(peer_of_lane(policy, "mail", "192.0.2.2:26") == nullptr);
  CHECK(peer_of_lane(policy, "mail", "192.0.2.3:26") == nullptr);   // carries others too
  CHECK(peer_of_lane(policy, "mail", "c.example") == nullptr);
}

TEST_CASE("X-9 what a lane holds when the rules change goes back to the store") {
  Node node;
  node.names.answers.emplace("192.0.2.1:26", addresses({"192.0.2.1"}));
  apply(node, with({rule("c.example", "192.0.2.1:26", TlsLevel::encrypt)}));
  node.links.behave = [](const DialRequest&) {
    Behaviour out;
    out.by_hand = true;
    return out;
  };
  REQUIRE(node.submit(Node::submission({"u@c.example"})));
  node.world.run_for(1s);
  REQUIRE(node.links.open.size() == 1);
  const bool on_link = GENERATE(false, true);
  if (on_link) node.links.open.front()->ready();
  node.world.run_for(1s);
  CHECK((node.links.open.front()->works.size() == 1) == on_link);
  node.queue.claim_fails = true;             // what the store has stays there
  apply(node, with({rule("c.example", "192.0.2.2:26", TlsLevel::verify)}));
  if (on_link) node.links.open.front()->close(refused("cut"));
  node.world.run_for(1s);
  CHECK(node.queue.count(fake::Leg::waiting) == 1);
  CHECK(node.links.delivered.empty());
  CHECK(node.links.dialled.size() == 1);
}

TEST_CASE("X-9 what is on its way to a lane while the rules change goes back to the store") {
  Node node;
  apply(node, with({rule("c.example", "192.0.2.1:26")}));
  const DeliveryId id = node.queue.put("c.example", "u@c.example");   // of the rules before
  const MemoryQueue::Row& row = node.queue.rows.at(id);
  node.queue.claim_fails = true;
  node.exchange->take("mail", "c.example", {row.envelope, row.body, {{id, row.leg.to, 1}}});
  node.world.run_for(5s);
  CHECK(node.links.dialled.empty());
  CHECK(node.queue.count(fake::Leg::waiting) == 1);
}

TEST_CASE("X-9 what the store was giving out while the rules changed goes back to it") {
  Node node;
  const DeliveryId id = node.queue.put("c.example", "u@c.example");
  node.queue.settle({returned({id, to_c, 1}, "", node.world.utc())});
  node.exchange->take("mail", "c.example", {});
  CHECK(node.queue.count(fake::Leg::active) == 1);
  node.queue.claim_fails = true;
  apply(node, with({rule("c.example", "192.0.2.1:26")}));
  node.world.run_for(1s);
  CHECK(node.links.dialled.empty());
  CHECK(node.queue.count(fake::Leg::waiting) == 1);
}

TEST_CASE("X-9 a place that no rule leads to any more is not spoken to in clear") {
  Node node;
  apply(node, with({}));
  node.names.answers.emplace("192.0.2.1:26", addresses({"192.0.2.1"}));
  const DeliveryId id = node.queue.put("192.0.2.1:26", "u@c.example");
  node.queue.settle({returned({id, to_c, 1}, "", node.world.utc())});
  node.exchange->wake("mail", "192.0.2.1:26");
  node.world.run_for(1s);
  REQUIRE_FALSE(node.links.dialled.empty());
  for (const DialRequest& one : node.links.dialled) CHECK(one.tls == TlsLevel::verify);
}

TEST_CASE("mail to a barred peer waits, by whatever way it would go") {
  const auto state = GENERATE(PeerState::suspended, PeerState::blocked);
  Node node;
  node.names.answers.emplace("192.0.2.1:26", addresses({"192.0.2.1"}));
  apply(node, with({rule("b.example", "192.0.2.1:26")}, state));
  REQUIRE(node.submit(Node::submission({"u@b.example"})));
  node.world.run_for(1h);
  CHECK(node.links.dialled.empty());
  CHECK(node.queue.rows.at(1).leg.lane == "b.example");
  REQUIRE(node.exchange->lanes().size() == 1);
  CHECK(node.exchange->lanes().front().phase == "held");
  CHECK_FALSE(node.exchange->lanes().front().next_try);
  CHECK(node.queue.count(fake::Leg::waiting) == 1);
}

TEST_CASE("the figures of a lane to a place are those of the peer whose rule leads there") {
  Node node;
  node.names.answers.emplace("192.0.2.1:26", addresses({"192.0.2.1"}));
  apply(node, with({rule("b.example", "192.0.2.1:26")}));
  REQUIRE(node.submit(Node::submission({"u@b.example"})));
  node.world.run_for(1s);
  CHECK(node.metrics.render().find(
            "hanse_messages_delivered_total{proto=\"mail\",peer=\"b.example\"} 1") !=
        std::string::npos);
}
