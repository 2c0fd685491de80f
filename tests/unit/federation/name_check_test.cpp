// SPDX-License-Identifier: Apache-2.0
#include "federation/name_check.h"

#include "tests/catch.h"
#include "tests/unit/federation/fake_world.h"

using namespace hanse;

namespace {

// A DNS of records by question; what is not in it does not exist.
struct Zone final : Resolver {
  void lookup(DnsQuestion question, std::function<void(Result<DnsAnswer>)> reply) override {
    ++asked;
    const auto found = records.find({question.name, question.type});
    Result<DnsAnswer> answer = DnsAnswer{DnsStatus::no_name, {}, {}, 0, false};
    if (found != records.end()) answer = found->second;
    world.at(world.now(), [reply, answer] { reply(answer); });
  }
  void add(const std::string& name, DnsType type, std::vector<DnsRecord> all) {
    records.insert_or_assign({name, type},
                             DnsAnswer{DnsStatus::ok, std::move(all), name, 60, false});
  }
  void fails(const std::string& name, DnsType type) {
    records.insert_or_assign({name, type}, Error{Fault::try_later, "SERVFAIL"});
  }

  fake::World world;
  std::map<std::pair<std::string, DnsType>, Result<DnsAnswer>> records;
  std::size_t asked = 0;
};

// What the log says after a check of mx.a.example.
std::string checked(Zone& zone, const std::string& name = "mx.a.example") {
  std::string text;
  Log log(zone.world, [&text](std::string_view line) { text += line; });
  check_own_name(zone, log, "smtp", name);
  CHECK(text.empty());                        // never waits, never answers at once
  zone.world.run_for(std::chrono::seconds(1));
  return text;
}

bool says(const std::string& text, std::string_view what) {
  return text.find(what) != std::string::npos;
}

std::size_t lines(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

TEST_CASE("C-1 a name that leads to its addresses and back is no news") {
  Zone zone;
  zone.add("mx.a.example", DnsType::a, {DnsAddress{"192.0.2.7"}});
  zone.add("mx.a.example", DnsType::aaaa, {DnsAddress{"2001:db8::7"}});
  zone.add("7.2.0.192.in-addr.arpa", DnsType::ptr,
           {DnsName{"www.a.example"}, DnsName{"MX.A.example"}});
  zone.add(reverse_name("2001:db8::7"), DnsType::ptr, {DnsName{"mx.a.example"}});
  const std::string text = checked(zone);
  CHECK(says(text, "dns.name_proven"));
  CHECK(lines(text) == 1);
}

TEST_CASE("C-1 a name the DNS does not bear out is warned of, with what to do") {
  Zone zone;
  SECTION("it has no address") {
    const std::string text = checked(zone);
    CHECK(says(text, "\"warning\""));
    CHECK(says(text, "dns.name_unproven"));
    CHECK(says(text, "add an A or AAAA record"));
    CHECK(lines(text) == 1);
  }
  SECTION("its address has no name, or another") {
    zone.add("mx.a.example", DnsType::a, {DnsAddress{"192.0.2.7"}, DnsAddress{"192.0.2.8"}});
    zone.add("8.2.0.192.in-addr.arpa", DnsType::ptr, {DnsName{"host8.isp.example"}});
    const std::string text = checked(zone);
    CHECK(says(text, "the address has no name (PTR); ask whoever runs this address"));
    CHECK(says(text, "\"192.0.2.7\""));
    CHECK(says(text, "the address is called host8.isp.example; ask"));
    CHECK(says(text, "\"192.0.2.8\""));
    CHECK_FALSE(says(text, "dns.name_proven"));
    CHECK(lines(text) == 2);
  }
  SECTION("nobody answers") {
    zone.fails("mx.a.example", DnsType::a);
    zone.fails("mx.a.example", DnsType::aaaa);
    CHECK(says(checked(zone), "the name cannot be looked up: SERVFAIL"));
  }
  SECTION("one family fails, the other is fine") {
    zone.fails("mx.a.example", DnsType::aaaa);
    zone.add("mx.a.example", DnsType::a, {DnsAddress{"192.0.2.7"}});
    zone.fails("7.2.0.192.in-addr.arpa", DnsType::ptr);
    CHECK(says(checked(zone), "the name of the address cannot be looked up: SERVFAIL"));
  }
}

TEST_CASE("C-1 an address literal says what it is by itself") {
  Zone zone;
  CHECK(checked(zone, "[192.0.2.7]").empty());
  CHECK(zone.asked == 0);
}

TEST_CASE("C-1 listeners on loopback ask for no name") {
  for (const std::string_view address : {"127.0.0.1:25", "127.8.0.1:2525", "[::1]:25"})
    CHECK(is_loopback_listener(address));
  for (const std::string_view address : {"0.0.0.0:25", "[::]:25", "192.0.2.7:25", "10.0.0.1:25"})
    CHECK_FALSE(is_loopback_listener(address));
}
