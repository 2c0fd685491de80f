// SPDX-License-Identifier: Apache-2.0
// Commands that look at what goes on: trace, probe, explain, single links, the records in the DNS.
#include "tests/catch.h"
#include "tests/unit/console/fake_node.h"

namespace hanse::console {
namespace {

using Kind = TraceLine::Kind;

Policy mail_policy() {
  Policy policy;
  policy.node_domain = "a.example";
  policy.protocols["mail"].hosts = {"a.example"};
  return policy;
}

TraceLine line(Kind kind, std::string text, bool good = false) {
  return {from_unix_ms(1'767'697'330'123), kind, "mail", "s0-1", "b.example", std::move(text),
          good};
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

TEST_CASE("trace: lines come as they are, escaped for people, and the end says why") {
  FakeNode fake;
  fake.set_policy(mail_policy());
  fake.feed_lines = {line(Kind::sent, "EHLO a.example"), line(Kind::received, "250 \x1b[2Jhello")};
  const Answered answered =
      ask(fake, make_request("trace", {},
                             {{"peer", "B.Example"}, {"proto", "mail"}, {"body", ""}}));
  CHECK(answered.ended.exit == Exit::ok);
  CHECK(fake.traced.peer == "b.example");
  CHECK(fake.traced.protocol == "mail");
  CHECK(fake.traced.bodies);
  CHECK(fake.feeds_done == 1);
  REQUIRE(answered.items.size() == 4);
  CHECK(answered.items[1]["kind"] == "sent");
  CHECK(answered.items[3]["lines"] == 2);
  CHECK(answered.text ==
        "begin  watching b.example for 1m or 1000 lines\n"
        "11:02:10.123Z  s0-1  ->  EHLO a.example\n"
        "11:02:10.123Z  s0-1  <-  250 \\x1b[2Jhello\n"
        "end  the node ended it; 2 lines, 0 left out\n");
}

TEST_CASE("trace: it is bounded by lines, and by a time that makes sense") {
  FakeNode fake;
  fake.set_policy(mail_policy());
  for (int i = 0; i < 5; ++i) fake.feed_lines.push_back(line(Kind::sent, "NOOP"));
  const Answered two = ask(fake, make_request("trace", {}, {{"peer", "*"}, {"lines", "2"}}));
  CHECK(two.items.size() == 4);
  CHECK(two.items[3]["text"] == "that many lines were asked for; 2 lines, 0 left out");
  CHECK(fake.traced.peer.empty());
  for (const auto& [name, value] : {std::pair{"lines", "0"}, {"lines", "x"}, {"lines", "100001"},
                                    {"for", "0s"}, {"for", "2h"}, {"for", "soon"},
                                    {"proto", "pigeon"}}) {
    INFO(name << " " << value);
    CHECK(ask(fake, make_request("trace", {}, {{"peer", "*"}, {name, value}})).ended.exit ==
          Exit::usage);
  }
  CHECK(ask(fake, make_request("trace")).ended.exit == Exit::usage);
  fake.feeds_full = true;
  CHECK(ask(fake, make_request("trace", {}, {{"peer", "*"}})).ended.exit == Exit::problem);
}

TEST_CASE("trace: who no longer listens is not written to, and the feed is let go") {
  FakeNode fake;
  fake.set_policy(mail_policy());
  fake.feed_lines = {line(Kind::sent, "NOOP"), line(Kind::sent, "NOOP")};
  Node node(fake, fake.schema, fake.clock);
  int said = 0;
  const Ended ended = perform(node, make_request("trace", {}, {{"peer", "*"}}), [&said](Json) {
    ++said;
    return said < 2;
  });
  CHECK(ended.exit == Exit::ok);
  CHECK(said == 2);
  CHECK(fake.feeds_done == 1);
}

TEST_CASE("probe: the verdict is the exit code") {
  FakeNode fake;
  fake.set_policy(mail_policy());
  fake.feed_lines = {line(Kind::dns, "MX b.example: 10 mx.b.example."),
                     line(Kind::trust, "trusted: fine", true),
                     line(Kind::verdict, "usable at mx.b.example, after 12 ms", true)};
  const Answered good = ask(fake, make_request("probe", {"mail", "b.example"}, {{"auth", ""}}));
  CHECK(good.ended.exit == Exit::ok);
  CHECK(fake.probed.prove);
  CHECK(fake.probed.connect);
  CHECK_FALSE(fake.probed.by_route);
  CHECK(good.items[1]["good"] == true);
  CHECK(has(good.text, "verdict  usable at mx.b.example, after 12 ms\n"));
  fake.feed_lines.back() = line(Kind::verdict, "no route to host", false);
  const Answered bad = ask(fake, make_request("probe", {"mail", "b.example"}));
  CHECK(bad.ended.exit == Exit::problem);
  CHECK(bad.ended.what == "no route to host");
  CHECK_FALSE(fake.probed.prove);
  fake.feed_lines.clear();   // the node went away in the middle of it
  CHECK(ask(fake, make_request("probe", {"mail", "b.example"})).ended.exit == Exit::problem);
  CHECK(ask(fake, make_request("probe", {"mail", "bad host"})).ended.exit == Exit::usage);
  CHECK(ask(fake, make_request("probe", {"mail"})).ended.exit == Exit::usage);
  CHECK(fake.feeds_done == 3);
}

TEST_CASE("explain: policy, route, what is remembered, then a fresh look by the node's own way") {
  FakeNode fake;
  Policy policy = mail_policy();
  policy.protocols["mail"].unknown_peers = UnknownPeers::probation;
  policy.routes = RouteTable({{"route.0", "b.example", "", "127.0.0.1:2600", TlsLevel::verify}});
  fake.set_policy(policy);
  LaneStatus lane;
  lane.protocol = "mail";
  lane.lane = "a.example>b.example=127.0.0.1:2600";
  lane.phase = "backoff";
  lane.last_error = "connect timeout";
  lane.waiting = 7;
  LaneStatus other = lane;
  other.lane = "a.example>c.example";
  fake.lane_rows = {other, lane};
  fake.link_rows = {{"s0-4", "mail", false, "192.0.2.9:4", "", "TLSv1.3", {}, 0, 0, 0, "b.example"},
                    {"s0-5", "mail", false, "192.0.2.9:5", "", "", {}, 0, 0, 0, "c.example"}};
  fake.feed_lines = {line(Kind::verdict, "1 place to dial", true)};
  const Answered answered =
      ask(fake, make_request("explain", {"mail", "B.example"}, {{"no-connect", ""}}));
  CHECK(answered.ended.exit == Exit::ok);
  CHECK(fake.probed.by_route);
  CHECK_FALSE(fake.probed.connect);
  REQUIRE(answered.items.size() == 5);
  CHECK(answered.items[0]["text"] == "b.example is not configured; unknown peers: probation");
  CHECK(answered.items[1]["text"] == "rule route.0 -> 127.0.0.1:2600, TLS verify");
  CHECK(has(answered.items[2]["text"], "last error connect timeout; 7 waiting"));
  CHECK(answered.items[2]["lane"]["phase"] == "backoff");
  CHECK(answered.items[3]["connection"] == "s0-4");
  CHECK(ask(fake, make_request("explain", {"pigeon", "b.example"})).ended.exit == Exit::usage);
  const Answered nobody = ask(fake, make_request("explain", {"mail", "d.example"}));
  CHECK(has(nobody.text, "nothing is remembered"));
  CHECK(fake.probed.connect);
}

TEST_CASE("explain: the lane of a place is remembered, and has the demands of all its rules") {
  FakeNode fake;
  Policy policy = mail_policy();
  policy.routes =
      RouteTable({{"route.0", "b.example", "", "127.0.0.1:2600", TlsLevel::off},
                  {"route.1", "c.example", "", "127.0.0.1:2600", TlsLevel::encrypt}});
  fake.set_policy(policy);
  LaneStatus lane;
  lane.protocol = "mail";
  lane.lane = "127.0.0.1:2600";
  lane.phase = "up";
  fake.lane_rows = {lane};
  fake.feed_lines = {line(Kind::verdict, "1 place to dial", true)};
  const Answered answered =
      ask(fake, make_request("explain", {"mail", "b.example"}, {{"no-connect", ""}}));
  CHECK(has(answered.text, "rule route.0 -> 127.0.0.1:2600, TLS encrypt"));
  CHECK(has(answered.text, "127.0.0.1:2600: up"));
  CHECK_FALSE(has(answered.text, "nothing is remembered"));
}

TEST_CASE("explain: a name is one thing, in whichever letters it is written") {
  FakeNode fake;
  fake.set_policy(mail_policy());
  LaneStatus lane;
  lane.protocol = "mail";
  lane.lane = "a.example>xn--mnchen-3ya.example";
  lane.phase = "up";
  fake.lane_rows = {lane};
  fake.link_rows = {{"s0-4", "mail", true, "192.0.2.9:4", lane.lane, "TLSv1.3", {}, 0, 0, 0, ""}};
  fake.feed_lines = {line(Kind::verdict, "1 place to dial", true)};
  const std::string name = GENERATE("xn--mnchen-3ya.example", "m\u00fcnchen.example",
                                    "M\u00dcNCHEN.example");
  const Answered answered = ask(fake, make_request("explain", {"mail", name}));
  CHECK(has(answered.text, "xn--mnchen-3ya.example is not configured"));
  CHECK(has(answered.text, "a.example>xn--mnchen-3ya.example: up"));
  CHECK(has(answered.text, "s0-4 to 192.0.2.9:4"));
  CHECK(fake.probed.domain == "xn--mnchen-3ya.example");
}

FakeNode& with_link(FakeNode& fake) {
  fake.detail.row = {"s0-17", "mail", true, "192.0.2.7:25", "b.example", "TLSv1.3 X", {},
                     10, 20, 0};
  fake.detail.phase = "open";
  fake.detail.certificate_sha256 = "ab12";
  fake.detail.verify_error = "has expired";
  fake.detail.lanes = {"b.example"};
  fake.detail.works = 3;
  return fake;
}

TEST_CASE("link show: one link, or none of that name") {
  FakeNode fake;
  const Answered shown = ask(with_link(fake), make_request("link show", {"s0-17"}));
  CHECK(shown.ended.exit == Exit::ok);
  CHECK(shown.items[0]["works"] == 3);
  CHECK(has(shown.text, "link     s0-17, mail out, open\n"));
  CHECK(has(shown.text, "cert     ab12, not verified: has expired\n"));
  CHECK(ask(fake, make_request("link show", {"s0-18"})).ended.exit == Exit::not_found);
}

TEST_CASE("link show: of a lane without a link, why there is none") {
  FakeNode fake;
  LaneStatus lane;
  lane.protocol = "mail";
  lane.lane = "c.example";
  lane.phase = "backoff";
  lane.failures = 3;
  lane.last_error = "wrong password";
  fake.lane_rows = {lane};
  const Answered shown = ask(fake, make_request("link show", {"c.example"}));
  CHECK(shown.ended.exit == Exit::ok);
  CHECK(has(shown.text,
            "lane     mail c.example: backoff, failed 3 times in a row (wrong password)"));
  CHECK(ask(fake, make_request("link show", {"d.example"})).ended.exit == Exit::not_found);
}

TEST_CASE("link close: says what went over it, how it ended, and is audited") {
  FakeNode fake;
  with_link(fake);
  fake.feed_lines = {line(Kind::sent, "QUIT"), line(Kind::closed, "closed by us")};
  const Answered dry = [&fake] {
    Request request = make_request("link close", {"s0-17"});
    request.dry_run = true;
    return ask(fake, request);
  }();
  CHECK(dry.items[0]["text"] == "would be closed, 3 works under way");
  CHECK_FALSE(fake.closed_at_once);
  CHECK(fake.lines.empty());
  const Answered polite = ask(fake, make_request("link close", {"s0-17"}, {{"reason", "test"}}));
  CHECK(polite.ended.exit == Exit::ok);
  CHECK(fake.closed_at_once == false);
  CHECK(has(polite.text, "->  QUIT\n"));
  CHECK(polite.items.back()["text"] ==
        "closed: closed by us; its lane opens another when something waits");
  CHECK(has(fake.lines, "audit.link_close"));
  ask(fake, make_request("link close", {"s0-17"}, {{"now", ""}}));
  CHECK(fake.closed_at_once == true);
  CHECK(ask(fake, make_request("link close", {"s0-18"})).ended.exit == Exit::not_found);
}

TEST_CASE("dns records: each is ok, missing, wrong or unknown; others' preferences are not ours") {
  FakeNode fake;
  fake.wishes = {{"a.example", DnsType::mx, DnsMx{10, "mx.a.example"}, "mail"},
                 {"_x._tcp.a.example", DnsType::srv, DnsSrv{5, 0, 5269, "mx.a.example"}, "x"},
                 {"mx.a.example", DnsType::a, DnsAddress{}, "where"},
                 {"mx.a.example", DnsType::a, DnsAddress{}, "where, again"},
                 {"mx.a.example", DnsType::ptr, DnsName{"mx.a.example"}, "back"}};
  fake.names["a.example"] = {DnsMx{50, "MX.a.example"}};
  fake.names["_x._tcp.a.example"] = {DnsSrv{0, 0, 5269, "old.a.example"}};
  fake.names["mx.a.example"] = {DnsAddress{"192.0.2.1"}};
  const Answered answered = ask(fake, make_request("dns records"));
  CHECK(answered.ended.exit == Exit::problem);
  REQUIRE(answered.items.size() == 4);
  CHECK(answered.items[0]["state"] == "ok");
  CHECK(answered.items[1]["state"] == "wrong");
  CHECK(answered.items[1]["found"] == "0 0 5269 old.a.example.");
  CHECK(answered.items[2]["state"] == "ok");
  CHECK(answered.items[3]["state"] == "missing");
  fake.names["_x._tcp.a.example"] = {};
  CHECK(ask(fake, make_request("dns records")).items[1]["state"] == "unknown");
  fake.names["_x._tcp.a.example"] = {DnsSrv{0, 9, 5269, "mx.a.example"}};
  fake.names[reverse_name("192.0.2.1")] = {DnsName{"mx.a.example"}};
  CHECK(ask(fake, make_request("dns records")).ended.exit == Exit::ok);
}

TEST_CASE("dns records: a text of another purpose is not a wrong one; zone lines can be pasted") {
  FakeNode fake;
  fake.wishes = {{"a.example", DnsType::txt, DnsTxt{"v=spf1 mx -all"}, "spf"},
                 {"mx.a.example", DnsType::a, DnsAddress{}, "where"}};
  fake.names["a.example"] = {DnsTxt{"some-site-verification=1"}};
  CHECK(ask(fake, make_request("dns records")).items[0]["state"] == "missing");
  fake.names["a.example"].push_back(DnsTxt{"v=spf1 ip4:192.0.2.0/24 ~all"});
  CHECK(ask(fake, make_request("dns records")).items[0]["state"] == "ok");
  CHECK(ask(fake, make_request("dns records", {}, {{"zone", ""}})).text ==
        "a.example. IN TXT \"v=spf1 mx -all\"\n"
        "; mx.a.example. IN A (the address of this node)\n");
}

}  // namespace
}  // namespace hanse::console
