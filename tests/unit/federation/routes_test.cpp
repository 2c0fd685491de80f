// SPDX-License-Identifier: Apache-2.0
#include "federation/routes.h"

#include "server/base/text.h"
#include "tests/catch.h"

using namespace hanse;

TEST_CASE("a pattern matches a domain, what is below it, or everything") {
  struct Row { std::string_view pattern, domain; bool matches; };
  const Row rows[] = {
      {"a.example", "a.example", true},       {"a.example", "A.Example", true},
      {"a.example", "b.a.example", false},    {"a.example", "xa.example", false},
      {"*.a.example", "b.a.example", true},   {"*.a.example", "c.b.A.example", true},
      {"*.a.example", "a.example", false},    {"*.a.example", "xa.example", false},
      {"*.a.example", ".a.example", false},   {"*", "a.example", true},
      {"*", "[192.0.2.1]", true},             {"*", "", true},
      {"a.example", "", false},               {"*.a.example", "", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.pattern, row.domain);
    CHECK(domain_matches(row.pattern, row.domain) == row.matches);
  }
}

TEST_CASE("an international domain is the same in either form") {
  const std::string wire = "b\xc3\xbc" "cher.example", key = "xn--bcher-kva.example";
  CHECK(plain_pattern("B\xc3\xbc" "cher.example") == key);
  CHECK(plain_pattern("*.b\xc3\xbc" "cher.example") == "*." + key);
  CHECK(plain_pattern("*") == "*");
  CHECK(domain_matches(key, wire));
  CHECK(domain_matches(key, key));
  CHECK(domain_matches("*." + key, "x." + wire));
  CHECK_FALSE(domain_matches(key, "b\xff.example"));
  const RouteTable table({{"route.0", key, "", "192.0.2.1:5269", std::nullopt}});
  CHECK(table.choose("xmpp", wire).lane == "192.0.2.1:5269");
  CHECK(table.choose("xmpp", "x." + wire).lane == "x." + key);
}

TEST_CASE("M-1 the first rule that matches says where it goes; without one it is discovered") {
  const RouteTable table({
      {"route.0", "a.example", "smtp", "127.0.0.1:2600", TlsLevel::off},
      {"route.1", "*.sub.example", "", "discover", TlsLevel::verify},
      {"route.2", "late.example", "xmpp", "192.0.2.1:25", std::nullopt},
      {"route.3", "late.example", "", "unix:/run/mail", std::nullopt},
      {"route.4", "a.example", "", "never:1", std::nullopt},
  });
  struct Row { std::string_view protocol, domain; std::string lane, route; TlsLevel tls; };
  const Row rows[] = {
      {"smtp", "a.example", "127.0.0.1:2600", "route.0", TlsLevel::off},
      {"smtp", "A.EXAMPLE", "127.0.0.1:2600", "route.0", TlsLevel::off},
      {"xmpp", "a.example", "never:1", "route.4", TlsLevel::may},
      {"smtp", "x.sub.example", "x.sub.example", "route.1", TlsLevel::verify},
      {"smtp", "X.Sub.example", "x.sub.example", "route.1", TlsLevel::verify},
      {"smtp", "late.example", "unix:/run/mail", "route.3", TlsLevel::may},
      {"xmpp", "late.example", "192.0.2.1:25", "route.2", TlsLevel::may},
      {"smtp", "Else.example", "else.example", "discover", TlsLevel::may},
  };
  for (const Row& row : rows) {
    CAPTURE(row.protocol, row.domain);
    const RouteChoice choice = table.choose(row.protocol, row.domain);
    CHECK(choice.lane == row.lane);
    CHECK(choice.route == row.route);
    CHECK(choice.tls == row.tls);
    CHECK(choice.discovered == (choice.lane == lower_ascii(row.domain)));  // smtp M-1
  }
  const auto rule = [&table](std::string_view hop) { return table.rule_of_lane("smtp", hop, hop); };
  CHECK(rule("127.0.0.1:2600")->tls == TlsLevel::off);
  CHECK(rule("y.sub.example")->tls == TlsLevel::verify);
  CHECK(rule("else.example") == nullptr);
}

TEST_CASE("two rules to one place speak for their own domain each, the first for all others") {
  const RouteTable table({
      {"route.0", "a.example", "", "192.0.2.1:25", TlsLevel::verify, "one.example", {}},
      {"route.1", "b.example", "", "192.0.2.1:25", TlsLevel::verify, {}, "00ff"},
  });
  CHECK(table.rule_of_lane("x", "a.example", "192.0.2.1:25")->name == "route.0");
  CHECK(table.rule_of_lane("x", "b.example", "192.0.2.1:25")->name == "route.1");
  CHECK(table.rule_of_lane("x", "192.0.2.1:25", "192.0.2.1:25")->name == "route.0");
  const RouteTable mail({
      {"route.0", "h.example", "smtp", "127.0.0.1:2600", TlsLevel::off, {}, {}},
      {"route.1", "*", "smtp", "discover", TlsLevel::verify, {}, {}},
      {"route.2", "*", "smtp", "127.0.0.1:2600", TlsLevel::encrypt, {}, {}},
  });
  CHECK(mail.rule_of_lane("smtp", "127.0.0.1:2600", "127.0.0.1:2600")->name == "route.0");
  CHECK(mail.rule_of_lane("smtp", "c.example", "c.example")->name == "route.1");
  CHECK(table.choose("x", "a.example").identity == "one.example");
  CHECK(table.choose("x", "b.example").pin == "00ff");
}

TEST_CASE("a rule for everything names nobody") {
  const RouteTable table({{"route.0", "b.example", "smtp", "discover", std::nullopt},
                          {"route.1", "*", "", "192.0.2.1:25", std::nullopt}});
  CHECK(table.names("smtp", "b.example"));
  CHECK_FALSE(table.names("xmpp", "b.example"));
  CHECK_FALSE(table.names("smtp", "c.example"));
  CHECK(table.choose("smtp", "c.example").lane == "192.0.2.1:25");
}
