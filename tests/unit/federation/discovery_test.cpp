// SPDX-License-Identifier: Apache-2.0
#include "federation/discovery.h"

#include "federation/message.h"
#include "tests/catch.h"

namespace hanse {
namespace {

TEST_CASE("X-9 the names of the levels lead back to them") {
  for (const TlsLevel level :
       {TlsLevel::off, TlsLevel::may, TlsLevel::encrypt, TlsLevel::verify})
    CHECK(parse_tls_level(tls_level_name(level)) == level);
  CHECK(tls_level_name(TlsLevel::encrypt) == "encrypt");
  CHECK_FALSE(parse_tls_level("").has_value());
  CHECK_FALSE(parse_tls_level("Verify").has_value());
  CHECK_FALSE(parse_tls_level("dane").has_value());
}

TEST_CASE("an endpoint as people read it") {
  CHECK(to_text(Endpoint{"mx1.b.example", "192.0.2.7", 25, {}, false}) ==
        "mx1.b.example [192.0.2.7]:25");
  CHECK(to_text(Endpoint{"192.0.2.7", "192.0.2.7", 25, {}, false}) == "[192.0.2.7]:25");
  CHECK(to_text(Endpoint{"", "2001:db8::1", 2525, {}, false}) == "[2001:db8::1]:2525");
  CHECK(to_text(Endpoint{"/run/x", "/run/x", 0, {}, false}) == "unix:/run/x");
}

TEST_CASE("an address as people read it") {
  CHECK(to_text(Address{"smtp", "alice", "a.example"}) == "alice@a.example");
  CHECK(to_text(Address{"smtp", "postmaster", ""}) == "postmaster");
  CHECK(to_text(Address{"smtp", "", ""}) == "<>");
}

TEST_CASE("every type of DNS question has a name") {
  CHECK(dns_type_name(DnsType::a) == "A");
  CHECK(dns_type_name(DnsType::aaaa) == "AAAA");
  CHECK(dns_type_name(DnsType::mx) == "MX");
  CHECK(dns_type_name(DnsType::ptr) == "PTR");
  CHECK(dns_type_name(DnsType::tlsa) == "TLSA");
  CHECK(dns_type_name(static_cast<DnsType>(999)) == "other");
}

}  // namespace
}  // namespace hanse
