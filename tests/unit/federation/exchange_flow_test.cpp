// SPDX-License-Identifier: Apache-2.0
#include "tests/catch.h"
#include "tests/unit/federation/node_fixture.h"

using namespace hanse;
using namespace hanse::fake;

namespace {

Submission passing(Flow flow, const std::string& to = "u@b.example") {
  Submission out = Node::submission({to});
  out.envelope.flow = flow;
  out.envelope.patience = 10s;
  return out;
}

void peer_is_down(Node& at) {
  at.links.behave = [](const DialRequest&) {
    Behaviour out;
    out.connects = false;
    out.end = refused();
    return out;
  };
}

std::vector<std::string> lanes_of(const Node& at) {
  std::vector<std::string> out;
  for (const LaneStatus& lane : at.exchange->lanes()) out.push_back(lane.lane);
  return out;
}

void set_pairs(Node& at) {
  const std::shared_ptr<LaneTraits> traits = test_traits();
  traits->lane_name = [](std::string_view from, const Address&, const RouteChoice& choice) {
    return pair_lane(from, choice.lane);
  };
  traits->discover = [](const std::string& lane, Random&) {
    return ask_addresses(lane.substr(lane.find('>') + 1));
  };
  at.exchange->apply(at.policy, {traits}, {});
}

}  // namespace

TEST_CASE("pairs: a lane for each of our domains and its next hop") {
  Node at;
  set_pairs(at);
  REQUIRE(at.submit(Node::submission({"u@b.example", "v@a.example"}, "x@c.example")));
  REQUIRE(at.submit(Node::submission({"u@b.example"}, "x@d.example")));
  at.world.run_for(1s);
  CHECK(lanes_of(at) == std::vector<std::string>{"c.example>a.example:24", "c.example>b.example",
                                                 "d.example>b.example"});
  CHECK(at.queue.rows.at(1).leg.lane == "c.example>b.example");
  CHECK(at.queue.count(fake::Leg::delivered) == 3);
}

TEST_CASE("pairs: peers and TLS levels are those of the hop") {
  Node at;
  at.policy->peers[0].state = PeerState::suspended;
  at.policy->peers[0].tls_out = TlsLevel::verify;
  CHECK(at.policy->demand_of_lane("mail", "c.example>b.example").tls == TlsLevel::verify);
  CHECK(at.policy->demand_of_lane("mail", "c.example>b.example?ask").tls == TlsLevel::verify);
  CHECK(at.policy->demand_of_lane("mail", "c.example>b.example=192.0.2.1:5?ask").tls ==
        TlsLevel::verify);
  CHECK(at.policy->demand_of_lane("mail", "b.example>c.example").tls == TlsLevel::may);
  set_pairs(at);
  REQUIRE(at.submit(Node::submission({"u@b.example"}, "x@c.example")));
  at.world.run_for(1s);
  REQUIRE(at.exchange->lanes().size() == 1);
  CHECK(at.exchange->lanes()[0].phase == "held");
}

TEST_CASE("pairs: a suspended peer's questions wait too, and so does what a rule leads there") {
  Node at;
  at.policy->peers[0].state = PeerState::suspended;
  const std::string behind = GENERATE("?verify", "=192.0.2.1:7", "=192.0.2.1:7?verify");
  const std::shared_ptr<LaneTraits> traits = test_traits();
  traits->lane_name = [behind](std::string_view from, const Address& to, const RouteChoice&) {
    return pair_lane(from, to.domain) + behind;
  };
  at.exchange->apply(at.policy, {traits}, {});
  REQUIRE(at.submit(Node::submission({"u@b.example"}, "x@c.example")));
  at.world.run_for(1s);
  REQUIRE(at.exchange->lanes().size() == 1);
  CHECK(at.exchange->lanes()[0].phase == "held");
}

TEST_CASE("pairs: a full queue is that of the pair") {
  Node at;
  set_pairs(at);
  auto pressure = std::make_shared<StorePressure>();
  pressure->full_lanes = {"mail/c.example>b.example"};
  at.exchange->set_pressure(pressure);
  PermissionQuestion question;
  question.claim.protocol = "mail";
  question.claim.address = "127.0.0.1";
  question.to = address("u@b.example");
  question.from = address("x@c.example");
  CHECK(at.exchange->permit(question).answer == Permission::Answer::full);
  question.from = address("x@d.example");
  CHECK(at.exchange->permit(question).answer == Permission::Answer::yes);
}

TEST_CASE("pass: a message that asks for no answer leaves without the store") {
  Node at;
  for (const Flow flow : {Flow::swift, Flow::latest, Flow::live}) at.exchange->pass(passing(flow));
  at.world.run_for(1s);
  CHECK(at.links.delivered_works == 3);
  CHECK(at.queue.rows.empty());
  CHECK(at.logged("msg.accepted") == 0);
  CHECK(at.links.delivered[0].size() == 26);
}

TEST_CASE("xmpp 4.6 pass: nothing goes to a peer that is blocked, and who wrote hears it at once") {
  Node at;
  at.exchange->pass(passing(Flow::live));
  at.world.run_for(1s);
  REQUIRE(at.links.delivered_works == 1);
  REQUIRE(at.exchange->lanes()[0].links == 1);   // it stands
  at.policy->peers[0].state = PeerState::blocked;
  for (const Flow flow : {Flow::swift, Flow::latest, Flow::live}) at.exchange->pass(passing(flow));
  REQUIRE(at.reported.size() == 3);
  for (const auto& report : at.reported) {
    CHECK(report.failures[0].outcome.status == "5.7.1");
    CHECK(report.failures[0].outcome.disposition == Disposition::failed);
  }
  at.exchange->apply(at.policy, {test_traits()}, {});
  at.world.run_for(1s);
  CHECK(at.links.delivered_works == 1 + 3);   // these three are the reports
  CHECK(at.exchange->lanes()[0].links == 0);
}

TEST_CASE("pass: a durable one is a submission without an answer") {
  Node at;
  at.exchange->pass(passing(Flow::durable));
  at.world.run_for(1s);
  CHECK(at.queue.count(fake::Leg::delivered) == 1);
}

TEST_CASE("pass: a full mailbox makes a swift one durable and fails a live one") {
  Node at;
  at.mailbox_full = true;
  at.exchange->pass(passing(Flow::live));
  CHECK(at.reported.size() == 1);
  CHECK(at.reported[0].failures[0].outcome.fault == Fault::overloaded);
  at.exchange->pass(passing(Flow::swift));
  CHECK_FALSE(at.exchange->drained());
  at.mailbox_full = false;
  at.exchange->pass(passing(Flow::swift));   // and does not overtake it
  at.world.run_for(1s);
  CHECK(at.queue.count(fake::Leg::delivered) >= 2);
  const std::size_t stored = at.queue.rows.size();
  at.exchange->pass(passing(Flow::swift));
  at.world.run_for(1s);
  CHECK(at.queue.rows.size() == stored);
}

TEST_CASE("pass: a sender is told by its protocol's own report") {
  Node at;
  peer_is_down(at);
  SECTION("of a live message that ran out of patience") {
    at.exchange->pass(passing(Flow::live));
    at.world.run_for(11s);
    REQUIRE(at.reported.size() == 1);
    CHECK(at.reported[0].failures[0].outcome.status == "4.4.7");
    CHECK(at.heads[0] == "Subject: x\r\n\r\n");
  }
  SECTION("of a swift message that the peer refused") {
    at.links.behave = [](const DialRequest&) {
      Behaviour out;
      out.disposition = Disposition::failed;
      out.status = "5.1.1";
      return out;
    };
    at.exchange->pass(passing(Flow::swift));
    at.world.run_for(1s);
    CHECK(at.reported.size() == 1);
  }
  SECTION("never of a report, and not when its maker keeps silent") {
    Submission report = passing(Flow::live);
    report.envelope.is_report = true;
    at.exchange->pass(std::move(report));
    at.report_fails = Fault::never;
    at.exchange->pass(passing(Flow::live));
    at.world.run_for(11s);
    CHECK(at.reported.empty());
  }
}

TEST_CASE("D9 pass: with a low disk a swift message is only sent from memory") {
  Node at;
  auto pressure = std::make_shared<StorePressure>();
  pressure->disk_low = true;
  at.exchange->set_pressure(pressure);
  at.exchange->pass(passing(Flow::swift));
  at.world.run_for(1s);
  CHECK(at.links.delivered_works == 1);
  at.mailbox_full = true;
  at.exchange->pass(passing(Flow::swift));
  REQUIRE(at.reported.size() == 1);
  CHECK(at.reported[0].failures[0].outcome.fault == Fault::overloaded);
}

TEST_CASE("convey: the asker hears how it ended, once") {
  Node at;
  std::vector<Result<Outcome>> heard;
  const auto convey = [&](Submission one) {
    at.exchange->convey(std::move(one), [&](Result<Outcome> end) { heard.push_back(end); });
    CHECK(heard.empty());   // never from inside the call
  };
  SECTION("delivered") {
    convey(passing(Flow::live));
    at.world.run_for(1s);
    REQUIRE(heard.size() == 1);
    REQUIRE(heard[0]);
    CHECK(heard[0]->disposition == Disposition::delivered);
  }
  SECTION("out of patience") {
    peer_is_down(at);
    convey(passing(Flow::live));
    at.world.run_for(11s);
    REQUIRE(heard.size() == 1);
    CHECK(heard[0]->status == "4.4.7");
  }
  SECTION("mailbox full") {
    at.mailbox_full = true;
    convey(passing(Flow::live));
    at.world.run_for(0us);
    REQUIRE(heard.size() == 1);
    CHECK(heard[0]->fault == Fault::overloaded);
  }
  SECTION("draining") {
    at.exchange->drain(false);
    convey(passing(Flow::live));
    at.world.run_for(0us);
    REQUIRE(heard.size() == 1);
    CHECK(heard[0]->disposition == Disposition::failed);
  }
  SECTION("to nobody") {
    Submission none = passing(Flow::live);
    none.envelope.to.clear();
    convey(std::move(none));
    at.world.run_for(0us);
    REQUIRE(heard.size() == 1);
    CHECK_FALSE(heard[0]);
  }
  CHECK(at.reported.empty());
  CHECK(at.queue.rows.empty());
}

TEST_CASE("pass: what is handed over in answer to a commit comes behind what was committed") {
  Node at;
  at.links.behave = [](const DialRequest&) {
    Behaviour out;
    out.by_hand = true;
    return out;
  };
  Submission first = Node::submission({"u@b.example"});
  first.envelope.key.native_id = "first";
  at.exchange->submit(std::move(first), [&](const Result<std::string>&) {
    Submission second = passing(Flow::swift);
    second.envelope.key.native_id = "second";
    at.exchange->pass(std::move(second));
  });
  at.world.run_for(1s);
  REQUIRE(at.links.open.size() >= 1);
  at.links.open.front()->ready();
  at.world.run_for(1s);
  REQUIRE(at.links.open.front()->works.size() >= 1);
  CHECK(at.links.open.front()->works.front().envelope->key.native_id == "first");
}

TEST_CASE("announce: a peer that is there wakes its lane and those to a place of its own") {
  Node at;
  peer_is_down(at);
  set_pairs(at);
  at.exchange->pass(passing(Flow::swift));
  at.world.run_for(1s);
  const std::size_t before = at.links.dialled.size();
  REQUIRE(before >= 1);
  const std::string lane = at.exchange->lanes().at(0).lane;
  const auto dials_for = [&](const std::string& name) {
    const std::size_t was = at.links.dialled.size();
    at.exchange->announce("mail", name);
    at.world.run_for(1ms);
    return at.links.dialled.size() > was;
  };
  CHECK_FALSE(dials_for(lane.substr(0, lane.size() - 1)));   // another name that begins alike
  CHECK(dials_for(lane));
}
