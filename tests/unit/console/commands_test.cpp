// SPDX-License-Identifier: Apache-2.0
#include "server/console/commands.h"

#include <set>

#include "server/console/help.h"
#include "server/console/invocation.h"
#include "tests/catch.h"
#include "tests/unit/console/fake_node.h"

namespace hanse::console {
namespace {

Policy two_peers() {
  Policy policy;
  policy.node_domain = "a.example";
  PeerPolicy known;
  known.domain = "b.example";
  known.role = PeerRole::downstream;
  known.scopes = {"mail"};
  known.addresses = {*parse_network("192.0.2.0/24")};
  PeerPolicy limited = known;
  limited.domain = "d.example";
  limited.state = PeerState::limited;
  limited.addresses.clear();
  policy.peers = {known, limited};
  policy.routes = RouteTable({{"route.0", "c.example", "", "127.0.0.1:2600", TlsLevel::verify}});
  policy.protocols["mail"].hosts = {"c.example"};
  return policy;
}

TEST_CASE("console: status tells listeners, queue, peers and what is wrong") {
  FakeNode fake;
  fake.set_policy(two_peers());
  fake.link_rows = {{"s0-1", "mail", true, "", "", "", {}, 0, 0, 0}};
  fake.ready = {false, true, {"disk low"}};
  const Answered answered = ask(fake, make_request("status"));
  CHECK(answered.text ==
        "a.example  hanse 0.1.0  up 12d3h  NOT READY  durability=full  config ok (loaded 2d ago, "
        "epoch 17)\n"
        "proto  listen        in  out\n"
        "mail   127.0.0.1:25   0    1\n"
        "queue  1204 msgs 38.1 MiB  oldest 3h12m (c.example)  active 0  deferred 0  held 0  "
        "retry-due 12  quarantine 0\n"
        "disk   0 B free  wal 0 B\n"
        "peers  1 active, 1 limited\n"
        "warn   disk low\n");
  CHECK(answered.items[0]["queue"]["messages"] == 1204);
}

TEST_CASE("console: route test explains trust, permission and route without sending") {
  FakeNode fake;
  fake.set_policy(two_peers());
  const auto test = [&fake](const std::string& from, const std::string& to,
                            const std::string& ip) {
    return ask(fake, make_request("route test", {from, to}, {{"ip", ip}}));
  };
  const Answered taken = test("alice@b.example", "user@C.example", "192.0.2.9");
  CHECK(taken.ended.exit == Exit::ok);
  CHECK(taken.items[0]["peer"] == "b.example");
  CHECK(taken.items[0]["lane"] == "127.0.0.1:2600");
  CHECK(taken.items[0]["route"] == "route.0");
  CHECK(taken.items[0]["tls"] == "verify");
  CHECK(taken.items[0]["waits_for"] == "");
  const Answered stranger = test("alice@b.example", "user@e.example", "203.0.113.9");
  CHECK(stranger.ended.exit == Exit::problem);
  CHECK(stranger.items[0]["peer"] == "");
  CHECK(stranger.items[0]["answer"] == "peer_refused");
  CHECK(test("<>", "user@c.example", "not-an-ip").ended.exit == Exit::usage);
  CHECK(ask(fake, make_request("route test", {"a", "b"}, {{"proto", "pigeon"}})).ended.exit ==
        Exit::usage);
  CHECK(fake.queue_admin.changes.empty());
}

TEST_CASE("console: route test says that mail to a suspended peer would wait") {
  FakeNode fake;
  Policy policy = two_peers();
  policy.peers.emplace_back();
  policy.peers.back().domain = "c.example";
  policy.peers.back().state = PeerState::suspended;
  fake.set_policy(policy);
  const Answered taken = ask(fake, make_request("route test", {"alice@b.example", "u@c.example"},
                                                {{"ip", "192.0.2.9"}}));
  CHECK(taken.ended.exit == Exit::ok);
  CHECK(taken.text.ends_with("\nwaits    peer c.example is suspended\n"));
}

// Two peers; the lane to b.example is up.
void one_is_up(FakeNode& fake) {
  fake.set_policy(two_peers());
  LaneStatus lane;
  lane.protocol = "mail";
  lane.lane = "b.example";
  lane.phase = "up";
  lane.links = 2;
  fake.lane_rows = {lane};
}

TEST_CASE("console: peer list and peer show") {
  FakeNode fake;
  one_is_up(fake);
  CHECK(ask(fake, make_request("peer list")).text ==
        "peer       state    role        scopes  msgs/min  lane\n"
        "b.example  active   downstream  mail    -         up, 2 links, breaker closed\n"
        "d.example  limited  downstream  mail    -         idle\n");
  const Answered shown = ask(fake, make_request("peer show", {"B.example"}));
  CHECK(shown.items[0]["lanes"][0]["links"] == 2);
  CHECK(ask(fake, make_request("peer show", {"x.example"})).ended.exit == Exit::not_found);
}

TEST_CASE("console: peer list has those too that nobody configured") {
  FakeNode fake;
  one_is_up(fake);
  LaneStatus lane;
  lane.protocol = "chat";
  lane.phase = "backoff";
  for (const char* name : {"a.example>z.example", "c.example>z.example",
                           "a.example>y.example=192.0.2.1:5269", "a.example>x.example?verify"}) {
    lane.lane = name;
    fake.lane_rows.push_back(lane);
  }
  const Answered listed = ask(fake, make_request("peer list"));
  REQUIRE(listed.items.size() == 4);   // b and d are configured
  CHECK(listed.items[2]["peer"] == "y.example");
  CHECK(listed.items[2]["state"] == "not configured");
  CHECK(listed.items[3]["peer"] == "z.example");
  CHECK(listed.items[3]["lanes"].size() == 2);
  CHECK(listed.text.find("z.example  not configured") != std::string::npos);
}

TEST_CASE("console: Q-5 peer list and peer show tell who is slow") {
  FakeNode fake;
  one_is_up(fake);
  auto policy = std::make_shared<Policy>(*fake.policy());
  policy->peers.front().slow = true;
  fake.set_policy(*policy);
  fake.lane_rows.front().slow = true;
  const Answered listed = ask(fake, make_request("peer list"));
  CHECK(listed.text.find("active, slow  downstream  mail    -         up, 2 links, slow, br") !=
        std::string::npos);
  const Answered one = ask(fake, make_request("peer show", {"b.example"}));
  CHECK(one.items[0]["slow"] == true);
  CHECK(one.items[0]["lanes"][0]["slow"] == true);
  CHECK(one.text.find("state    active, slow\n") != std::string::npos);
  CHECK(ask(fake, make_request("peer show", {"d.example"})).items[0]["slow"] == false);
}

TEST_CASE("console: link list, limits and route list show what the node has") {
  FakeNode fake;
  fake.set_policy(two_peers());
  fake.link_rows = {{"s0-17", "mail", false, "192.0.2.7:41234", "b.example", "TLSv1.3",
                     fake.clock.at - std::chrono::minutes(5), 10, 20, 3}};
  CHECK(ask(fake, make_request("link list")).text ==
        "link   proto  dir  remote           peer       tls      age  in  out  msgs\n"
        "s0-17  mail   in   192.0.2.7:41234  b.example  TLSv1.3  5m   10   20     3\n");
  LaneStatus down;
  down.protocol = "irc";
  down.lane = "away";
  down.stands = true;
  down.phase = "breaker_open";
  down.failures = 2;
  down.last_error = "wrong password";
  down.next_try = fake.clock.at + std::chrono::minutes(10);
  LaneStatus up = down;
  up.lane = "home";
  up.phase = "up";
  fake.lane_rows = {down, up};
  const Answered list = ask(fake, make_request("link list"));
  REQUIRE(list.items.size() == 2);
  CHECK(list.items[1]["next_try"] == format_utc(*down.next_try));
  CHECK(list.text.find("no link to irc away: breaker_open, failed 2 times in a row (wrong "
                       "password), breaker closed, next try ") != std::string::npos);
  Request again = make_request("link retry", {"away"});
  again.dry_run = true;
  CHECK(ask(fake, again).text.find("irc away would be tried now") != std::string::npos);
  CHECK(fake.woken.empty());
  CHECK(ask(fake, make_request("link retry", {"away"})).ended.exit == Exit::ok);
  CHECK(fake.woken == std::vector<std::string>{"irc/away"});
  CHECK(ask(fake, make_request("link retry", {"home"})).text.find("is up") != std::string::npos);
  CHECK(fake.woken.size() == 1);
  CHECK(ask(fake, make_request("link retry", {"other"})).ended.exit == Exit::not_found);
  const Answered limits = ask(fake, make_request("limits"));
  std::set<std::string> names;
  for (const Json& item : limits.items) names.insert(raw_text_of(item, "limit"));
  CHECK(names.count("limits.connections_max") == 1);
  CHECK(names.count("lanes_max") == 1);
  CHECK(ask(fake, make_request("route list")).items[0]["via"] == "127.0.0.1:2600");
}

TEST_CASE("console: log level changes one area or all and keeps the audit") {
  FakeNode fake;
  CHECK(ask(fake, make_request("log level")).items[0]["level"] == "info");
  CHECK(fake.lines.empty());   // only asked
  CHECK(ask(fake, make_request("log level", {"store=debug"})).ended.exit == Exit::ok);
  CHECK(fake.log().enabled(Level::debug, "store.x"));
  CHECK_FALSE(fake.log().enabled(Level::debug, "conn.x"));
  const std::vector<Json> told = ask(fake, make_request("log level")).items;
  REQUIRE(told.size() == 2);
  CHECK(told[1]["area"] == "store");
  CHECK(told[1]["level"] == "debug");
  CHECK(ask(fake, make_request("log level", {"error"})).items[0]["level"] == "error");
  CHECK(fake.lines.find("audit.log_level") != std::string::npos);
  CHECK(fake.log().enabled(Level::info, "audit.x"));
  CHECK(ask(fake, make_request("log level", {"loud"})).ended.exit == Exit::usage);
  CHECK(ask(fake, make_request("log level", {"A B=info"})).ended.exit == Exit::usage);
}

TEST_CASE("console: drain takes its time from the configuration or from --for") {
  FakeNode fake;
  Request request = make_request("drain", {}, {{"for", "5s"}});
  request.dry_run = true;
  CHECK(ask(fake, request).ended.exit == Exit::ok);
  CHECK_FALSE(fake.drained);
  request.dry_run = false;
  CHECK(ask(fake, request).ended.exit == Exit::ok);
  CHECK(fake.drained == std::chrono::seconds(5));
  CHECK(ask(fake, make_request("drain")).ended.exit == Exit::ok);
  CHECK(fake.drained == std::chrono::seconds(30));
  CHECK(ask(fake, make_request("drain", {}, {{"for", "soon"}})).ended.exit == Exit::usage);
}

TEST_CASE("console: a refused reload is exit code 1 and audited with its reason") {
  FakeNode fake;
  CHECK(ask(fake, make_request("reload")).items[0]["epoch"] == 17);
  fake.reload_answer = Error{Fault::never, "t.toml:3:1: unknown key"};
  const Answered answered = ask(fake, make_request("reload"));
  CHECK(answered.ended.exit == Exit::problem);
  CHECK(answered.ended.what.find("t.toml:3:1") != std::string::npos);
  CHECK(fake.lines.find("t.toml:3:1") != std::string::npos);
}

TEST_CASE("console: the socket accepts nothing the table does not have") {
  FakeNode fake;
  CHECK(ask(fake, make_request("rm")).ended.exit == Exit::usage);
  CHECK(ask(fake, make_request("run")).ended.exit == Exit::usage);
  CHECK(ask(fake, make_request("config check")).ended.exit == Exit::usage);
  CHECK(ask(fake, make_request("status", {"x"})).ended.exit == Exit::usage);
  CHECK(ask(fake, make_request("status", {}, {{"reason", "x"}})).ended.exit == Exit::usage);
  Request request = make_request("status");
  request.dry_run = true;
  CHECK(ask(fake, request).ended.exit == Exit::usage);
}

TEST_CASE("console: every command of the interface is in the table, documented and complete") {
  for (const char* words :
       {"run", "status", "queue list", "queue show", "queue why", "queue shape", "queue retry",
        "queue hold", "queue release", "queue bounce", "queue discard", "route list",
        "route test", "peer list", "peer show", "link list", "link retry", "limits",
        "config check",
        "config default", "config explain", "config show", "log level", "drain", "reload",
        "completion"}) {
    INFO(words);
    REQUIRE(find_command(words) != nullptr);
    CHECK(console_page().find("## `" + std::string(words) + "`") != std::string::npos);
  }
  for (const Command& command : commands()) {
    INFO(command.words);
    CHECK_FALSE(command.help.empty());
    if (command.words != "run") CHECK(command.render != nullptr);
    if (command.changes) CHECK(command.on_node != nullptr);
  }
  CHECK(completion("bash").find("'queue') words='list shape show why") != std::string::npos);
  CHECK(completion("zsh").starts_with("autoload"));
  CHECK(completion("fish").find("complete -c hanse") == 0);
  CHECK(completion("tcsh").empty());
}

}  // namespace
}  // namespace hanse::console
