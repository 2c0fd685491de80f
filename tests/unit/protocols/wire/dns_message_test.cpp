// SPDX-License-Identifier: Apache-2.0
#include "protocols/wire/dns_message.h"

#include <random>

#include "server/base/limits.h"
#include "tests/catch.h"
#include "tests/dns_bytes.h"

namespace hanse {
namespace {

using Lines = std::vector<std::string>;

std::string message(const DnsQuestion& question, const Lines& lines) {
  return dns_bytes::answer(
      1, dns_bytes::question(question.name, static_cast<unsigned>(question.type)), lines);
}

Result<DnsAnswer> parsed(const std::string& name, DnsType type, const Lines& lines) {
  return parse_dns_answer(message({name, type}, lines), {name, type});
}

std::string shown(const DnsRecord& record) {
  struct Show {
    std::string operator()(const DnsAddress& r) const { return r.address; }
    std::string operator()(const DnsName& r) const { return r.name; }
    std::string operator()(const DnsMx& r) const {
      return std::to_string(r.preference) + " " + r.exchange;
    }
    std::string operator()(const DnsSrv& r) const {
      return std::to_string(r.priority) + " " + std::to_string(r.weight) + " " +
             std::to_string(r.port) + " " + r.target;
    }
    std::string operator()(const DnsTxt& r) const { return r.text; }
    std::string operator()(const DnsTlsa& r) const {
      return std::to_string(r.usage) + " " + std::to_string(r.selector) + " " +
             std::to_string(r.matching) + " " + r.data;
    }
  };
  return std::visit(Show{}, record);
}

std::string shown(const Result<DnsAnswer>& answer) {
  if (!answer) return "error: " + answer.error().what;
  std::string out;
  for (const DnsRecord& record : answer->records) out += shown(record) + "; ";
  return out;
}

TEST_CASE("every record type the node asks for is read") {
  CHECK(shown(parsed("a.example", DnsType::a, {"a.example 300 A 192.0.2.7"})) == "192.0.2.7; ");
  CHECK(shown(parsed("a.example", DnsType::aaaa, {"a.example 300 AAAA 2001:db8::1"})) ==
        "2001:db8::1; ");
  CHECK(shown(parsed("a.example", DnsType::mx,
                     {"a.example 300 MX 10 MX1.A.example", "a.example 300 MX 20 mx2.a.example"})) ==
        "10 mx1.a.example; 20 mx2.a.example; ");
  CHECK(shown(parsed("_x._tcp.a.example", DnsType::srv,
                     {"_x._tcp.a.example 300 SRV 1 2 5269 x.a.example"})) ==
        "1 2 5269 x.a.example; ");
  CHECK(shown(parsed("a.example", DnsType::txt, {"a.example 300 TXT one two"})) == "onetwo; ");
  CHECK(shown(parsed("7.2.0.192.in-addr.arpa", DnsType::ptr,
                     {"7.2.0.192.in-addr.arpa 300 PTR mx.a.example"})) == "mx.a.example; ");
  CHECK(shown(parsed("_25._tcp.mx.a.example", DnsType::tlsa,
                     {"_25._tcp.mx.a.example 300 TLSA 3 1 1 digest"})) == "3 1 1 digest; ");
  CHECK(shown(parsed("a.example", DnsType::ns, {"a.example 300 NS ns.a.example"})) ==
        "ns.a.example; ");
}

TEST_CASE("M-4 a null MX has the root as its exchange") {
  const auto answer = parsed("a.example", DnsType::mx, {"a.example 300 MX 0 ."});
  REQUIRE(answer);
  CHECK(std::get<DnsMx>(answer->records.at(0)).exchange.empty());
}

TEST_CASE("records of other names, types and classes are not the answer") {
  CHECK(shown(parsed("a.example", DnsType::a,
                     {"b.example 300 A 192.0.2.1", "a.example 300 MX 1 a.example",
                      "A.EXAMPLE 300 A 192.0.2.2"})) == "192.0.2.2; ");
  std::string chaos = message({"a.example", DnsType::a}, {"a.example 300 A 192.0.2.1"});
  chaos[chaos.size() - 11] = 3;
  CHECK(parse_dns_answer(chaos, {"a.example", DnsType::a})->status == DnsStatus::no_data);
}

TEST_CASE("M-2 no such name and no such data are conclusive, every other code is not") {
  CHECK(parsed("a.example", DnsType::mx, {"rcode 3"})->status == DnsStatus::no_name);
  CHECK(parsed("a.example", DnsType::mx, {})->status == DnsStatus::no_data);
  const auto refused = [](const std::string& line, std::string_view what) {
    const auto answer = parsed("a.example", DnsType::mx, {line});
    REQUIRE_FALSE(answer);
    CHECK(answer.error().fault == Fault::try_later);
    CHECK(answer.error().what == what);
  };
  refused("rcode 1", "DNS answer code 1");
  refused("rcode 2", "SERVFAIL");
  refused("rcode 5", "REFUSED");
  refused("tc", "broken DNS answer: cut off");
}

TEST_CASE("M-3 CNAMEs inside the answer are followed, in any order, at most eight") {
  const auto answer = parsed("www.a.example", DnsType::a,
                             {"b.example 60 A 192.0.2.7", "c.example 50 CNAME b.example",
                              "www.a.example 300 CNAME c.example"});
  REQUIRE(answer);
  CHECK(shown(answer) == "192.0.2.7; ");
  CHECK(answer->canonical == "b.example");
  CHECK(answer->ttl_seconds == 50);
  const auto chain = [](int links) {
    Lines lines;
    for (int link = 0; link < links; ++link)
      lines.push_back("n" + std::to_string(link) + ".example 60 CNAME n" +
                      std::to_string(link + 1) + ".example");
    lines.push_back("n" + std::to_string(links) + ".example 60 A 192.0.2.7");
    return shown(parsed("n0.example", DnsType::a, lines));
  };
  CHECK(chain(8) == "192.0.2.7; ");
  CHECK(chain(9) == "error: CNAME chain too long or in a circle");
  CHECK(shown(parsed("a.example", DnsType::a,
                     {"a.example 60 CNAME b.example", "b.example 60 CNAME a.example"})) ==
        "error: CNAME chain too long or in a circle");
}

TEST_CASE("a CNAME is the answer when it was asked for") {
  const auto answer = parsed("a.example", DnsType::cname, {"a.example 60 CNAME b.example"});
  REQUIRE(answer);
  CHECK(shown(answer) == "b.example; ");
  CHECK(answer->canonical == "a.example");
}

TEST_CASE("M-12 times to live are capped on both sides, negative ones come from the SOA") {
  const auto ttl = [](const Lines& lines) {
    return parsed("a.example", DnsType::a, lines)->ttl_seconds;
  };
  CHECK(ttl({"a.example 0 A 192.0.2.1"}) == 30);
  CHECK(ttl({"a.example 300 A 192.0.2.1", "a.example 200 A 192.0.2.2"}) == 200);
  CHECK(ttl({"a.example 999999 A 192.0.2.1"}) == 86400);
  CHECK(ttl({"a.example 4294967295 A 192.0.2.1"}) == 30);  // RFC 2181 8
  CHECK(ttl({"rcode 3"}) == 30);
  CHECK(ttl({"rcode 3", "example 600 SOA 120"}) == 120);
  CHECK(ttl({"rcode 3", "example 60 SOA 120"}) == 60);
  CHECK(ttl({"example 86400 SOA 86400"}) == 900);
}

TEST_CASE("M-12 no more than 64 records are taken") {
  Lines lines;
  for (int host = 0; host < 100; ++host)
    lines.push_back("a.example 60 A 192.0.2." + std::to_string(host));
  CHECK(parsed("a.example", DnsType::a, lines)->records.size() == limits::dns_records_max);
}

TEST_CASE("the AD bit is told as it came") {
  CHECK(parsed("a.example", DnsType::a, {"ad", "a.example 60 A 192.0.2.1"})->secure);
  CHECK_FALSE(parsed("a.example", DnsType::a, {"a.example 60 A 192.0.2.1"})->secure);
}

TEST_CASE("an answer to another question is none") {
  const std::string other = message({"b.example", DnsType::a}, {"b.example 60 A 192.0.2.1"});
  CHECK_FALSE(parse_dns_answer(other, {"a.example", DnsType::a}));
  CHECK_FALSE(parse_dns_answer(other, {"b.example", DnsType::aaaa}));
  std::string query = other;
  query[2] = 0;
  CHECK_FALSE(parse_dns_answer(query, {"b.example", DnsType::a}));
}

// The header and the question "a.example A" are 12 + 15 octets.
std::string with_answer(const std::string& owner, unsigned type, const std::string& data) {
  std::string out = message({"a.example", DnsType::a}, {});
  out[7] = 1;
  return out + owner + dns_bytes::u16(type) + dns_bytes::u16(1) + dns_bytes::u32(60) +
         dns_bytes::u16(static_cast<unsigned>(data.size())) + data;
}

std::string answered(const std::string& bytes) {
  return shown(parse_dns_answer(bytes, {"a.example", DnsType::a}));
}

TEST_CASE("compressed names: backwards is good, anything else is refused") {
  const std::string to_question = "\xc0\x0c", ip("\xc0\x00\x02\x07", 4);
  CHECK(answered(with_answer(to_question, 1, ip)) == "192.0.2.7; ");
  const auto bad = [&](const std::string& owner) {
    CHECK(answered(with_answer(owner, 1, ip)) == "error: broken DNS answer: malformed record");
  };
  bad("\xc0\x1b");                        // itself
  bad("\xc0\x1c");                        // into itself
  bad("\xff\xff");                        // beyond the end
  bad(std::string("\x01") + "a\xc0\x1b");  // a label and then itself: without end
  bad("\x40" + std::string(64, 'a'));      // 10xxxxxx and 01xxxxxx are reserved
  std::string long_name;
  for (int label = 0; label < 64; ++label) long_name += "\x03" "abc";
  bad(long_name + std::string(1, '\0'));   // over 255 octets
}

TEST_CASE("a chain of pointers is not followed for ever") {
  // Every record's owner points to the pointer before it.
  std::string out = message({"a.example", DnsType::a}, {});
  out[7] = 1;
  std::string previous = "\xc0\x0c";
  std::string padding;
  for (int link = 0; link < 200; ++link) {
    const std::size_t at = out.size() + 11 + padding.size();
    padding += previous;
    previous = dns_bytes::u16(0xc000u | static_cast<unsigned>(at));
  }
  const std::string first = std::string(1, '\0') + dns_bytes::u16(99) + dns_bytes::u16(1) +
                            dns_bytes::u32(60) +
                            dns_bytes::u16(static_cast<unsigned>(padding.size())) + padding;
  out[7] = 2;
  out += first + previous + dns_bytes::u16(1) + dns_bytes::u16(1) + dns_bytes::u32(60) +
         dns_bytes::u16(4) + "\1\2\3\4";
  CHECK(answered(out) == "error: broken DNS answer: malformed record");
}

TEST_CASE("record data that is too short, too long or pokes out is refused") {
  const std::string owner = "\xc0\x0c";
  for (const std::string_view data : {"\1\2\3", "\1\2\3\4\5", ""})
    CHECK(answered(with_answer(owner, 1, std::string(data))) ==
          "error: broken DNS answer: malformed record data");
  std::string cut = with_answer(owner, 1, "\1\2\3\4");
  cut.pop_back();
  CHECK(answered(cut) == "error: broken DNS answer: malformed record");
  std::string text = message({"a.example", DnsType::txt}, {"a.example 60 TXT abc"});
  text[text.size() - 4] = 9;  // the string's length leads out of its record
  CHECK_FALSE(parse_dns_answer(text, {"a.example", DnsType::txt}));
}

TEST_CASE("a dot inside a label never looks like two labels") {
  const std::string target = dns_bytes::u8(3) + "b.c" + dns_bytes::name("example");
  std::string out = message({"a.example", DnsType::ns}, {});
  out[7] = 1;
  out += dns_bytes::record_bytes("a.example", 2, 60, target);
  CHECK(shown(parse_dns_answer(out, {"a.example", DnsType::ns})) == "b\\046c.example; ");
}

TEST_CASE("every cut of an answer is refused or gives no more than the whole") {
  const DnsQuestion question{"a.example", DnsType::mx};
  const std::string whole =
      message(question, {"a.example 60 MX 10 b.example", "example 60 SOA 60",
                         "a.example 60 MX 20 c.example"});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(parse_dns_answer(std::string_view(whole).substr(0, size), question));
  }
}

TEST_CASE("changed octets never crash and never give more records than allowed") {
  const DnsQuestion question{"a.example", DnsType::mx};
  const std::string whole =
      message(question, {"a.example 60 CNAME b.example", "b.example 60 MX 10 c.example"});
  std::mt19937 random(1);
  for (int round = 0; round < 20000; ++round) {
    std::string changed = whole;
    for (int change = 0; change < 3; ++change)
      changed[random() % changed.size()] = static_cast<char>(random());
    const auto answer = parse_dns_answer(changed, question);
    if (answer) REQUIRE(answer->records.size() <= limits::dns_records_max);
  }
}

TEST_CASE("a question as bytes: recursion and AD wanted, EDNS, the name in labels") {
  const auto query = make_dns_query({"mx.a.example", DnsType::mx}, 0x1234);
  REQUIRE(query);
  CHECK(*query == std::string("\x12\x34\x01\x20\0\1\0\0\0\0\0\1", 12) +
                      dns_bytes::question("mx.a.example", 15) +
                      std::string("\0\0\x29\x04\xd0\0\0\0\0\0\0", 11));
}

TEST_CASE("what is no name is not asked") {
  for (const std::string& bad :
       {std::string(), std::string("a..example"), std::string(".example"), std::string("example."),
        std::string(64, 'a') + ".example", std::string(126, 'a') + std::string(200, '.')}) {
    CAPTURE(bad);
    CHECK_FALSE(make_dns_query({bad, DnsType::a}, 1));
  }
  std::string longest;
  for (int label = 0; label < 63; ++label) longest += "abc.";
  CHECK_FALSE(make_dns_query({longest + "abc", DnsType::a}, 1));  // 257 octets
  CHECK(make_dns_query({longest + "a", DnsType::a}, 1));          // 255 octets
}

}  // namespace
}  // namespace hanse
