// SPDX-License-Identifier: Apache-2.0
#include "federation/next_hop.h"

#include "tests/catch.h"

namespace hanse {
namespace {

void means(std::string_view lane, NextHop::Kind kind, std::string_view name, std::uint16_t port) {
  const NextHop hop = parse_next_hop(lane);
  CAPTURE(lane);
  CHECK(hop.kind == kind);
  CHECK(hop.name == name);
  CHECK(hop.port == port);
}

TEST_CASE("M-1 what the name of a lane means") {
  using Kind = NextHop::Kind;
  means("b.example", Kind::domain, "b.example", 0);
  means("B.Example.", Kind::domain, "b.example", 0);
  means("b\xc3\xbc" "cher.example", Kind::domain, "xn--bcher-kva.example", 0);
  means("mx.b.example:2525", Kind::host, "mx.b.example", 2525);
  means("[mx.b.example]", Kind::host, "mx.b.example", 0);
  means("[mx.b.example]:26", Kind::host, "mx.b.example", 26);
  means("127.0.0.1:2600", Kind::address, "127.0.0.1", 2600);
  means("192.0.2.1", Kind::address, "192.0.2.1", 0);
  means("[192.0.2.1]", Kind::address, "192.0.2.1", 0);
  means("[192.0.2.1]:25", Kind::address, "192.0.2.1", 25);
  means("[2001:db8::1]:25", Kind::address, "2001:db8::1", 25);
  means("[IPv6:2001:db8::1]", Kind::address, "2001:db8::1", 0);
  means("2001:db8::1", Kind::address, "2001:db8::1", 0);
  means("unix:/run/mail.sock", Kind::unix_path, "/run/mail.sock", 0);
}

TEST_CASE("xmpp 1.7 a place that wants TLS from the first octet") {
  means("tls://127.0.0.1:5270", NextHop::Kind::address, "127.0.0.1", 5270);
  means("tls://xmpp.b.example:5270", NextHop::Kind::host, "xmpp.b.example", 5270);
  CHECK(parse_next_hop("tls://[2001:db8::1]:5270").tls_first);
  CHECK_FALSE(parse_next_hop("[2001:db8::1]:5270").tls_first);
  for (const std::string_view lane : {"tls://", "tls://b.example", "tls://192.0.2.1",
                                      "tls://unix:/run/x.sock", "tls://tls://192.0.2.1:5270"})
    means(lane, NextHop::Kind::bad, "", 0);
}

TEST_CASE("M-1 what is no next hop") {
  for (const std::string_view lane :
       {"", ".", "a b", "b..example", "-b.example", "b.example:", "b.example:0", "b.example:65536",
        "b.example:x", "b.example:25:26", "[b.example", "[]", "[b.example]25", "unix:", "unix:run",
        "\xff.example", "b\r\n.example"})
    means(lane, NextHop::Kind::bad, "", 0);
}

TEST_CASE("M-5 which found addresses are dialled") {
  struct Row {
    std::string_view address;
    bool always, with_private, with_loopback;
  };
  const Row rows[] = {
      {"192.0.2.1", true, true, true},      {"2001:db8::1", true, true, true},
      {"10.1.2.3", false, true, false},     {"172.31.0.1", false, true, false},
      {"192.168.1.1", false, true, false},  {"fd00::1", false, true, false},
      {"127.0.0.1", false, false, true},    {"::1", false, false, true},
      {"::ffff:127.0.0.1", false, false, true},
      {"0.0.0.0", false, false, false},     {"::", false, false, false},
      {"224.0.0.1", false, false, false},   {"ff02::1", false, false, false},
      {"169.254.1.1", false, false, false}, {"fe80::1", false, false, false},
      {"255.255.255.255", false, false, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.address);
    DialRules rules;
    rules.private_addresses = false;
    CHECK(may_dial(rules, row.address) == row.always);
    rules.private_addresses = true;
    CHECK(may_dial(rules, row.address) == row.with_private);
    rules.private_addresses = false;
    rules.loopback_addresses = true;
    CHECK(may_dial(rules, row.address) == row.with_loopback);
  }
}

TEST_CASE("M-6 where this node itself listens") {
  DialRules rules;
  rules.own_endpoints = {"192.0.2.1:25", "[2001:db8::1]:25", "0.0.0.0:26"};
  CHECK(is_own_endpoint(rules, "192.0.2.1", 25));
  CHECK(is_own_endpoint(rules, "2001:0db8::1", 25));
  CHECK_FALSE(is_own_endpoint(rules, "192.0.2.2", 25));
}

TEST_CASE("M-6 a wildcard listener covers the addresses of this machine, that of IPv6 both kinds") {
  DialRules rules;
  rules.own_endpoints = {"0.0.0.0:25", "[::]:26", ":27"};
  CHECK_FALSE(is_own_endpoint(rules, "192.0.2.1", 25));   // nobody said what is ours
  rules.own_addresses = {"127.0.0.1", "192.0.2.1", "::1", "2001:db8::1"};
  CHECK(is_own_endpoint(rules, "192.0.2.1", 25));
  CHECK(is_own_endpoint(rules, "127.0.0.9", 25));
  CHECK(is_own_endpoint(rules, "192.0.2.1", 27));
  CHECK(is_own_endpoint(rules, "2001:db8:0::1", 26));
  CHECK(is_own_endpoint(rules, "192.0.2.1", 26));
  CHECK_FALSE(is_own_endpoint(rules, "2001:db8::1", 25));
  CHECK_FALSE(is_own_endpoint(rules, "192.0.2.2", 25));
  CHECK_FALSE(is_own_endpoint(rules, "192.0.2.1", 28));
}

TEST_CASE("M-8 IPv6 is passed over where this machine has no global address of it") {
  DialRules rules;
  CHECK(may_use_ipv6(rules));                             // not known
  rules.own_addresses = {"127.0.0.1", "192.0.2.1", "::1", "fe80::1"};
  CHECK_FALSE(may_use_ipv6(rules));
  rules.loopback_addresses = true;                        // ::1 may be what is meant
  CHECK(may_use_ipv6(rules));
  rules.loopback_addresses = false;
  rules.own_addresses.emplace_back("2001:db8::1");
  CHECK(may_use_ipv6(rules));
}

}  // namespace
}  // namespace hanse
