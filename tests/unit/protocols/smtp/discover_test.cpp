// SPDX-License-Identifier: Apache-2.0
#include "protocols/smtp/discover.h"

#include <map>
#include <set>

#include "server/base/text.h"
#include "tests/catch.h"

namespace hanse::smtp {
namespace {

// Names as a table: "b.example MX 10 mx.b.example", "mx.b.example A 192.0.2.7". A name that is
// not in it does not exist; "b.example FAIL MX" answers SERVFAIL to that type.
class FakeDns {
 public:
  explicit FakeDns(const std::vector<std::string>& rows) : rows_(rows) {}

  Result<DnsAnswer> answer(const DnsQuestion& question) {
    asked_.push_back(question);
    DnsAnswer out;
    out.secure = secure_;
    out.canonical = canonical_;
    bool exists = false;
    for (const std::string& row : rows_) {
      const std::vector<std::string_view> words = split(row, ' ');
      if (words[0] != question.name) continue;
      exists = true;
      const std::string_view type = dns_type_name(question.type);
      if (words[1] == "FAIL" && words[2] == type) return Error{Fault::try_later, "SERVFAIL"};
      if (words[1] != type) continue;
      if (type == "MX") {
        const auto preference = static_cast<std::uint16_t>(*parse_integer(words[2]));
        out.records.push_back(DnsMx{preference, std::string(words[3])});
      } else {
        out.records.push_back(DnsAddress{std::string(words[2])});
      }
    }
    out.status = !exists               ? DnsStatus::no_name
                 : out.records.empty() ? DnsStatus::no_data
                                       : DnsStatus::ok;
    return out;
  }

  std::vector<std::string> rows_;
  std::vector<DnsQuestion> asked_;
  bool secure_ = false;
  std::string canonical_;   // where every name is an alias for
};

SmtpSettings settings_of_a() {
  SmtpSettings settings;
  settings.node.domain = "a.example";
  settings.out.helo_name = "mail.a.example";
  settings.out.own_endpoints = {"192.0.2.99:25"};
  settings.out.port = 25;
  return settings;
}

struct Found {
  std::string endpoints;   // or the error: "never 5.1.10"
  std::string story;
  std::vector<Endpoint> all;
};

Found discover(const std::string& lane, FakeDns& dns, const SmtpSettings& settings,
               std::uint64_t seed = 1) {
  SeededRandom random(seed);
  MailDiscovery machine(lane, std::make_shared<const SmtpSettings>(settings), random);
  while (std::optional<Discovery::Ask> ask = machine.next()) {
    if (ask->question.fresh) CHECK(ask->wait >= std::chrono::seconds(1));  // M-13
    machine.on(ask->question, dns.answer(ask->question));
  }
  REQUIRE(machine.done());
  Found out;
  out.story = machine.story();
  Result<std::vector<Endpoint>> found = machine.endpoints();
  if (!found) {
    out.endpoints = std::string(fault_name(found.error().fault)) + " " + machine.status();
    return out;
  }
  out.all = *found;
  for (const Endpoint& one : out.all)
    out.endpoints += (out.endpoints.empty() ? "" : ", ") + to_text(one);
  return out;
}

Found discover(const std::string& lane, const std::vector<std::string>& rows) {
  FakeDns dns(rows);
  return discover(lane, dns, settings_of_a());
}

void good(const std::vector<std::string>& rows, std::string_view endpoints) {
  CHECK(discover("b.example", rows).endpoints == endpoints);
}
void bad(const std::vector<std::string>& rows, std::string_view error) {
  CHECK(discover("b.example", rows).endpoints == error);
}

TEST_CASE("M-2 M-5 MX hosts in the order of their preference") {
  good({"b.example MX 20 y.example", "b.example MX 10 x.example", "x.example A 192.0.2.1",
        "y.example A 192.0.2.2"},
       "x.example [192.0.2.1]:25, y.example [192.0.2.2]:25");
}

TEST_CASE("M-2 no MX: the domain's own address") {
  good({"b.example A 192.0.2.1"}, "b.example [192.0.2.1]:25");
  good({"b.example AAAA 2001:db8::1"}, "b.example [2001:db8::1]:25");
  bad({"b.example TXT x"}, "never 5.1.2");
}

TEST_CASE("M-2 no answer is never taken for no MX") {
  bad({"b.example FAIL MX", "b.example A 192.0.2.1"}, "try_later 4.4.3");
}

TEST_CASE("M-4 null MX: this domain takes no mail") {
  bad({"b.example MX 0 .", "b.example A 192.0.2.1"}, "never 5.1.10");
  bad({"b.example MX 0 ", "b.example A 192.0.2.1"}, "never 5.1.10");
  good({"b.example MX 0 .", "b.example MX 10 x.example", "x.example A 192.0.2.1"},
       "x.example [192.0.2.1]:25");
}

TEST_CASE("M-13 a name that does not exist must not exist twice, a second apart") {
  FakeDns dns({});
  CHECK(discover("b.example", dns, settings_of_a()).endpoints == "never 5.1.2");
  REQUIRE(dns.asked_.size() == 2);
  CHECK_FALSE(dns.asked_[0].fresh);
  CHECK(dns.asked_[1].fresh);

  SeededRandom random(1);
  MailDiscovery machine("b.example", std::make_shared<const SmtpSettings>(settings_of_a()),
                        random);
  const DnsQuestion first = machine.next()->question;
  machine.on(first, DnsAnswer{DnsStatus::no_name, {}, "", 0, false});
  const Discovery::Ask second = *machine.next();
  CHECK(second.wait == std::chrono::seconds(1));
  machine.on(second.question, Error{Fault::try_later, "timeout"});
  CHECK(machine.done());
  CHECK(machine.status() == "4.4.3");
}

TEST_CASE("M-5 exchanges that are no names, or lead where nothing may be dialled, are dropped") {
  good({"b.example MX 1 192.0.2.5", "b.example MX 2 a_b..example", "b.example MX 3 loop.example",
        "b.example MX 9 x.example", "loop.example A 127.0.0.1", "loop.example AAAA fe80::1",
        "x.example A 192.0.2.1"},
       "x.example [192.0.2.1]:25");
  bad({"b.example MX 1 192.0.2.5"}, "try_later 4.4.4");
  bad({"b.example MX 1 loop.example", "loop.example A 127.0.0.1"}, "try_later 4.4.4");
  bad({"b.example MX 1 x.example", "x.example TXT x"}, "try_later 4.4.4");
}

TEST_CASE("M-5 loopback may be dialled where the operator says so") {
  SmtpSettings settings = settings_of_a();
  settings.out.loopback_addresses = true;
  settings.out.port = 2525;
  FakeDns dns({"b.example MX 1 x.example", "x.example A 127.0.0.2"});
  CHECK(discover("b.example", dns, settings).endpoints == "x.example [127.0.0.2]:2525");
}

TEST_CASE("M-6 we and all that is no nearer than we are dropped") {
  const std::vector<std::string> hosts = {"x.example A 192.0.2.1", "y.example A 192.0.2.2",
                                          "ours.example A 192.0.2.99", "a.example A 192.0.2.99"};
  const auto with = [&hosts](std::vector<std::string> rows) {
    rows.insert(rows.end(), hosts.begin(), hosts.end());
    return rows;
  };
  good(with({"b.example MX 10 x.example", "b.example MX 20 A.example",
             "b.example MX 20 y.example"}),
       "x.example [192.0.2.1]:25");
  good(with({"b.example MX 10 x.example", "b.example MX 20 mail.a.example",
             "b.example MX 30 y.example"}),
       "x.example [192.0.2.1]:25");
  good(with({"b.example MX 10 x.example", "b.example MX 20 ours.example",
             "b.example MX 20 y.example"}),
       "x.example [192.0.2.1]:25");
  bad(with({"b.example MX 10 a.example", "b.example MX 20 y.example"}), "never 5.4.6");
  bad(with({"b.example MX 10 ours.example"}), "never 5.4.6");
}

TEST_CASE("M-7 an exchange that is an alias is dialled, under the name the MX gave") {
  FakeDns dns({"b.example MX 10 x.example", "x.example A 192.0.2.1"});
  dns.canonical_ = "real.host.example";
  const Found found = discover("b.example", dns, settings_of_a());
  CHECK(found.endpoints == "x.example [192.0.2.1]:25");
  REQUIRE(found.all.size() == 1);
  CHECK(found.all[0].verify_names == std::vector<std::string>{"b.example"});
}

TEST_CASE("M-8 v6 and v4 in turn; one family's failure leaves the other") {
  good({"b.example MX 1 x.example", "x.example A 192.0.2.1", "x.example A 192.0.2.2",
        "x.example AAAA 2001:db8::1"},
       "x.example [2001:db8::1]:25, x.example [192.0.2.1]:25, x.example [192.0.2.2]:25");
  good({"b.example MX 1 x.example", "x.example A 192.0.2.1", "x.example FAIL AAAA"},
       "x.example [192.0.2.1]:25");
  bad({"b.example MX 1 x.example", "x.example FAIL AAAA", "x.example FAIL A"}, "try_later 4.4.3");
  bad({"b.example MX 1 x.example", "x.example FAIL A"}, "try_later 4.4.3");
}

TEST_CASE("M-8 without IPv6 nobody asks for it") {
  SmtpSettings settings = settings_of_a();
  settings.out.ipv6 = false;
  FakeDns dns({"b.example MX 1 x.example", "x.example A 192.0.2.1", "x.example AAAA 2001:db8::1"});
  CHECK(discover("b.example", dns, settings).endpoints == "x.example [192.0.2.1]:25");
  for (const DnsQuestion& asked : dns.asked_) CHECK(asked.type != DnsType::aaaa);
}

TEST_CASE("M-5 equal preferences are shuffled each time") {
  std::vector<std::string> rows;
  for (const char name : {'v', 'w', 'x', 'y'}) {
    rows.push_back("b.example MX 10 " + std::string(1, name) + ".example");
    rows.push_back(std::string(1, name) + ".example A 192.0.2." + std::to_string(name));
  }
  std::map<std::string, int> first;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    FakeDns dns(rows);
    ++first[discover("b.example", dns, settings_of_a(), seed).all.front().host];
  }
  REQUIRE(first.size() == 4);
  for (const auto& [host, times] : first) CHECK(times > 60);
}

TEST_CASE("M-9 twenty hosts at most, and addresses only of as many as are needed") {
  std::vector<std::string> rows;
  for (int i = 10; i < 60; ++i)
    rows.push_back("b.example MX " + std::to_string(i) + " h" + std::to_string(i) + ".example");
  FakeDns dns(rows);
  CHECK(discover("b.example", dns, settings_of_a()).endpoints == "try_later 4.4.4");
  CHECK(dns.asked_.size() == 1 + 2 * mx_hosts_max);
  rows.push_back("h10.example A 192.0.2.1");
  for (int i = 11; i < 20; ++i)
    rows.push_back("h" + std::to_string(i) + ".example A 192.0.2." + std::to_string(i));
  FakeDns enough(rows);
  const Found found = discover("b.example", enough, settings_of_a());
  CHECK(found.all.size() == 5);
  CHECK(enough.asked_.size() == 1 + 2 * hosts_asked_at_once);
}

TEST_CASE("M-1 a named place needs no MX, and no permission to dial") {
  const auto names = [](const std::string& lane, const std::vector<std::string>& rows) {
    return discover(lane, rows).endpoints;
  };
  CHECK(names("127.0.0.1:2600", {}) == "[127.0.0.1]:2600");
  CHECK(names("unix:/run/x.sock", {}) == "unix:/run/x.sock");
  CHECK(names("x.example:26", {"x.example MX 1 y.example", "x.example A 127.0.0.1"}) ==
        "x.example [127.0.0.1]:26");
  CHECK(names("[x.example]", {"x.example A 192.0.2.1"}) == "x.example [192.0.2.1]:25");
  CHECK(names("x.example:26", {}) == "try_later 4.4.4");
  CHECK(names("x.example:26", {"x.example FAIL A"}) == "try_later 4.4.3");
}

TEST_CASE("S-7 M-5 an address literal from a recipient leads nowhere inside") {
  CHECK(discover("[192.0.2.1]", {}).endpoints == "[192.0.2.1]:25");
  CHECK(discover("[127.0.0.1]", {}).endpoints == "never 5.1.2");
  CHECK(discover("[IPv6:::1]", {}).endpoints == "never 5.1.2");
}

TEST_CASE("M-8 what one family says would do, once there is something of every host") {
  SeededRandom random(1);
  FakeDns dns({"b.example MX 10 x.example", "b.example MX 20 y.example", "x.example A 192.0.2.1",
               "x.example AAAA 2001:db8::1", "y.example A 192.0.2.2"});
  MailDiscovery machine("b.example", std::make_shared<const SmtpSettings>(settings_of_a()), random);
  const auto next = [&machine] { return machine.next()->question; };
  const auto hear = [&](const DnsQuestion& asked) { machine.on(asked, dns.answer(asked)); };
  hear(next());
  const DnsQuestion x6 = next(), x4 = next(), y6 = next(), y4 = next();
  hear(x4);
  hear(y6);
  CHECK_FALSE(machine.would_do());
  hear(y4);
  CHECK(machine.would_do());
  machine.pass_over();
  REQUIRE(machine.done());
  hear(x6);
  REQUIRE(machine.endpoints()->size() == 2);
  CHECK(machine.endpoints()->front().address == "192.0.2.1");
}

TEST_CASE("M-1 what is no domain goes back at once") {
  CHECK(discover("b..example", {}).endpoints == "never 5.1.2");
}

TEST_CASE("M-12 a list as long as an answer can be stays in bounds") {
  std::vector<std::string> rows = {"b.example MX 1 x.example"};
  for (int i = 0; i < 90; ++i) rows.push_back("x.example A 192.0.2." + std::to_string(i));
  CHECK(discover("b.example", rows).all.size() == 64);
}

TEST_CASE("endpoints carry the names to verify, the DNSSEC state and a story") {
  FakeDns dns({"b.example MX 10 x.example", "b.example MX 10 x.example", "x.example A 192.0.2.1"});
  dns.secure_ = true;
  const Found found = discover("b.example", dns, settings_of_a());
  CHECK(found.story == "MX 10 x.example; DNSSEC yes");
  REQUIRE(found.all.size() == 1);
  CHECK(found.all[0].host == "x.example");
  CHECK(found.all[0].verify_names == std::vector<std::string>{"b.example"});
  CHECK(found.all[0].secure);
  CHECK(discover("b.example", {"b.example A 192.0.2.1"}).story ==
        "no MX, b.example itself; DNSSEC no");
}

}  // namespace
}  // namespace hanse::smtp
