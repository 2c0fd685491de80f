// SPDX-License-Identifier: Apache-2.0
#include "federation/report_desk.h"

#include "tests/catch.h"
#include "tests/unit/federation/node_fixture.h"

using namespace hanse;
using namespace hanse::fake;

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
  CHECK(node.logged("msg.bounced") == 1);
  CHECK(node.logged("msg.double_bounce") == 1);   // the report itself
  CHECK(node.queue.count(fake::Leg::failed) == 2);
}

TEST_CASE("B-5 a message without a sender that fails is written down") {
  Node node;
  node.exchange->start({}, true);
  node.names.answers.insert_or_assign("b.example", addresses({}));
  Submission one = Node::submission({"u@b.example"});
  one.envelope.from = {};
  REQUIRE(node.submit(std::move(one)));
  node.world.run_for(1min);
  CHECK(node.reported.empty());
  CHECK(node.logged("msg.bounced") == 0);
  CHECK(node.logged("msg.double_bounce") == 1);
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
