// SPDX-License-Identifier: Apache-2.0
#include "server/base/network_address.h"

#include "tests/catch.h"

namespace hanse {
namespace {

TEST_CASE("network: what is in a network and what is not") {
  struct Row {
    const char *network, *address;
    bool inside;
  };
  for (const Row& row : std::initializer_list<Row>{
           {"192.0.2.7", "192.0.2.7", true},
           {"192.0.2.7", "192.0.2.8", false},
           {"192.0.2.0/24", "192.0.2.255", true},
           {"192.0.2.0/24", "192.0.3.0", false},
           {"192.0.2.128/25", "192.0.2.127", false},
           {"192.0.2.128/25", "192.0.2.129", true},
           {"192.0.2.7/31", "192.0.2.6", true},
           {"0.0.0.0/0", "192.0.2.1", true},
           {"0.0.0.0/0", "2001:db8::1", false},
           {"2001:db8::/32", "2001:db8:ffff::1", true},
           {"2001:db8::/32", "2001:db9::1", false},
           {"2001:db8::1", "2001:DB8:0::1", true},
           {"::/0", "2001:db8::1", true},
           {"::/0", "192.0.2.1", false},
           {"::/0", "::ffff:192.0.2.1", false},
           {"192.0.2.0/24", "::ffff:192.0.2.1", true},
           {"::ffff:192.0.2.0/120", "192.0.2.1", true},
           {"0.0.0.0/0", "not an address", false},
           {"0.0.0.0/0", "", false},
           {"0.0.0.0/0", "192.0.2.0/24", false},
       }) {
    CAPTURE(row.network, row.address);
    REQUIRE(parse_network(row.network));
    CHECK(contains(*parse_network(row.network), row.address) == row.inside);
  }
}

TEST_CASE("network: bad networks") {
  for (const char* bad : {"", "/", "/8", "192.0.2", "192.0.2.1.1", "192.0.2.256", "192.0.2.1/",
                          "192.0.2.1/33", "192.0.2.1/-1", "192.0.2.1/8 ", " 192.0.2.1",
                          "192.0.2.1/8/8", "2001:db8::/129", "2001:db8:::1", "[2001:db8::1]",
                          "fe80::1%eth0", "a.example", "0x7f.1", "192.0.02.1",
                          "1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_network(bad));
  }
  CHECK_FALSE(parse_network(std::string_view("192.0.2.1\0x", 11)));
}

TEST_CASE("network: is_ip_address takes addresses without a prefix only") {
  CHECK(is_ip_address("192.0.2.1"));
  CHECK(is_ip_address("::1"));
  CHECK_FALSE(is_ip_address("192.0.2.0/24"));
  CHECK_FALSE(is_ip_address("a.example"));
}

TEST_CASE("network: an address has one text form") {
  CHECK(canonical_address("2001:DB8:0:0::1") == "2001:db8::1");
  CHECK(canonical_address("192.0.2.7") == "192.0.2.7");
  CHECK(canonical_address("::ffff:192.0.2.7") == "::ffff:192.0.2.7");
  CHECK(canonical_address("192.0.2").empty());
  CHECK(canonical_address("").empty());
}

TEST_CASE("names of reverse lookups, RFC 1035 3.5 and RFC 3596 2.5") {
  CHECK(reverse_name("192.0.2.7") == "7.2.0.192.in-addr.arpa");
  CHECK(reverse_name("2001:db8::1") ==
        "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
  CHECK(reverse_name("b.example").empty());
  CHECK(reverse_name("192.0.2.0/24").empty());
}

}  // namespace
}  // namespace hanse
