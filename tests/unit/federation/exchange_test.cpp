// SPDX-License-Identifier: Apache-2.0
#include "federation/exchange.h"

#include <algorithm>

#include "server/base/limits.h"
#include "server/base/lookalike.h"
#include "tests/catch.h"
#include "tests/unit/federation/node_fixture.h"

using namespace hanse;
using namespace hanse::fake;

TEST_CASE("a submission that has a patience of its own expires with it") {
  Node node;
  node.exchange->start({}, false);
  const auto [patience, expires] = GENERATE(std::pair{24h, 24h}, std::pair{200h, 120h});
  Submission one = Node::submission({"u@b.example"});
  one.envelope.patience = patience;
  REQUIRE(node.submit(std::move(one)));
  const Envelope& envelope = *node.queue.rows.at(1).envelope;
  CHECK(envelope.expires - envelope.accepted == expires);
}

TEST_CASE("D1 a submission is answered with its id after the commit, and delivered") {
  Node node;
  node.exchange->start({}, false);
  const Result<std::string> id = node.submit(Node::submission({"u@b.example"}));
  REQUIRE(id);
  CHECK(id->size() == 26);
  node.world.run_for(1s);
  CHECK(node.links.delivered == std::vector<std::string>{*id});
  CHECK(node.logged("msg.accepted") == 1);
  const MemoryQueue::Row& row = node.queue.rows.at(1);
  CHECK(row.envelope->expires - row.envelope->accepted == 120h);
  CHECK(row.leg.route == "discover");
  CHECK(node.metrics.render().find(
            "hanse_messages_delivered_total{proto=\"mail\",peer=\"b.example\"} 1") !=
        std::string::npos);
}

TEST_CASE("C-10 the recipients of one lane travel together, each once") {
  Node node;
  REQUIRE(node.submit(Node::submission({"u@b.example", "v@c.example", "w@B.example",
                                        "u@b.example", "x@b.example"})));
  node.world.run_for(1s);
  CHECK(node.queue.rows.size() == 4);
  CHECK(node.handed == 2);
  CHECK(node.links.delivered_works == 2);
  CHECK(node.queue.count(fake::Leg::delivered) == 4);
  CHECK(node.queue.rows.at(1).envelope->to.size() == 4);
}

TEST_CASE("Q-5 what is for a slow peer waits longer, and its lane is left alone longer") {
  Node node;
  auto traits = test_traits();
  traits->retry_slow = {30min, 60min};
  auto policy = std::make_shared<Policy>(*node.policy);
  policy->peers.front().slow = true;             // b.example
  const auto slow_gauge = [&] {
    return node.metrics.gauge("hanse_peer_slow", "", {{"peer", "b.example"}}).value();
  };
  CHECK(slow_gauge() == 0);
  CHECK(node.metrics.gauge("hanse_peer_state", "", {{"peer", "b.example"}, {"state", "active"}})
            .value() == 1);
  node.exchange->apply(policy, {traits}, {});
  CHECK(slow_gauge() == 1);
  node.links.behave = [](const DialRequest&) {
    Behaviour out;
    out.connects = false;
    out.end = refused();
    return out;
  };
  REQUIRE(node.submit(Node::submission({"u@b.example"})));
  REQUIRE(node.submit(Node::submission({"u@c.example"})));
  node.world.run_for(1s);
  const auto wait_of = [&](DeliveryId id) { return node.queue.rows.at(id).due - node.world.utc(); };
  CHECK(wait_of(1) >= 26min);
  CHECK(wait_of(1) <= 33min);
  CHECK(wait_of(2) <= 6min);
  for (const LaneStatus& lane : node.exchange->lanes()) {
    const bool is_slow = lane.lane == "b.example";
    CHECK(lane.slow == is_slow);
    REQUIRE(lane.next_try);
    CHECK((*lane.next_try - node.world.utc() > 20min) == is_slow);
  }
  node.links.dialled.clear();
  node.world.run_for(40min);                     // 60 after the second failure
  const auto tries = std::count_if(
      node.links.dialled.begin(), node.links.dialled.end(),
      [](const DialRequest& one) { return one.lane == "b.example"; });
  CHECK(tries == 1);
  node.exchange->apply(node.policy, {traits}, {});   // a reload takes the flag away
  CHECK(slow_gauge() == 0);
  for (const LaneStatus& lane : node.exchange->lanes()) CHECK_FALSE(lane.slow);
}

TEST_CASE("Q-5 mail from nobody lives two days") {
  Node node;
  REQUIRE(node.submit(Node::submission({"u@b.example"}, "")));
  const Envelope& envelope = *node.queue.rows.at(1).envelope;
  CHECK(envelope.expires - envelope.accepted == 48h);
}

TEST_CASE("D9 Q-4 with a low disk nothing is taken, and deliveries go on") {
  Node node;
  auto low = std::make_shared<StorePressure>();
  low->disk_low = true;
  node.exchange->set_pressure(low);
  CHECK(node.submit(Node::submission({"u@b.example"})).error().fault == Fault::overloaded);
  Claim claim;
  claim.protocol = "smtp";
  CHECK(node.exchange->verify(claim, {}).fault == Fault::overloaded);   // smtp Q-4: at MAIL
  claim.needs_no_disk = true;
  CHECK(node.exchange->verify(claim, {}).fault != Fault::overloaded);   // xmpp: the rest goes on
  claim.needs_no_disk = false;
  claim.outgoing = true;
  CHECK(node.exchange->verify(claim, {}).verdict == Verdict::accept);   // deliveries go on
  node.exchange->set_pressure(std::make_shared<StorePressure>());
  CHECK(node.submit(Node::submission({"u@b.example"})));
}

TEST_CASE("xmpp 9.3 what an engine answers itself counts when it is asked about") {
  Node node;
  PermissionQuestion question;
  question.peer = "b.example";        // three a minute
  question.answered_here = GENERATE(true, false);
  question.to = {"mail", "", "a.example"};
  const auto ask = [&] { return node.exchange->permit(question).answer; };
  for (int count = 0; count < 3; ++count) CHECK(ask() != Permission::Answer::peer_limited);
  CHECK((ask() == Permission::Answer::peer_limited) == question.answered_here);
}

TEST_CASE("xmpp 10.7 who can be taken for a known peer is told once") {
  Node node;
  node.policy->looks = {{domain_skeleton("a.example"), "a.example"}};
  Claim claim;
  claim.protocol = "mail";
  const auto told = [&node] {
    return std::count_if(node.lines.begin(), node.lines.end(), [](const std::string& line) {
      return line.find("peer.lookalike") != std::string::npos;
    });
  };
  for (const char* quiet : {"", "a.example", "c.example"}) {
    claim.domain = quiet;
    node.exchange->verify(claim, {});
  }
  CHECK(told() == 0);
  claim.domain = "\u0430.example";   // a Cyrillic one
  node.exchange->verify(claim, {});
  node.exchange->verify(claim, {});
  CHECK(told() == 1);
}

TEST_CASE("D-8 what is declared larger than the free space is put off") {
  Node node;
  auto pressure = std::make_shared<StorePressure>();
  pressure->room_bytes = 1000;
  node.exchange->set_pressure(pressure);
  Claim claim;
  claim.protocol = "mail";
  claim.address = "127.0.0.1";
  CHECK(node.exchange->verify(claim, {}, 1000).verdict == Verdict::accept);
  const TrustDecision refused = node.exchange->verify(claim, {}, 1001);
  CHECK(refused.verdict == Verdict::defer);
  CHECK(refused.fault == Fault::overloaded);
}

TEST_CASE("what cannot be taken is refused, and nothing is kept") {
  Node node;
  SECTION("the commit fails") {
    node.queue.accept_fails = true;
    CHECK(node.submit(Node::submission({"u@b.example"})).error().fault == Fault::overloaded);
  }
  SECTION("no recipient") {
    CHECK(node.submit(Node::submission({})).error().fault == Fault::never);
  }
  SECTION("a protocol nobody speaks") {
    Submission one = Node::submission({"u@b.example"});
    one.envelope.to[0].protocol = "pigeon";
    CHECK(node.submit(std::move(one)).error().fault == Fault::never);
  }
  SECTION("too many recipients") {
    Submission one = Node::submission({});
    for (std::size_t n = 0; n <= limits::recipients_per_message_max; ++n)
      one.envelope.to.push_back(address("u" + std::to_string(n) + "@b.example"));
    CHECK(node.submit(std::move(one)).error().fault == Fault::never);
  }
  CHECK(node.queue.rows.empty());
  CHECK(node.logged("msg.accepted") == 0);
}

TEST_CASE("a full mailbox leaves the work in the store, and its lane hears of it later") {
  Node node;
  node.exchange->start({}, false);
  node.mailbox_full = true;
  REQUIRE(node.submit(Node::submission({"u@b.example"})));
  CHECK(node.queue.count(fake::Leg::waiting) == 1);
  node.world.run_for(5s);
  CHECK(node.links.dialled.empty());
  node.mailbox_full = false;
  node.world.run_for(3s);
  CHECK(node.queue.count(fake::Leg::delivered) == 1);
}

TEST_CASE("permission at the door: relay_from, peers, full queues, used-up rates") {
  Node node;
  const auto ask = [&](const std::string& address_text, const std::string& to) {
    Claim claim;
    claim.protocol = "mail";
    claim.address = address_text;
    const TrustDecision decision = node.exchange->verify(claim, {});
    PermissionQuestion question;
    question.claim = claim;
    question.peer = decision.peer;
    question.from = address("s@b.example");
    question.to = address(to);
    return std::pair(decision.verdict, node.exchange->permit(question).answer);
  };
  using Answer = Permission::Answer;
  CHECK(ask("127.0.0.1", "u@far.example") == std::pair(Verdict::accept, Answer::yes));
  CHECK(ask("203.0.113.5", "u@a.example") == std::pair(Verdict::accept, Answer::yes));
  CHECK(ask("203.0.113.5", "u@far.example") == std::pair(Verdict::accept, Answer::no_relay));
  CHECK(ask("198.51.100.1", "u@a.example") == std::pair(Verdict::refuse, Answer::peer_refused));

  auto pressure = std::make_shared<StorePressure>();
  pressure->full_lanes = {"mail/a.example:24", "other/far.example"};
  node.exchange->set_pressure(pressure);
  CHECK(ask("203.0.113.5", "u@a.example").second == Answer::full);
  CHECK(ask("127.0.0.1", "u@far.example").second == Answer::yes);
  node.exchange->set_pressure(std::make_shared<StorePressure>());

  for (int n = 0; n < 3; ++n) {
    CHECK(ask("203.0.113.5", "u@a.example").second == Answer::yes);
    Submission one = Node::submission({"u@a.example"});
    one.envelope.trace.push_back({});
    one.envelope.trace.back().peer = "b.example";
    REQUIRE(node.submit(std::move(one)));
  }
  CHECK(ask("203.0.113.5", "u@a.example").second == Answer::peer_limited);
  CHECK(ask("127.0.0.1", "u@a.example").second == Answer::yes);
  node.world.run_for(21s);
  CHECK(ask("203.0.113.5", "u@a.example").second == Answer::yes);
}

TEST_CASE("Q-2 after a restart the store's work finds its lanes") {
  Node node;
  node.queue.put("b.example", "u@b.example", 1);
  node.queue.put("c.example", "u@c.example", 2);
  node.exchange->start({{"mail", "b.example", 1, node.world.utc(), true},
                        {"mail", "c.example", 1, node.world.utc() + 1h, false}}, false);
  node.queue.rows.at(2).due = node.world.utc() + 1h;
  node.world.run_for(2s);
  CHECK(node.queue.count(fake::Leg::delivered) == 1);
  CHECK(node.exchange->lanes().size() == 2);
  node.world.run_for(61min);
  CHECK(node.queue.count(fake::Leg::delivered) == 2);
}

TEST_CASE("an operator's wake reaches a lane that is not known yet") {
  Node node;
  node.exchange->start({}, false);
  node.queue.put("b.example", "u@b.example", 1);   // released by the operator
  node.exchange->wake("mail", "b.example");
  node.world.run_for(1s);
  CHECK(node.queue.count(fake::Leg::delivered) == 1);
  node.queue.put("b.example", "u@b.example", 1);
  node.exchange->wake("", "");
  node.world.run_for(1s);
  CHECK(node.queue.count(fake::Leg::delivered) == 2);
}

TEST_CASE("one dead peer never delays another") {
  Node node;
  node.exchange->start({}, false);
  node.links.behave = [](const DialRequest& request) {
    Behaviour out;
    out.connects = request.lane != "b.example";
    out.end = refused();
    out.connect_time = out.connects ? 1ms : 30s;
    return out;
  };
  for (int n = 0; n < 1000; ++n) REQUIRE(node.submit(Node::submission({"u@b.example"})));
  REQUIRE(node.submit(Node::submission({"u@c.example"})));
  node.world.run_for(1s);
  CHECK(node.links.delivered_works == 1);
}

TEST_CASE("idle lanes are forgotten, busy ones are not") {
  Node node;
  node.exchange->start({}, false);
  node.names.answers.insert_or_assign("b.example", Error{Fault::try_later, "SERVFAIL"});
  REQUIRE(node.submit(Node::submission({"u@b.example"})));
  for (int n = 0; n < 1000; ++n) {
    const std::string domain = "d" + std::to_string(n) + ".example";
    node.names.answers.insert_or_assign(domain, addresses({"192.0.2.1"}));
    REQUIRE(node.submit(Node::submission({"u@" + domain})));
    node.world.run_for(1s);
  }
  CHECK(node.exchange->lanes().size() <= 512);
  CHECK(node.queue.count(fake::Leg::delivered) == 1000);
  node.names.answers.insert_or_assign("b.example", addresses({"192.0.2.1"}));
  node.world.run_for(5h);
  CHECK(node.queue.count(fake::Leg::delivered) == 1001);
}

TEST_CASE("drain: commits are answered, works go back, and the exchange comes to rest") {
  Node node;
  node.exchange->start({}, true);
  REQUIRE(node.submit(Node::submission({"u@b.example"})));
  node.exchange->drain(false);
  CHECK(node.submit(Node::submission({"u@c.example"})));
  node.world.run_for(2s);
  CHECK(node.exchange->drained());
  CHECK(node.queue.count(fake::Leg::active) == 0);
  CHECK(node.queue.count(fake::Leg::waiting) + node.queue.count(fake::Leg::delivered) == 2);
  node.world.run_for(1h);
  CHECK(node.world.timers() == 0);
}

TEST_CASE("a new policy holds from the next message on") {
  Node node;
  auto other = std::make_shared<Policy>(*node.policy);
  other->routes = RouteTable({{"route.0", "*", "", "c.example", TlsLevel::encrypt}});
  node.exchange->apply(other, {test_traits()}, {});
  REQUIRE(node.submit(Node::submission({"u@b.example"})));
  node.world.run_for(1s);
  REQUIRE(node.links.dialled.size() == 1);
  CHECK(node.links.dialled[0].lane == "c.example");
  CHECK(node.links.dialled[0].tls == TlsLevel::encrypt);
}

TEST_CASE("what is for a suspended peer waits until it is active again") {
  Node node;
  auto suspended = std::make_shared<Policy>(*node.policy);
  suspended->peers[0].state = PeerState::suspended;
  node.exchange->apply(suspended, {test_traits()}, {});
  REQUIRE(node.submit(Node::submission({"u@b.example", "u@c.example"})));
  node.world.run_for(1h);
  CHECK(node.queue.count(fake::Leg::delivered) == 1);
  CHECK(node.links.delivered_works == 1);
  CHECK(node.queue.rows.at(1).last.reply == "peer is suspended or blocked");
  node.exchange->apply(node.policy, {test_traits()}, {});
  node.world.run_for(1s);
  CHECK(node.queue.count(fake::Leg::delivered) == 2);
}
