// SPDX-License-Identifier: Apache-2.0
#include "server/base/limits.h"
#include "tests/catch.h"
#include "tests/unit/console/fake_node.h"

namespace hanse::console {
namespace {

QueueRow row(std::string id) {
  QueueRow made;
  made.id = std::move(id);
  made.from = {"mail", "alice", "b.example"};
  made.to = {"mail", "user", "c.example"};
  made.protocol = "mail";
  made.lane = "c.example";
  made.route = "discover";
  made.state = LegState::deferred;
  made.size = 4096;
  made.attempts = 6;
  made.accepted = from_unix_ms(1'767'697'330'000);
  made.expires = from_unix_ms(1'767'697'330'000 + 432'000'000);
  made.next_try = from_unix_ms(1'767'697'330'000 + 600'000);
  made.last_reply = "connect timeout 30s";
  return made;
}

QueueStory story() {
  QueueStory made;
  made.envelope.id = "01J9Z6";
  made.envelope.accepted = from_unix_ms(1'767'697'330'000);
  made.envelope.trace.push_back({"a.example", "ESMTPS", "mx.b.example", "", "192.0.2.9",
                                 "TLSv1.3", "b.example", {}});
  QueueStory::LegStory leg;
  leg.row = row("01J9Z6");
  AttemptRow attempt;
  attempt.number = 1;
  attempt.started = attempt.ended = from_unix_ms(1'767'697'331'000);
  attempt.outcome.status = "4.4.1";
  attempt.outcome.reply = "connect timeout 30s";
  attempt.outcome.remote = "mx1.c.example [192.0.2.7]:25";
  leg.attempts.push_back(attempt);
  made.legs.push_back(leg);
  return made;
}

LaneStatus open_breaker() {
  LaneStatus lane;
  lane.protocol = "mail";
  lane.lane = "c.example";
  lane.phase = "breaker_open";
  lane.story = "MX 10 mx1.c.example; DNSSEC no";
  lane.failures = 5;
  lane.last_error = "connect timeout 30s";
  lane.breaker_open_since = from_unix_ms(1'767'697'630'000);
  lane.next_try = from_unix_ms(1'767'709'205'000);
  return lane;
}

TEST_CASE("console: queue why names route, attempts, breaker, next try and the end") {
  FakeNode fake;
  fake.queue_admin.story = story();
  fake.lane_rows = {open_breaker()};
  const Answered answered = ask(fake, make_request("queue why", {"01J9Z6"}));
  CHECK(answered.ended.exit == Exit::ok);
  CHECK(answered.text ==
        "01J9Z6  mail -> user@c.example   accepted 2026-01-06T11:02:10Z from b.example (ESMTPS, "
        "192.0.2.9, TLSv1.3)\n"
        " 11:02:10Z route  rule discover -> mail c.example (MX 10 mx1.c.example; DNSSEC no)\n"
        " 11:02:11Z try 1  mx1.c.example [192.0.2.7]:25 deferred 4.4.1 connect timeout 30s\n"
        " lane     breaker_open, failed 5 times in a row (connect timeout 30s), breaker open since "
        "2026-01-06T11:07:10Z\n"
        " next     2026-01-06T14:20:05Z; gives up 2026-01-11T11:02:10Z; holds: none\n");
  CHECK(answered.items[0]["legs"][0]["lane_status"]["failures"] == 5);
}

TEST_CASE("console: queue why says how many tries it no longer knows") {
  FakeNode fake;
  fake.queue_admin.story = story();
  AttemptRow& last = fake.queue_admin.story.legs[0].attempts[0];
  last.number = static_cast<unsigned>(limits::attempts_kept_max);
  const std::string all = ask(fake, make_request("queue why", {"01J9Z6"})).text;
  CHECK(all.find("forgotten") == std::string::npos);
  last.number += 3;
  const Answered answered = ask(fake, make_request("queue why", {"01J9Z6"}));
  CHECK(answered.text.find(" (3 earlier tries are forgotten)\n 11:02:11Z try 259") !=
        std::string::npos);
  CHECK(answered.items[0]["legs"][0]["attempts_forgotten"] == 3);
}

TEST_CASE("console: queue why of a held message says so and has no next try") {
  FakeNode fake;
  fake.queue_admin.story = story();
  fake.queue_admin.story.legs[0].row.state = LegState::held;
  fake.queue_admin.story.legs[0].note = "held by tester: migration";
  const std::string text = ask(fake, make_request("queue why", {"01J9Z6"})).text;
  CHECK(text.find("next     none (held)") != std::string::npos);
  CHECK(text.find("holds: one\n note     held by tester: migration\n") != std::string::npos);
  CHECK(text.find("lane     idle") != std::string::npos);
}

TEST_CASE("console: queue why of a message to a suspended peer names no time of a next try") {
  FakeNode fake;
  fake.queue_admin.story = story();
  LaneStatus lane = open_breaker();
  lane.phase = "held";
  fake.lane_rows = {lane};
  Policy policy;
  policy.peers.emplace_back();
  policy.peers.front().domain = "c.example";
  policy.peers.front().state = PeerState::suspended;
  fake.set_policy(policy);
  const Answered answered = ask(fake, make_request("queue why", {"01J9Z6"}));
  CHECK(answered.text.find(" next     none (peer c.example is suspended); gives up ") !=
        std::string::npos);
  CHECK(answered.text.find("; holds: one\n") != std::string::npos);
  CHECK(answered.items[0]["legs"][0]["next_try"].is_null());
}

TEST_CASE("console: an unknown queue id is exit code 5") {
  FakeNode fake;
  CHECK(ask(fake, make_request("queue why", {"nope"})).ended.exit == Exit::not_found);
  CHECK(ask(fake, make_request("queue show", {"nope"})).ended.exit == Exit::not_found);
  CHECK(ask(fake, make_request("queue why")).ended.exit == Exit::usage);
}

TEST_CASE("console: what a peer said reaches no terminal as it is") {
  FakeNode fake;
  fake.queue_admin.story = story();
  fake.queue_admin.story.legs[0].attempts[0].outcome.reply = "550 \x1b[2Jgone\r\n\x9b";
  fake.queue_admin.rows = {row("1")};
  fake.queue_admin.rows[0].last_reply = "\x07" "bell\x1b]0;title\x07";
  fake.queue_admin.rows[0].to.local = "a\nb";
  for (const char* command : {"queue why", "queue list"}) {
    const bool list = std::string_view(command) == "queue list";
    const Answered answered = ask(
        fake, make_request(command, list ? std::vector<std::string>{}
                                         : std::vector<std::string>{"01J9Z6"}));
    for (const char c : answered.text) CHECK((c == '\n' || (c >= 0x20 && c < 0x7f)));
    for (const char c : to_line(answered.items[0])) CHECK((c >= 0x20 && c < 0x7f));
  }
}

TEST_CASE("console: queue list goes through all pages, or stops at its limit") {
  FakeNode fake;
  for (std::size_t i = 0; i < limits::list_page_items_max + 5; ++i) {
    fake.queue_admin.rows.push_back(row(std::to_string(i)));
  }
  const Answered all = ask(fake, make_request("queue list", {"dest=c.example"}));
  CHECK(all.items.size() == limits::list_page_items_max + 5);
  CHECK(all.ended.next_cursor.empty());
  CHECK(fake.queue_admin.asked.dest == "c.example");
  const Answered some = ask(fake, make_request("queue list", {}, {{"limit", "3"}}));
  CHECK(some.items.size() == 3);
  CHECK(some.ended.next_cursor == "3");
  const Answered rest =
      ask(fake, make_request("queue list", {}, {{"limit", "1"}, {"cursor", "3"}}));
  CHECK(rest.items[0]["id"] == "3");
  CHECK(ask(fake, make_request("queue list", {}, {{"limit", "x"}})).ended.exit == Exit::usage);
  CHECK(ask(fake, make_request("queue list", {"dest"})).ended.exit == Exit::ok);
  CHECK(fake.queue_admin.asked.id == "dest");   // a bare word is a queue id
}

TEST_CASE("console: queue shape has a column for each age") {
  FakeNode fake;
  const Answered answered = ask(fake, make_request("queue shape"));
  CHECK(answered.text ==
        "destination  T  5  10  20  40  80  160  320  640  1280  1280+\n"
        "TOTAL        3  1   0   0   0   0    0    0    0     0      2\n"
        "c.example    2  0   0   0   0   0    0    0    0     0      2\n");
  CHECK(answered.items[1]["counts"]["1280+"] == 2);
}

TEST_CASE("console: a retry wakes the lanes it touched and is audited") {
  FakeNode fake;
  fake.queue_admin.answer.legs = 2;
  fake.queue_admin.answer.lanes = {{"mail", "c.example"}};
  const Answered answered =
      ask(fake, make_request("queue retry", {"dest=c.example"}, {{"reason", "link is back"}}));
  CHECK(answered.ended.exit == Exit::ok);
  CHECK(answered.items[0]["count"] == 2);
  CHECK(fake.woken == std::vector<std::string>{"mail/c.example"});
  CHECK(fake.queue_admin.changes[0].reason == "link is back");
  CHECK(fake.queue_admin.changes[0].who == "tester (uid 7)");
  CHECK(fake.lines.find("audit.queue_retry") != std::string::npos);
  CHECK(fake.lines.find("link is back") != std::string::npos);
  CHECK(fake.lines.find("tester (uid 7)") != std::string::npos);
}

TEST_CASE("console: a dry run neither wakes nor is audited") {
  FakeNode fake;
  fake.queue_admin.answer.legs = 2;
  fake.queue_admin.answer.lanes = {{"mail", "c.example"}};
  Request request = make_request("queue retry", {"all"});
  request.dry_run = true;
  const Answered answered = ask(fake, request);
  CHECK(answered.items[0]["dry_run"] == true);
  CHECK(fake.queue_admin.changes[0].dry_run);
  CHECK(fake.queue_admin.changes[0].selector.empty());
  CHECK(fake.woken.empty());
  CHECK(fake.lines.empty());
}

TEST_CASE("console: bounce and discard need a reason, changes need a selector") {
  FakeNode fake;
  fake.queue_admin.answer.legs = 1;
  for (const char* command : {"queue bounce", "queue discard"}) {
    CHECK(ask(fake, make_request(command, {"dest=x"})).ended.exit == Exit::usage);
    CHECK(ask(fake, make_request(command, {"dest=x"}, {{"reason", "gone"}})).ended.exit ==
          Exit::ok);
  }
  for (const char* command : {"queue retry", "queue hold", "queue release"}) {
    CHECK(ask(fake, make_request(command)).ended.exit == Exit::usage);
  }
  CHECK(fake.queue_admin.changes.size() == 2);
  fake.queue_admin.answer.legs = 0;
  CHECK(ask(fake, make_request("queue hold", {"01J9Z6"})).ended.exit == Exit::not_found);
  CHECK(ask(fake, make_request("queue hold", {"dest=x"})).ended.exit == Exit::ok);
}

}  // namespace
}  // namespace hanse::console
