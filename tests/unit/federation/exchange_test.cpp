// SPDX-License-Identifier: Apache-2.0
#include "federation/exchange.h"

#include "server/base/limits.h"
#include "tests/catch.h"
#include "tests/unit/federation/fake_world.h"

using namespace hanse;
using namespace hanse::fake;

namespace {

// A node of one shard that hosts a.example and relays for 127.0.0.0/8.
struct Node final : Shards {
  World world;
  SeededRandom random{11};
  MemoryQueue queue{world};
  Names names{world};
  Links links{world};
  std::vector<std::string> lines;
  Log log{world, [this](std::string_view line) { lines.emplace_back(line); }};
  Metrics metrics;
  std::shared_ptr<Policy> policy = std::make_shared<Policy>();
  std::unique_ptr<Exchange> exchange;
  bool mailbox_full = false;
  std::size_t handed = 0;
  std::vector<Reportable> reported;
  std::vector<std::string> heads;
  std::optional<Fault> report_fails;

  Node() {
    for (const std::string name : {"b.example", "c.example", "a.example"})
      names.answers.emplace(name, addresses({"192.0.2.1"}));
    PeerPolicy peer;
    peer.domain = "b.example";
    peer.scopes = {"mail"};
    peer.addresses = {*parse_network("203.0.113.5")};
    peer.messages_per_minute_max = 3;
    policy->peers = {peer};
    policy->rates = std::make_shared<PeerRates>();
    policy->rates->add(peer);
    ProtocolPolicy mail;
    mail.hosts = {"a.example"};
    mail.relay_from = {*parse_network("127.0.0.0/8")};
    policy->protocols.emplace("mail", mail);
    policy->routes = RouteTable({{"route.0", "a.example", "", "a.example:24", std::nullopt}});
    names.answers.emplace("a.example:24", addresses({"192.0.2.9"}));
    exchange = std::make_unique<Exchange>(
        ExchangeParts{world, random, world, queue, queue, names, links, *this, log, metrics},
        policy, std::vector<std::shared_ptr<const LaneTraits>>{test_traits()},
        std::map<std::string, ReportMaker>{
            {"mail", [this](const Reportable& one, std::string_view head, UtcTime) {
               return report(one, head);
             }}});
  }

  bool hand(const std::string& protocol, const std::string& lane, Work work) override {
    if (mailbox_full) return false;
    ++handed;
    world.at(world.now(), [this, protocol, lane, work] { exchange->take(protocol, lane, work); });
    return true;
  }

  Result<Submission> report(const Reportable& one, std::string_view head) {
    if (report_fails) return Error{*report_fails, "cannot say it"};
    reported.push_back(one);
    heads.emplace_back(head);
    return submission({to_text(one.envelope->from)}, "");
  }

  static Submission submission(const std::vector<std::string>& to,
                               const std::string& from = "sender@c.example") {
    Submission out;
    out.envelope.from = address(from);
    for (const std::string& one : to) out.envelope.to.push_back(address(one));
    out.body.bytes = std::make_shared<const std::string>("Subject: x\r\n\r\n");
    out.body.size = out.body.bytes->size();
    return out;
  }

  Result<std::string> submit(Submission one) {
    std::vector<Result<std::string>> answers;
    exchange->submit(std::move(one), [&](Result<std::string> id) { answers.push_back(id); });
    CHECK(answers.empty());          // never from inside the call
    world.run_for(0us);
    REQUIRE(answers.size() == 1);
    return answers.front();
  }
  std::size_t logged(const std::string& event) const {
    std::size_t count = 0;
    for (const std::string& line : lines)
      count += line.find('"' + event + '"') != std::string::npos;
    return count;
  }
};

}  // namespace

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

TEST_CASE("Q-5 mail from nobody lives two days") {
  Node node;
  REQUIRE(node.submit(Node::submission({"u@b.example"}, "")));
  const Envelope& envelope = *node.queue.rows.at(1).envelope;
  CHECK(envelope.expires - envelope.accepted == 48h);
}

TEST_CASE("what cannot be taken is refused, and nothing is kept") {
  Node node;
  SECTION("D9 disk low") {
    auto low = std::make_shared<StorePressure>();
    low->disk_low = true;
    node.exchange->set_pressure(low);
    CHECK(node.submit(Node::submission({"u@b.example"})).error().fault == Fault::overloaded);
    node.exchange->set_pressure(std::make_shared<StorePressure>());
    CHECK(node.submit(Node::submission({"u@b.example"})));
    return;
  }
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

TEST_CASE("B-5 failures of one message within a minute make one report") {
  Node node;
  node.exchange->start({}, true);
  node.links.behave = [](const DialRequest& request) {
    Behaviour out;
    const bool refuses = request.lane == "b.example";
    out.disposition = refuses ? Disposition::failed : Disposition::deferred;
    out.status = refuses ? "5.1.1" : "4.2.0";
    return out;
  };
  node.names.answers.emplace("d.example", addresses({"192.0.2.4"}));
  REQUIRE(node.submit(Node::submission({"u@b.example", "w@b.example", "v@d.example"})));
  node.world.run_for(50s);
  CHECK(node.reported.empty());       // one recipient is still open
  node.links.behave = [](const DialRequest&) { return Behaviour{}; };
  node.world.run_for(20s);
  REQUIRE(node.reported.size() == 1);
  CHECK(node.reported[0].failures.size() == 2);
  CHECK(node.heads[0] == "Subject: x\r\n\r\n");
  node.world.run_for(10min);
  CHECK(node.reported.size() == 1);
  const MemoryQueue::Row& report = node.queue.rows.rbegin()->second;
  CHECK(report.envelope->is_report);
  CHECK(report.leg.lane == "c.example");
  CHECK(report.state == fake::Leg::delivered);
}

TEST_CASE("B-5 when all recipients are final the report does not wait") {
  Node node;
  node.exchange->start({}, true);
  node.names.answers.insert_or_assign("b.example", addresses({}));
  Submission one = Node::submission({"u@b.example"});
  SECTION("body in memory") {}
  SECTION("body in the store") {
    one.body.bytes = nullptr;
    one.body.blob = 5;
  }
  const bool in_store = one.body.bytes == nullptr;
  REQUIRE(node.submit(std::move(one)));
  node.world.run_for(3s);
  REQUIRE(node.reported.size() == 1);
  CHECK(node.reported[0].failures[0].outcome.status == "5.1.2");
  CHECK(node.heads[0] == (in_store ? "Subject: from the store\r\n" : "Subject: x\r\n\r\n"));
}

TEST_CASE("B-1 a report that fails is written down and goes no further") {
  Node node;
  node.exchange->start({}, true);
  for (const std::string name : {"b.example", "c.example"})
    node.names.answers.insert_or_assign(name, addresses({}));
  REQUIRE(node.submit(Node::submission({"u@b.example"})));
  node.world.run_for(5min);
  CHECK(node.reported.size() == 1);
  CHECK(node.logged("msg.bounced") == 2);
  CHECK(node.queue.count(fake::Leg::failed) == 2);
}

TEST_CASE("B-5 a failure nobody can be told of is written down") {
  Node node;
  node.exchange->start({}, true);
  node.names.answers.insert_or_assign("b.example", addresses({}));
  Submission one = Node::submission({"u@b.example"});
  SECTION("the sender's protocol makes no reports") { one.envelope.from.protocol = "pigeon"; }
  SECTION("the report cannot be made") { node.report_fails = Fault::never; }
  REQUIRE(node.submit(std::move(one)));
  node.world.run_for(1min);
  CHECK(node.queue.reports_ended == 1);
  CHECK(node.logged("msg.double_bounce") == 1);
  CHECK(node.queue.rows.size() == 1);
}

TEST_CASE("a report that cannot be made now is made later") {
  Node node;
  node.exchange->start({}, true);
  node.names.answers.insert_or_assign("b.example", addresses({}));
  node.report_fails = Fault::try_later;
  REQUIRE(node.submit(Node::submission({"u@b.example"})));
  node.world.run_for(10s);
  CHECK(node.queue.rows.size() == 1);
  CHECK(node.queue.reports_ended == 0);
  node.report_fails.reset();
  node.world.run_for(10s);
  CHECK(node.queue.count(fake::Leg::delivered) == 1);
}

TEST_CASE("many failures are told in batches, one right after the other") {
  Node node;
  node.exchange->start({}, true);
  node.names.answers.insert_or_assign("b.example", addresses({}));
  for (int n = 0; n < 100; ++n) REQUIRE(node.submit(Node::submission({"u@b.example"})));
  node.world.run_for(3s);
  CHECK(node.reported.size() == 100);
  CHECK(node.queue.count(fake::Leg::delivered) == 100);
}

TEST_CASE("a report that the store cannot take now is made again") {
  Node node;
  node.exchange->start({}, true);
  node.names.answers.insert_or_assign("b.example", addresses({}));
  REQUIRE(node.submit(Node::submission({"u@b.example"})));
  node.queue.accept_fails = true;
  node.world.run_for(10s);
  CHECK(node.queue.rows.size() == 1);
  node.queue.accept_fails = false;
  node.world.run_for(5s);
  CHECK(node.queue.rows.size() == 2);
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
