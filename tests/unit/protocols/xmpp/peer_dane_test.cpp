// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/peer_dane.h"

#include <map>

#include "server/base/limits.h"
#include "tests/catch.h"
#include "tests/unit/protocols/xmpp/inbound_bench.h"

namespace hanse::xmpp {
namespace {

using hanse::test::EngineBench;

// The DNS as a table; what is not in it is not there, signed.
struct Zone {
  std::map<std::string, DnsAnswer> names;
  std::vector<std::string> broken, asked;

  Zone& srv(const std::string& name, const std::string& host, std::uint16_t port,
            bool secure = true) {
    DnsAnswer& answer = names[name];
    answer.secure = secure;
    answer.records.push_back(DnsSrv{5, 0, port, host});
    return *this;
  }
  Zone& tlsa(const std::string& name, char octet, bool secure = true) {
    DnsAnswer& answer = names[name];
    answer.secure = secure;
    answer.records.push_back(DnsTlsa{3, 1, 1, std::string(32, octet)});
    return *this;
  }
  Result<DnsAnswer> answer(const DnsQuestion& question) {
    asked.push_back(question.name);
    for (const std::string& name : broken)
      if (name == question.name) return Error{Fault::try_later, "SERVFAIL"};
    const auto found = names.find(question.name);
    if (found != names.end()) return found->second;
    DnsAnswer none;
    none.status = DnsStatus::no_name;
    none.secure = true;
    return none;
  }
};

PeerDane look(const std::string& domain, Zone& zone) {
  PeerDane out(domain);
  while (const auto question = out.next()) out.on(*question, zone.answer(*question));
  CHECK(out.done());
  return out;
}

constexpr const char* direct = "_xmpps-server._tcp.b.example";
constexpr const char* starttls = "_xmpp-server._tcp.b.example";

TEST_CASE("xmpp 1.10 the TLSA records of a peer's hosts are found by its SRV records") {
  Zone zone;
  zone.srv(direct, "x.example", 5270).srv(starttls, "y.example", 5269);
  zone.tlsa("_5270._tcp.x.example", 1).tlsa("_5269._tcp.y.example", 2);
  SECTION("all secure") {
    const PeerDane dane = look("b.example", zone);
    CHECK(dane.records().size() == 2);
    CHECK(dane.hosts().size() == 2);
    CHECK(dane.missing().empty());
  }
  SECTION("a service that is not: its hosts are not even asked about") {
    zone.names[direct].secure = false;
    CHECK(look("b.example", zone).records().size() == 1);
    CHECK(std::find(zone.asked.begin(), zone.asked.end(), "_5270._tcp.x.example") ==
          zone.asked.end());
  }
  SECTION("TLSA records that are not") {
    zone.names["_5270._tcp.x.example"].secure = zone.names["_5269._tcp.y.example"].secure = false;
    CHECK(look("b.example", zone).records().empty());
  }
  SECTION("one that cannot be had") {
    zone.broken = {"_5269._tcp.y.example"};
    const PeerDane dane = look("b.example", zone);
    CHECK(dane.missing() == "_5269._tcp.y.example");
    CHECK(dane.records().size() == 1);
  }
  SECTION("SRV records that cannot be had are signed by nobody") {
    zone.broken = {direct, starttls};
    const PeerDane dane = look("b.example", zone);
    CHECK(dane.records().empty());
    CHECK(dane.missing().empty());
  }
}

TEST_CASE("xmpp 1.4 without SRV records the domain is its own host") {
  Zone zone;
  zone.tlsa("_5269._tcp.b.example", 1);
  CHECK(look("b.example", zone).records().size() == 1);
}

TEST_CASE("xmpp 1.1 addresses and single labels are not looked up") {
  Zone zone;
  for (const char* domain : {"192.0.2.1", "[2001:db8::1]", "localhost"}) look(domain, zone);
  CHECK(zone.asked.empty());
}

TEST_CASE("hosts and records of a peer are bounded") {
  Zone zone;
  for (int i = 0; i < 40; ++i) {
    const std::string host = "h" + std::to_string(i) + ".example";
    zone.srv(starttls, host, 5269);
    for (char octet = 0; octet < 20; ++octet) zone.tlsa("_5269._tcp." + host, octet);
  }
  const PeerDane dane = look("b.example", zone);
  CHECK(zone.asked.size() == 2 + limits::dane_hosts_max);
  CHECK(dane.records().size() == limits::dane_records_max);
}

// b.example comes with a certificate whose key has this digest.
EngineBench arrive(const hanse::test::Settings& settings, bool valid, char key_octet, Zone& zone) {
  hanse::test::Settings all = settings;
  all["tls_first"] = "1";
  EngineBench bench(test::make_inbound(all));
  bench.event(Opened{"192.0.2.1", "192.0.2.7", 40000});
  TlsFacts facts;
  auto chain = std::make_shared<CertificateChain>();
  chain->valid = valid;
  if (!valid) chain->error = "self-signed certificate";
  chain->certificates.emplace_back().dns_names = {"b.example", "c.example"};
  chain->certificates.front().key_sha256.assign(64, key_octet);
  facts.chain = std::move(chain);
  bench.event(TlsUp{facts});
  bench.feed(test::open_head());
  bench.answer_all([&zone](const Ask& ask) -> Answer {
    const Lookup* lookup = std::get_if<Lookup>(&ask);
    if (lookup == nullptr) return TrustDecision{Verdict::accept, "b.example", "", {}};
    Result<DnsAnswer> answer = zone.answer(lookup->question);
    if (!answer) return answer.error();
    return *std::move(answer);
  });
  return bench;
}

TEST_CASE("xmpp 3.5 TLSA records decide on who comes to us, before authorities do") {
  Zone zone;
  zone.srv(starttls, "x.example", 5269).tlsa("_5269._tcp.x.example", '\x11');
  const auto offered = [](EngineBench bench) {
    return bench.take_output().find("EXTERNAL") != std::string::npos;
  };
  CHECK(offered(arrive({}, false, '1', zone)));
  CHECK_FALSE(offered(arrive({}, true, '2', zone)));
  zone.broken = {"_5269._tcp.x.example"};
  CHECK_FALSE(offered(arrive({}, true, '1', zone)));
  zone.broken = {starttls};
  CHECK(offered(arrive({}, true, '2', zone)));
  CHECK_FALSE(offered(arrive({}, false, '1', zone)));
}

TEST_CASE("xmpp 3.10 a further domain is proved by its TLSA records, and refused by them") {
  Zone zone;
  EngineBench bench = arrive({}, true, '1', zone);
  bench.take_output();
  const std::string claim = "<db:result from='c.example' to='a.example'>k</db:result>";
  zone.srv("_xmpp-server._tcp.c.example", "c.example", 5269);
  const bool right = GENERATE(true, false);
  zone.tlsa("_5269._tcp.c.example", right ? '\x11' : '\x22');
  bench.feed(claim);
  bench.answer_all([&zone](const Ask& ask) -> Answer {
    const Lookup* lookup = std::get_if<Lookup>(&ask);
    if (lookup == nullptr) return TrustDecision{Verdict::accept, "", "", {}};
    CHECK(lookup->background);
    return *zone.answer(lookup->question);
  });
  const std::string output = bench.take_output();
  CHECK((output.find("type='valid'") != std::string::npos) == right);
  CHECK((output.find("not-authorized") != std::string::npos) != right);
}

}  // namespace
}  // namespace hanse::xmpp
