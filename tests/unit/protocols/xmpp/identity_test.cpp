// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/identity.h"

#include "tests/catch.h"

namespace hanse::xmpp {
namespace {

CertificateFacts dns(std::vector<std::string> names) {
  CertificateFacts out;
  out.dns_names = std::move(names);
  return out;
}

CertificateFacts other(std::string type, std::string text) {
  CertificateFacts out;
  out.other_names.push_back({std::move(type), std::move(text)});
  return out;
}
CertificateFacts srv(std::string text) { return other("1.3.6.1.5.5.7.8.7", std::move(text)); }
CertificateFacts addr(std::string text) { return other("1.3.6.1.5.5.7.8.5", std::move(text)); }

void good(const CertificateFacts& facts, std::string_view domain, std::string_view story) {
  const Identity identity = prove_domain(facts, domain);
  CAPTURE(domain);
  CHECK(identity.proven);
  CHECK(identity.story == story);
}

void bad(const CertificateFacts& facts, std::string_view domain, std::string_view story = "") {
  const Identity identity = prove_domain(facts, domain);
  CAPTURE(domain, identity.story);
  CHECK_FALSE(identity.proven);
  if (!story.empty()) CHECK(identity.story == story);
}

TEST_CASE("xmpp 3.4 DNS-ID") {
  good(dns({"b.example"}), "b.example", "DNS-ID b.example");
  good(dns({"x.example", "B.EXAMPLE"}), "b.Example.", "DNS-ID B.EXAMPLE");
  good(dns({"xn--bcher-kva.example"}), "b\xc3\xbc" "cher.example", "DNS-ID xn--bcher-kva.example");
  bad(dns({"x.example", "y.example"}), "b.example", "names x.example, y.example, not b.example");
  bad(dns({"b.example"}), "a.b.example");
  bad(dns({"a.b.example"}), "b.example");
  bad(dns({"b.example.evil.example"}), "b.example");
  bad(dns({"evilb.example"}), "b.example");
  bad(dns({"b.example "}), "b.example");
  bad(dns({""}), "b.example");
  bad(dns({"b\xc3\xbc" "cher.example"}), "b\xc3\xbc" "cher.example");  // not as A-labels
  bad(dns({"b.example"}), "not a domain");
  bad(dns({""}), "");
}

TEST_CASE("xmpp 3.4 a wildcard is one whole label at the left, never above a whole tld") {
  good(dns({"*.b.example"}), "muc.b.example", "DNS-ID *.b.example");
  good(dns({"*.B.example"}), "xn--bcher-kva.b.example", "DNS-ID *.B.example");
  bad(dns({"*.b.example"}), "b.example");
  bad(dns({"*.b.example"}), "a.muc.b.example");
  bad(dns({"*.example"}), "b.example");
  bad(dns({"*."}), "b.example");
  bad(dns({"*"}), "b.example");
  bad(dns({"*"}), "localhost");
  bad(dns({"m*.b.example"}), "muc.b.example");
  bad(dns({"*c.b.example"}), "muc.b.example");
  bad(dns({"muc.*.example"}), "muc.b.example");
  bad(dns({"*.*.example"}), "muc.b.example");
  bad(dns({"**.b.example"}), "muc.b.example");
}

TEST_CASE("xmpp 3.4 SRV-ID is of our service, and knows no wildcard") {
  good(srv("_xmpp-server.b.example"), "b.example", "SRV-ID _xmpp-server.b.example");
  good(srv("_XMPP-server.B.example"), "b.example", "SRV-ID _XMPP-server.B.example");
  bad(srv("_xmpp-client.b.example"), "b.example");
  bad(srv("_xmpps-server.b.example"), "b.example");
  bad(srv("_smtp.b.example"), "b.example");
  bad(srv("b.example"), "b.example");
  bad(srv("_xmpp-server.*.b.example"), "muc.b.example");
  bad(srv("*.b.example"), "muc.b.example");
  bad(other("1.3.6.1.4.1.311.20.2.3", "_xmpp-server.b.example"), "b.example");
}

TEST_CASE("xmpp 3.4 XmppAddr is a prepared domain alone") {
  good(addr("b.example"), "b.example", "XmppAddr b.example");
  good(addr("B.example"), "b.example", "XmppAddr B.example");
  good(addr("b\xc3\xbc" "cher.example"), "xn--bcher-kva.example",
       "XmppAddr b\\xc3\\xbccher.example");
  bad(addr("x@b.example"), "b.example");
  bad(addr("b.example/x"), "b.example");
  bad(addr("*.b.example"), "muc.b.example");
  bad(addr("\xff"), "b.example");
}

TEST_CASE("xmpp 3.4 an IP literal is proven by iPAddress alone") {
  CertificateFacts facts = dns({"192.0.2.1", "::1", "[2001:db8::1]", "*.0.2.1"});
  bad(facts, "192.0.2.1");
  bad(facts, "[2001:db8::1]");
  facts.ip_addresses = {"192.0.2.1", "2001:DB8:0::1"};
  good(facts, "192.0.2.1", "IP address 192.0.2.1");
  good(facts, "[2001:db8::1]", "IP address 2001:DB8:0::1");
  bad(facts, "192.0.2.2");
}

TEST_CASE("xmpp 3.4 the common name counts by flag, and where nothing else could") {
  CertificateFacts facts;
  facts.common_name = "b.example";
  bad(facts, "b.example", "only the common name b.example, which does not count");
  CHECK(prove_domain(facts, "b.example", true).story == "common name b.example");
  CHECK_FALSE(prove_domain(facts, "a.b.example", true).proven);
  facts.common_name = "*.b.example";
  CHECK_FALSE(prove_domain(facts, "a.b.example", true).proven);
  facts.common_name = "b.example";
  facts.other_names = {{"1.2.3", "whatever"}};
  CHECK(prove_domain(facts, "b.example", true).proven);
  facts.other_names = {{"1.3.6.1.5.5.7.8.5", "x.example"}};
  CHECK_FALSE(prove_domain(facts, "b.example", true).proven);
  facts.other_names.clear();
  facts.dns_names = {"x.example"};
  CHECK_FALSE(prove_domain(facts, "b.example", true).proven);
  bad({}, "b.example", "no name, so not b.example");
}

TEST_CASE("xmpp 3.4 one malformed name spoils the certificate") {
  CertificateFacts facts = dns({"b.example"});
  facts.malformed_name = true;
  bad(facts, "b.example", "a name with control octets: nothing is believed");
  CHECK_FALSE(prove_host(facts, "b.example").proven);
}

TEST_CASE("xmpp 1.10 the host behind a secure SRV record: DNS-ID alone") {
  CHECK(prove_host(dns({"xmpp.b.example"}), "xmpp.b.example").proven);
  CHECK(prove_host(dns({"*.b.example"}), "xmpp.b.example").proven);
  CHECK_FALSE(prove_host(dns({"b.example"}), "xmpp.b.example").proven);
  CHECK_FALSE(prove_host(srv("_xmpp-server.xmpp.b.example"), "xmpp.b.example").proven);
  CHECK_FALSE(prove_host(dns({"192.0.2.1"}), "192.0.2.1").proven);
}

TEST_CASE("xmpp 3.4 a crowd of names is told in short, in characters that are safe") {
  std::vector<std::string> names(1000, "x.example");
  names[0] = "x\x1b[31m.example";
  CHECK(prove_domain(dns(names), "b.example").story ==
        "names x\\x1b[31m.example, x.example, x.example, x.example, x.example, and 995 more, "
        "not b.example");
}

}  // namespace
}  // namespace hanse::xmpp
