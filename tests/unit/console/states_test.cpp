// SPDX-License-Identifier: Apache-2.0
// Commands that come from the protocols' own tables: lists of what they keep, and configuration for
// peers. Which words there are is for the protocols to say; these are IRC's.
#include "tests/catch.h"
#include "tests/unit/console/fake_node.h"

namespace hanse::console {
namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

FakeNode& with_rows(FakeNode& fake, int count) {
  for (int number = 0; number < count; ++number)
    fake.state_rows.push_back({"net" + std::to_string(number), std::int64_t{number}});
  return fake;
}

TEST_CASE("state: a protocol's view becomes a command with its columns, escaped for people") {
  FakeNode fake;
  fake.state_rows = {{"home", "li\x1b[2Jnked", "insp.example"}, {"away", "down", "hyb.example"}};
  const Answered answered = ask(fake, make_request("irc networks"));
  CHECK(answered.ended.exit == Exit::ok);
  CHECK(fake.asked_state == std::vector<std::string>{"irc/networks 0"});
  REQUIRE(answered.items.size() == 2);
  CHECK(answered.items[0].begin().key() == "network");
  CHECK(answered.items[1]["network"] == "away");
  CHECK(has(answered.text, "li\\x1b[2Jnked"));
  FakeNode empty;
  CHECK(ask(empty, make_request("irc networks")).text == "nothing\n");
}

TEST_CASE("state: a list is bounded, comes in parts and says where it goes on") {
  FakeNode fake;
  with_rows(fake, 2500);
  const Answered usual = ask(fake, make_request("irc users"));
  CHECK(usual.items.size() == 1000);
  CHECK(usual.ended.next_cursor == "1000");
  const Answered rest = ask(fake, make_request("irc users", {}, {{"cursor", "1000"},
                                                                 {"limit", "9999"}}));
  CHECK(rest.items.size() == 1500);
  CHECK(rest.ended.next_cursor.empty());
  CHECK(rest.items[0].begin().value() == "net1000");
  const Answered some = ask(fake, make_request("irc users", {"NET249"}, {{"limit", "3"}}));
  REQUIRE(some.items.size() == 3);
  CHECK(some.items[2].begin().value() == "net2491");
  for (const auto& [name, value] : {std::pair{"limit", "0"}, {"limit", "x"}, {"cursor", "-1"},
                                    {"nonsense", "1"}}) {
    INFO(name << " " << value);
    CHECK(ask(fake, make_request("irc users", {}, {{name, value}})).ended.exit == Exit::usage);
  }
  CHECK(ask(fake, make_request("irc nothing")).ended.exit == Exit::usage);
}

TEST_CASE("explain: what a protocol has in its own state it tells itself") {
  FakeNode fake;
  Policy policy;
  policy.protocols["irc"].hosts = {"a.example"};
  fake.set_policy(policy);
  fake.explained = "#Dev";
  fake.explanation = {"junction dev", "home: 3 people"};
  const Answered answered = ask(fake, make_request("explain", {"irc", "#Dev"}));
  CHECK(answered.ended.exit == Exit::ok);
  REQUIRE(answered.items.size() == 2);
  CHECK(answered.items[1]["kind"] == "state");
  CHECK(has(answered.text, "home: 3 people"));
  CHECK(fake.probed.host.empty());
}

TEST_CASE("peer export-config: the protocol that knows the software writes it") {
  FakeNode fake;
  const Answered one =
      ask(fake, make_request("peer export-config", {"home"}, {{"for", "InspIRCd"}}));
  CHECK(one.ended.exit == Exit::ok);
  CHECK(one.text == "irc for inspircd at home\n");
  CHECK(ask(fake, make_request("peer export-config", {}, {{"for", "hybrid"}, {"passwords", ""}}))
            .text == "irc for hybrid at  with passwords\n");
  const Answered unknown = ask(fake, make_request("peer export-config", {}, {{"for", "pigeon"}}));
  CHECK(unknown.ended.exit == Exit::usage);
  CHECK(has(unknown.ended.what, "inspircd, hybrid"));
  CHECK(ask(fake, make_request("peer export-config", {"nobody"}, {{"for", "hybrid"}})).ended.exit ==
        Exit::problem);
  CHECK(ask(fake, make_request("peer export-config")).ended.exit == Exit::usage);
}

}  // namespace
}  // namespace hanse::console
