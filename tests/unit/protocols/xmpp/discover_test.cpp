// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/discover.h"

#include <map>

#include "server/base/text.h"
#include "tests/catch.h"

namespace hanse::xmpp {
namespace {

// Names as a table, one row a record: "xmpp.b.example A 192.0.2.1"; "s" and "c" before SRV name
// the service of b.example: "c SRV 10 0 5269 xmpp.b.example". "NAME FAIL TYPE" answers SERVFAIL,
// "NAME OPEN TYPE" makes that answer insecure. What is not in the table does not exist.
class FakeDns {
 public:
  FakeDns(std::vector<std::string> rows, bool secure) : rows_(std::move(rows)), secure_(secure) {}

  Result<DnsAnswer> answer(const DnsQuestion& question) {
    asked_.push_back(question);
    DnsAnswer out;
    out.secure = secure_;
    bool exists = false;
    const std::string_view type = dns_type_name(question.type);
    for (const std::string& row : rows_) {
      const std::vector<std::string_view> words = split(row, ' ');
      if (full(words[0]) != question.name) continue;
      exists = true;
      if (words[1] == "FAIL" && words[2] == type) return Error{Fault::try_later, "SERVFAIL"};
      if (words[1] == "OPEN" && words[2] == type) out.secure = false;
      if (words[1] == type) out.records.push_back(record(words, question.type));
    }
    out.status = !exists               ? DnsStatus::no_name
                 : out.records.empty() ? DnsStatus::no_data
                                       : DnsStatus::ok;
    return out;
  }

  std::vector<DnsQuestion> asked_;

 private:
  static std::string full(std::string_view name) {
    if (name == "s") return "_xmpps-server._tcp.b.example";
    if (name == "c") return "_xmpp-server._tcp.b.example";
    return std::string(name);
  }
  static std::uint16_t number(std::string_view word) {
    return static_cast<std::uint16_t>(*parse_integer(word));
  }
  static DnsRecord record(const std::vector<std::string_view>& words, DnsType type) {
    if (type == DnsType::srv)
      return DnsSrv{number(words[2]), number(words[3]), number(words[4]), std::string(words[5])};
    if (type == DnsType::tlsa) return DnsTlsa{3, 1, 1, std::string(words[2])};
    return DnsAddress{std::string(words[2])};
  }

  std::vector<std::string> rows_;
  bool secure_ = false;
};

struct Found {
  std::string places;      // or the error: "never 5.1.2"
  std::string story;
  std::vector<Endpoint> all;
  std::vector<DnsQuestion> asked;
};

struct Way {
  std::string lane = "a.example>b.example";
  DialRules rules = {};
  bool secure = false;
  std::uint64_t seed = 1;
};

Found discover(const std::vector<std::string>& rows, const Way& way = {}) {
  SeededRandom random(way.seed);
  FakeDns dns(rows, way.secure);
  DomainDiscovery machine(way.lane, way.rules, random);
  while (std::optional<Discovery::Ask> ask = machine.next())
    machine.on(ask->question, dns.answer(ask->question));
  REQUIRE(machine.done());
  Found out;
  out.story = machine.story();
  out.asked = dns.asked_;
  Result<std::vector<Endpoint>> found = machine.endpoints();
  if (!found) {
    out.places = std::string(fault_name(found.error().fault)) + " " + machine.status();
    return out;
  }
  out.all = *found;
  for (const Endpoint& one : out.all)
    out.places += (out.places.empty() ? "" : ", ") + to_text(one) + (one.tls_first ? " tls" : "");
  return out;
}

void good(const std::vector<std::string>& rows, std::string_view places) {
  CHECK(discover(rows).places == places);
}
void bad(const std::vector<std::string>& rows, std::string_view error) {
  CHECK(discover(rows).places == error);
}

TEST_CASE("xmpp 1.2 both services are asked at once and stand in one order of priorities") {
  const std::vector<std::string> rows = {
      "s SRV 20 0 5270 x.b.example", "s SRV 5 0 5270 y.b.example", "c SRV 10 0 5269 x.b.example",
      "c SRV 30 0 5222 y.b.example", "x.b.example A 192.0.2.1",    "y.b.example A 192.0.2.2"};
  const Found found = discover(rows);
  CHECK(found.places ==
        "y.b.example [192.0.2.2]:5270 tls, x.b.example [192.0.2.1]:5269, "
        "x.b.example [192.0.2.1]:5270 tls, y.b.example [192.0.2.2]:5222");
  CHECK(found.story ==
        "SRV 5 0 y.b.example:5270 direct TLS, 10 0 x.b.example:5269 STARTTLS, "
        "20 0 x.b.example:5270 direct TLS, 30 0 y.b.example:5222 STARTTLS; DNSSEC no");
  CHECK(found.asked.size() == 6);   // the addresses of a host once

  SeededRandom random(1);
  DomainDiscovery machine("a.example>b.example", {}, random);
  CHECK(machine.next()->question == DnsQuestion{"_xmpps-server._tcp.b.example", DnsType::srv});
  CHECK(machine.next()->question == DnsQuestion{"_xmpp-server._tcp.b.example", DnsType::srv});
  CHECK_FALSE(machine.next());
}

TEST_CASE("xmpp 1.2 the order of answers does not matter") {
  SeededRandom random(1);
  FakeDns dns({"c SRV 10 0 5269 x.b.example", "x.b.example A 192.0.2.1"}, false);
  DomainDiscovery machine("a.example>b.example", {}, random);
  const DnsQuestion direct = machine.next()->question, plain = machine.next()->question;
  machine.on(plain, dns.answer(plain));
  CHECK_FALSE(machine.next());
  machine.on(direct, dns.answer(direct));
  const DnsQuestion v6 = machine.next()->question, v4 = machine.next()->question;
  machine.on(v4, dns.answer(v4));
  CHECK_FALSE(machine.done());
  machine.on(v6, dns.answer(v6));
  CHECK(machine.done());
}

TEST_CASE("xmpp 1.5 what one family says would do, and a late answer changes nothing") {
  SeededRandom random(1);
  FakeDns dns({"c SRV 10 0 5269 x.b.example", "c SRV 20 0 5269 y.b.example",
               "x.b.example A 192.0.2.1", "x.b.example AAAA 2001:db8::1",
               "y.b.example A 192.0.2.2"}, true);
  DomainDiscovery machine("a.example>b.example", {}, random);
  const auto next = [&machine] { return machine.next()->question; };
  const auto hear = [&](const DnsQuestion& asked) { machine.on(asked, dns.answer(asked)); };
  const DnsQuestion direct = next(), plain = next();
  hear(direct);
  hear(plain);
  const DnsQuestion x6 = next(), x4 = next(), y6 = next(), y4 = next();
  hear(x4);
  CHECK_FALSE(machine.would_do());   // nothing is known of the second host
  hear(y6);
  CHECK_FALSE(machine.would_do());
  hear(y4);
  CHECK(machine.would_do());
  machine.pass_over();
  CHECK_FALSE(machine.would_do());
  const DnsQuestion x_tlsa = next(), y_tlsa = next();
  CHECK(x_tlsa.type == DnsType::tlsa);
  hear(x6);
  hear(x_tlsa);
  CHECK_FALSE(machine.done());
  hear(y_tlsa);
  REQUIRE(machine.done());
  REQUIRE(machine.endpoints()->size() == 2);
  CHECK(machine.endpoints()->front().address == "192.0.2.1");
}

TEST_CASE("xmpp 1.3 the target . means: not offered") {
  const std::string host = "x.b.example A 192.0.2.1", own = "b.example A 192.0.2.9";
  good({"s SRV 0 0 0 .", "c SRV 10 0 5269 x.b.example", host}, "x.b.example [192.0.2.1]:5269");
  good({"c SRV 0 0 0 .", "s SRV 1 0 5270 x.b.example", host}, "x.b.example [192.0.2.1]:5270 tls");
  good({"s SRV 0 0 0 ", "c SRV 10 0 5269 x.b.example", host}, "x.b.example [192.0.2.1]:5269");
  good({"c SRV 0 0 0 .", "c SRV 10 0 5269 x.b.example", host}, "x.b.example [192.0.2.1]:5269");
  bad({"c SRV 0 0 0 .", own}, "never 5.1.10");
  bad({"s SRV 0 0 0 .", "c SRV 0 0 0 .", own}, "never 5.1.10");
  bad({"s SRV 0 0 0 .", own}, "never 5.1.10");   // no SRV of the other: no fallback either
}

TEST_CASE("xmpp 1.4 without any SRV the domain's own addresses") {
  const Found found = discover({"b.example A 192.0.2.1", "b.example AAAA 2001:db8::1"});
  CHECK(found.places == "b.example [2001:db8::1]:5269, b.example [192.0.2.1]:5269");
  CHECK(found.story == "no SRV, b.example itself; DNSSEC no");
  CHECK(found.all[0].verify_names == std::vector<std::string>{"b.example"});
  good({"c TXT x", "s TXT x", "b.example A 192.0.2.1"}, "b.example [192.0.2.1]:5269");
  bad({}, "never 5.1.2");
  bad({"b.example TXT x"}, "never 5.1.2");
}

TEST_CASE("xmpp 1.4 no answer is never taken for no SRV") {
  bad({"c FAIL SRV", "b.example A 192.0.2.1"}, "try_later 4.4.3");
  bad({"s FAIL SRV", "b.example A 192.0.2.1"}, "try_later 4.4.3");
  bad({"s FAIL SRV", "c SRV 1 0 5269 x.b.example", "x.b.example A 192.0.2.1"}, "try_later 4.4.3");
  bad({"b.example FAIL A"}, "try_later 4.4.3");
}

TEST_CASE("xmpp 1.2 targets that are no names are dropped") {
  good({"c SRV 1 0 5269 192.0.2.7", "c SRV 2 0 0 x.b.example", "c SRV 3 0 5269 a..b",
        "c SRV 4 0 5269 X.B.Example", "x.b.example A 192.0.2.1"},
       "x.b.example [192.0.2.1]:5269");
  bad({"c SRV 1 0 5269 192.0.2.7", "b.example A 192.0.2.1"}, "try_later 4.4.4");
}

TEST_CASE("xmpp 1.5 v6 and v4 in turn; a dead family or host leaves the others") {
  good({"c SRV 1 0 5269 x.b.example", "x.b.example A 192.0.2.1", "x.b.example A 192.0.2.2",
        "x.b.example A 192.0.2.3", "x.b.example AAAA 2001:db8::1", "x.b.example AAAA 2001:db8::2"},
       "x.b.example [2001:db8::1]:5269, x.b.example [192.0.2.1]:5269, "
       "x.b.example [2001:db8::2]:5269, x.b.example [192.0.2.2]:5269, "
       "x.b.example [192.0.2.3]:5269");
  good({"c SRV 1 0 5269 x.b.example", "x.b.example A 192.0.2.1", "x.b.example FAIL AAAA"},
       "x.b.example [192.0.2.1]:5269");
  good({"c SRV 1 0 5269 x.b.example", "c SRV 2 0 5269 y.b.example", "x.b.example FAIL A",
        "y.b.example A 192.0.2.2"},
       "y.b.example [192.0.2.2]:5269");
  bad({"c SRV 1 0 5269 x.b.example", "x.b.example FAIL A"}, "try_later 4.4.3");
  bad({"c SRV 1 0 5269 x.b.example"}, "try_later 4.4.4");
  const Found found = discover({"b.example A 192.0.2.1", "b.example AAAA 2001:db8::1"},
                               {.rules = {.own_endpoints = {}, .ipv6 = false}});
  CHECK(found.places == "b.example [192.0.2.1]:5269");
  CHECK(found.asked.size() == 3);
}

TEST_CASE("xmpp 1.5 sixteen addresses at most, of one target no more than half") {
  std::vector<std::string> rows;
  for (int i = 0; i < 40; ++i) {
    const std::string name = "h" + std::to_string(i) + ".b.example";
    rows.push_back("c SRV " + std::to_string(i) + " 0 5269 " + name);
    for (int k = 1; k < 4; ++k) rows.push_back(name + " A 192.0.2." + std::to_string(k));
  }
  for (int k = 4; k < 60; ++k) rows.push_back("h0.b.example A 192.0.2." + std::to_string(k));
  const Found found = discover(rows);
  REQUIRE(found.all.size() == 16);
  CHECK(found.all[7].host == "h0.b.example");
  CHECK(found.all[8].host == "h1.b.example");
  CHECK(found.asked.size() == 2 + 2 * limits::srv_targets_max);
  CHECK(found.story.find("and 8 more; DNSSEC no") != std::string::npos);
}

TEST_CASE("xmpp 1.1 names and addresses") {
  const auto places = [](const std::string& hop, const std::vector<std::string>& rows = {}) {
    return discover(rows, {.lane = "a.example>" + hop}).places;
  };
  CHECK(places("localhost", {"localhost A 192.0.2.1"}) == "never 5.1.2");
  CHECK(places("b..example") == "never 5.1.2");
  CHECK(places("") == "never 5.1.2");
  CHECK(places("192.0.2.1") == "[192.0.2.1]:5269");
  CHECK(places("[2001:db8::1]") == "[2001:db8::1]:5269");
  CHECK(places("127.0.0.1") == "never 5.1.2");
  CHECK(places("[::1]") == "never 5.1.2");
  const Found literal = discover({}, {.lane = "a.example>[2001:db8::1]"});
  CHECK(literal.all[0].verify_names == std::vector<std::string>{"[2001:db8::1]"});
  CHECK(literal.asked.empty());
}

TEST_CASE("xmpp 1.7 a named place needs no SRV, and no permission to dial") {
  const auto places = [](const std::string& hop, const std::vector<std::string>& rows = {}) {
    return discover(rows, {.lane = "a.example>" + hop}).places;
  };
  CHECK(places("127.0.0.1:15269") == "[127.0.0.1]:15269");
  CHECK(places("[::1]:15269") == "[::1]:15269");
  CHECK(places("unix:/run/x.sock") == "unix:/run/x.sock");
  CHECK(places("localhost:15269", {"localhost A 127.0.0.1"}) == "localhost [127.0.0.1]:15269");
  CHECK(places("tls://127.0.0.1:15270") == "[127.0.0.1]:15270 tls");
  CHECK(places("tls://localhost:15270", {"localhost A 127.0.0.1"}) ==
        "localhost [127.0.0.1]:15270 tls");
  CHECK(places("x.b.example:15269") == "try_later 4.4.4");
  CHECK(places("x.b.example:15269", {"x.b.example FAIL A"}) == "try_later 4.4.3");
  const Found found = discover({"x.b.example A 192.0.2.1"}, {.lane = "a.example>x.b.example:1"});
  CHECK(found.all[0].verify_names.empty());
  CHECK(found.story == "as configured; DNSSEC no");
}

TEST_CASE("xmpp 1.7, 1.10 TLSA records of the host that a route names count where it is secure") {
  const std::vector<std::string> rows = {"x.b.example A 192.0.2.1",
                                         "_1._tcp.x.b.example TLSA digest"};
  const Found secure = discover(rows, {.lane = "a.example>x.b.example:1", .secure = true});
  REQUIRE(secure.all.size() == 1);
  REQUIRE(secure.all[0].tlsa.size() == 1);
  CHECK(secure.all[0].tlsa[0].data == "digest");
  CHECK(secure.all[0].verify_names.empty());      // whom it has to name the route says
  CHECK(discover(rows, {.lane = "a.example>x.b.example:1"}).all[0].tlsa.empty());
}

TEST_CASE("xmpp 1.5 found addresses that lead inside, or to this node, are not dialled") {
  const std::vector<std::string> inside = {"b.example A 127.0.0.1", "b.example AAAA fe80::1"};
  bad(inside, "try_later 4.4.4");
  Way way;
  way.rules.loopback_addresses = true;
  CHECK(discover(inside, way).places == "b.example [127.0.0.1]:5269");
  way.rules.own_endpoints = {"127.0.0.1:5269"};
  CHECK(discover(inside, way).places == "never 5.4.6");
}

TEST_CASE("xmpp 1.10 TLSA and the SRV target's name count where all was secure") {
  const std::vector<std::string> rows = {
      "c SRV 1 0 5269 x.b.example", "s SRV 2 0 5270 x.b.example", "x.b.example A 192.0.2.1",
      "_5269._tcp.x.b.example TLSA digest"};
  const Found secure = discover(rows, {.secure = true});
  REQUIRE(secure.all.size() == 2);
  CHECK(secure.all[0].secure);
  CHECK(secure.all[0].verify_names == std::vector<std::string>{"b.example", "x.b.example"});
  REQUIRE(secure.all[0].tlsa.size() == 1);
  CHECK(secure.all[0].tlsa[0].data == "digest");
  CHECK(secure.all[1].tlsa.empty());
  CHECK(secure.story.ends_with("; DNSSEC yes; TLSA records 1"));

  const auto with = [&rows](const std::string& row) {
    std::vector<std::string> more = rows;
    more.push_back(row);
    return discover(more, {.secure = true});
  };
  const Found insecure = discover(rows);
  CHECK(insecure.asked.size() == 4);   // nobody asked for TLSA
  CHECK_FALSE(insecure.all[0].secure);
  CHECK(insecure.all[0].verify_names == std::vector<std::string>{"b.example"});
  CHECK(insecure.all[0].tlsa.empty());
  for (const char* open : {"x.b.example OPEN A", "x.b.example OPEN AAAA"}) {
    const Found found = with(open);
    CHECK(found.all[0].tlsa.empty());
    CHECK(found.all[0].verify_names.size() == 1);
    CHECK(found.story.ends_with("; DNSSEC no"));
  }
  const Found half = with("s OPEN SRV");
  CHECK(half.all[0].tlsa.size() == 1);
  CHECK(half.all[1].verify_names.size() == 1);
  CHECK(half.story.ends_with("; DNSSEC in part; TLSA records 1"));
  CHECK(with("_5269._tcp.x.b.example OPEN TLSA").all[0].tlsa.empty());
}

TEST_CASE("xmpp 1.10 a host whose TLSA question has no answer is not dialled") {
  const std::vector<std::string> rows = {"c SRV 1 0 5269 x.b.example", "x.b.example A 192.0.2.1",
                                         "_5269._tcp.x.b.example FAIL TLSA"};
  CHECK(discover(rows, {.secure = true}).places == "try_later 4.4.3");
  std::vector<std::string> two = rows;
  two.insert(two.end(), {"c SRV 2 0 5269 y.b.example", "y.b.example A 192.0.2.2"});
  const Found found = discover(two, {.secure = true});
  CHECK(found.places == "y.b.example [192.0.2.2]:5269");
  CHECK(found.story.ends_with("; no answer to TLSA of x.b.example"));
}

// RFC 2782: how often each stands first, over many draws.
std::map<std::string, int> firsts(const std::vector<std::string>& rows) {
  std::map<std::string, int> out;
  for (std::uint64_t seed = 0; seed < 2000; ++seed)
    ++out[discover(rows, {.seed = seed}).all.front().host];
  return out;
}

TEST_CASE("xmpp 1.2 weights share the load inside of a priority, over both services") {
  const std::vector<std::string> hosts = {"x.b.example A 192.0.2.1", "y.b.example A 192.0.2.2",
                                          "z.b.example A 192.0.2.3"};
  const auto with = [&hosts](std::vector<std::string> rows) {
    rows.insert(rows.end(), hosts.begin(), hosts.end());
    return firsts(rows);
  };
  std::map<std::string, int> out = with({"s SRV 1 60 5270 x.b.example",
                                         "c SRV 1 30 5269 y.b.example",
                                         "c SRV 1 10 5269 z.b.example"});
  CHECK(out["x.b.example"] > 1100);
  CHECK(out["x.b.example"] < 1300);
  CHECK(out["y.b.example"] > 520);
  CHECK(out["y.b.example"] < 680);
  CHECK(out["z.b.example"] > 140);
  CHECK(out["z.b.example"] < 260);

  out = with({"s SRV 1 0 5270 x.b.example", "c SRV 1 0 5269 y.b.example"});
  CHECK(out["x.b.example"] > 850);   // no weights: in turn
  CHECK(out["y.b.example"] > 850);

  out = with({"s SRV 1 0 5270 x.b.example", "c SRV 1 100 5269 y.b.example"});
  CHECK(out["x.b.example"] > 0);     // weight 0: a small chance
  CHECK(out["x.b.example"] < 60);

  out = with({"s SRV 2 65535 5270 x.b.example", "c SRV 1 0 5269 y.b.example"});
  CHECK(out["y.b.example"] == 2000);
}

}  // namespace
}  // namespace hanse::xmpp
