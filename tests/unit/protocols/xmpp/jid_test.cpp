// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/jid.h"

#include "server/base/random.h"
#include "tests/catch.h"

namespace hanse::xmpp {
namespace {

// What is read is written the same way again, and read as itself.
void good(std::string_view text, const Jid& wanted) {
  const Result<Jid> jid = parse_jid(text);
  CAPTURE(text);
  REQUIRE(jid);
  CHECK(jid->local == wanted.local);
  CHECK(jid->domain == wanted.domain);
  CHECK(jid->resource == wanted.resource);
  const Result<Jid> again = parse_jid(to_text(*jid));
  REQUIRE(again);
  CHECK(*again == *jid);
}

void bad(std::string_view text) {
  CAPTURE(text);
  CHECK_FALSE(parse_jid(text));
}

TEST_CASE("xmpp 10.1 a JID is split at the first slash, then at the first at-sign before it") {
  good("b.example", {"", "b.example", ""});
  good("juliet@b.example", {"juliet", "b.example", ""});
  good("juliet@b.example/balcony", {"juliet", "b.example", "balcony"});
  good("b.example/balcony", {"", "b.example", "balcony"});
  good("juliet@b.example/foo@bar/baz", {"juliet", "b.example", "foo@bar/baz"});
  good("b.example/a@b", {"", "b.example", "a@b"});
  good("juliet@b.example/foo bar", {"juliet", "b.example", "foo bar"});
  good("juliet@b.example/ ", {"juliet", "b.example", " "});
  good("juliet@B.Example./Balcony", {"juliet", "b.example", "Balcony"});
  good("JULIET@b.example", {"juliet", "b.example", ""});
  good("foo\\20bar@b.example", {"foo\\20bar", "b.example", ""});
  good("x!#$%*()+,-.;=?[\\]^_`{|}~@b.example", {"x!#$%*()+,-.;=?[\\]^_`{|}~", "b.example", ""});
}

TEST_CASE("xmpp 10.1 what is no JID") {
  for (const std::string_view text :
       {"", "@", "/", "@/", "@b.example", "juliet@", "juliet@/x", "b.example/", "juliet@b.example/",
        "/balcony", "a@b@c.example", "juliet@@b.example", "foo bar@b.example", " @b.example",
        "juliet@b example", "juliet@ b.example", "\"juliet\"@b.example", "a&b@b.example",
        "a'b@b.example", "a:b@b.example", "<a>@b.example", "henry\xe2\x85\xa3@b.example",
        "\xe2\x99\x9a@b.example", "a\tb@b.example", "juliet@b.example/a\x01", "\x7f@b.example",
        "juliet@b.example/\x7f", "juliet@b.example/\xc2\x80", "juliet@b..example",
        "juliet@.b.example", "juliet@b.example..", "juliet@-b.example", "juliet@b-.example",
        "juliet@b_c.example", "juliet@b,c.example", "juliet@[b.example]"})
    bad(text);
  bad(std::string_view("a\0@b.example", 12));
  bad(std::string_view("b.example/\0", 11));
}

TEST_CASE("xmpp 10.5 broken UTF-8 is no JID") {
  for (const std::string_view octets :
       {"\xff", "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\x80",
        "\xf0\x80\x80\xaf"}) {
    bad(std::string(octets) + "@b.example");
    bad("juliet@" + std::string(octets) + ".example");
    bad("juliet@b.example/" + std::string(octets));
  }
}

TEST_CASE("xmpp 10.1 each part holds 1 to 1023 octets after preparation") {
  const std::string most(1023, 'a');
  good(most + "@b.example", {most, "b.example", ""});
  good("b.example/" + most, {"", "b.example", most});
  bad(most + "a@b.example");
  bad("b.example/" + most + "a");
  bad(std::string(100'000, 'a') + "@b.example");
  bad("b.example/" + std::string(100'000, 'a'));
  bad(std::string(100'000, 'a'));
  std::string wide, accents;
  for (int i = 0; i < 1023; ++i) wide += "\xef\xbd\x81";    // fullwidth a: three octets become one
  good(wide + "@b.example", {most, "b.example", ""});
  bad(wide + "\xef\xbd\x81@b.example");
  for (int i = 0; i < 512; ++i) accents += "\xc3\xa9";
  bad(accents + "@b.example");
  bad("b.example/" + accents);
  std::string labels;
  for (int i = 0; i < 125; ++i) labels += "a.";
  good(labels + "aaa", {"", labels + "aaa", ""});           // 253 octets
  bad(labels + "aaaa");
  bad(std::string(64, 'a') + ".example");
}

TEST_CASE("xmpp 10.2 domains: U-labels on the wire, A-labels as the key") {
  const auto domain = [](std::string_view text, std::string_view wire, std::string_view key) {
    CAPTURE(text);
    good(text, {"", std::string(wire), ""});
    CHECK(domain_key(text) == key);
    CHECK(domain_key(wire) == key);
    CHECK(prepared_key(wire) == key);
    CHECK(prepare_domain(key).value_or("") == wire);
  };
  domain("b\xc3\xbc" "cher.example", "b\xc3\xbc" "cher.example", "xn--bcher-kva.example");
  domain("B\xc3\x9c" "CHER.Example.", "b\xc3\xbc" "cher.example", "xn--bcher-kva.example");
  domain("xn--bcher-kva.example", "b\xc3\xbc" "cher.example", "xn--bcher-kva.example");
  domain("XN--BCHER-KVA.example", "b\xc3\xbc" "cher.example", "xn--bcher-kva.example");
  domain("bu\xcc\x88" "cher.example", "b\xc3\xbc" "cher.example", "xn--bcher-kva.example");
  domain("fu\xc3\x9f.example", "fu\xc3\x9f.example", "xn--fu-hia.example");  // non-transitional
  domain("\xef\xbd\x82.example", "b.example", "b.example");
  domain("b\xe3\x80\x82" "example\xe3\x80\x82", "b.example", "b.example");
  domain("b--c.example", "b--c.example", "b--c.example");
  domain("1.b.example", "1.b.example", "1.b.example");
  domain("localhost", "localhost", "localhost");
}

TEST_CASE("xmpp 10.2 what is no domain") {
  for (const std::string_view text :
       {"", ".", "b..example", "xn--.example", "xn--a.example", "xn--zzzzzz99999.example",
        "\xe2\x98\x83.example", "xn--n3h.example",  // a snowman: UTS 46 would take it
        "\xcc\x81" "b.example",                     // begins with a combining mark
        "a\xd7\x90.example",                        // Bidi rule
        "a\xe2\x80\x8d" "b.example",                // ContextJ
        "b\xef\xbc\x8f" "c.example", "b\xef\xbc\xa0" "c.example", "b\xc2\xa0" "c.example",
        "192.0.2", "192.0.2.256", "1.2.3.4.5", "[192.0.2.1]", "[]", "[::1", "[::1]x", "[::g]",
        "[fe80::1%eth0]", "::1", "-.example"}) {
    CAPTURE(text);
    CHECK_FALSE(prepare_domain(text));
    CHECK(domain_key(text).empty());
  }
  CHECK_FALSE(prepare_domain("["));
  std::string long_name = "\xc3\xbc";
  for (int i = 0; i < 200; ++i) long_name += ".\xc3\xbc";   // over 253 as A-labels
  CHECK_FALSE(prepare_domain(long_name));
  CHECK_FALSE(prepare_domain("\xc3\xbc" + std::string(100'000, 'a')));
}

TEST_CASE("xmpp 10.2 IP literals") {
  good("192.0.2.1", {"", "192.0.2.1", ""});
  good("x@[2001:DB8:0:0::1]/y", {"x", "[2001:db8::1]", "y"});
  good("[::1]", {"", "[::1]", ""});
  CHECK(domain_key("[2001:DB8::0001]") == "[2001:db8::1]");
  CHECK(domain_key("192.0.2.1") == "192.0.2.1");
  CHECK(prepare_domain("\xef\xbc\x91" "92.0.2.1").value_or("") == "192.0.2.1");  // a wide digit
}

TEST_CASE("xmpp 10.3 localparts by UsernameCaseMapped") {
  const auto local = [](std::string_view text, std::string_view wanted) {
    good(std::string(text) + "@b.example", {std::string(wanted), "b.example", ""});
  };
  local("fu\xc3\x9f" "ball", "fu\xc3\x9f" "ball");
  local("\xcf\x80", "\xcf\x80");
  local("\xce\xa3", "\xcf\x83");                      // capital sigma
  local("\xcf\x82", "\xcf\x82");                      // final sigma stays
  local("\xc3\x89", "\xc3\xa9");
  local("e\xcc\x81", "\xc3\xa9");                     // NFC
  local("\xc3\x85", "\xc3\xa5");
  local("\xef\xbd\x81\xef\xbc\xa1", "aa");            // width
  local("\xef\xbd\xb6", "\xe3\x82\xab");              // halfwidth katakana
  local("\xd7\x90\xd7\x91" "1", "\xd7\x90\xd7\x91" "1");
  local("l\xc2\xb7l", "l\xc2\xb7l");
  local("\xcd\xb5\xce\xb1", "\xcd\xb5\xce\xb1");
  local("\xd7\x90\xd7\xb3", "\xd7\x90\xd7\xb3");
  local("\xe3\x82\xab\xe3\x83\xbb", "\xe3\x82\xab\xe3\x83\xbb");
  local("\xe0\xa4\x95\xe0\xa5\x8d\xe2\x80\x8d\xe0\xa4\xb7",
        "\xe0\xa4\x95\xe0\xa5\x8d\xe2\x80\x8d\xe0\xa4\xb7");  // joiner behind a virama
  local("\xd8\xa8\xe2\x80\x8c\xd8\xa8", "\xd8\xa8\xe2\x80\x8c\xd8\xa8");  // it joins
  local("\xd8\xa8\xd9\xa1", "\xd8\xa8\xd9\xa1");
  local("\xf0\x90\x90\x80", "\xf0\x90\x90\xa8");      // Deseret, above U+FFFF
}

TEST_CASE("xmpp 10.3 what no localpart may hold") {
  for (const std::string_view text :
       {"\xe2\x85\xa3", "\xe2\x99\x9a", "\xc2\xaa", "\xef\xac\x81",  // compatibility, symbols
        "\xef\xbc\xa0", "\xef\xbc\x8f", "\xef\xbc\x82", "\xef\xbc\x86", "\xef\xbc\x9a",
        "\xef\xbc\x9c", "\xef\xbc\x9e", "\xef\xbc\x87",    // wide forms of what separates
        "\xe3\x80\x80", "\xc2\xa0", "\xe2\x80\x8b", "\xe2\x80\xae", "\xef\xb8\x8f", "\xc2\xad",
        "\xe1\x84\x80", "\xee\x80\x80", "\xef\xbf\xbe", "\xf3\xa0\x80\x81", "\xcd\xb8",
        "a\xc2\xb7l", "l\xc2\xb7", "\xc2\xb7", "\xcd\xb5" "a", "a\xd7\xb3", "a\xe3\x83\xbb",
        "a\xe2\x80\x8d", "a\xe2\x80\x8c" "b", "\xe2\x80\x8d", "\xd8\xa8\xd9\xa1\xdb\xb1",
        "\xd9\x80", "\xe3\x80\xae",
        "a\xd7\x90", "\xd7\x90" "a", "\xd7\x90-", "1\xd7\x90", "\xd8\xa8\xd9\xa1" "1"}) {
    CAPTURE(text);
    bad(std::string(text) + "@b.example");
  }
}

TEST_CASE("xmpp 10.3 resources by OpaqueString") {
  const auto resource = [](std::string_view text, std::string_view wanted) {
    good("b.example/" + std::string(text), {"", "b.example", std::string(wanted)});
  };
  resource("\xce\xa3", "\xce\xa3");                          // case stays
  resource("\xe2\x99\x9a", "\xe2\x99\x9a");
  resource("a\xc2\xa0" "b\xe3\x80\x80" "c\xe2\x80\x83", "a b c ");
  resource("e\xcc\x81", "\xc3\xa9");
  resource("\xef\xbc\xa1", "\xef\xbc\xa1");                  // width stays
  resource("\xe2\x85\xa3", "\xe2\x85\xa3");
  resource("a\xd7\x90", "a\xd7\x90");                        // no Bidi rule
  resource("\xcd\xb8", "\xcd\xb8");                          // unassigned: passes (10.6)
  resource("\xf0\x9f\x91\xa9", "\xf0\x9f\x91\xa9");
  for (const std::string_view text :
       {"\xe2\x80\x8b", "\xef\xb8\x8f", "\xe1\x84\x80", "\xee\x80\x80", "\xef\xbf\xbf", "\xc2\x85",
        "\xf3\xa0\x80\x80", "a\xe2\x80\x8d", "\xd9\x80"}) {
    CAPTURE(text);
    bad("b.example/" + std::string(text));
  }
}

// Bytes that tend to meet: whatever comes, what is accepted is stable and in its bounds.
TEST_CASE("xmpp 10.5 no input crashes, and what is accepted stays itself") {
  const std::string_view pieces[] = {
      "a", "Z", "@", "/", ".", "-", "xn--", " ", "1", "[", "]", ":", "\xc3\xbc", "\xcc\x81",
      "\xcf\x82", "\xce\xa3", "\xc4\xb0", "\xd7\x90", "\xd9\xa1", "\xe2\x80\x8d", "\xef\xbc\xa0",
      "\xef\xbd\xb6", "\xef\xbe\x9e", "\xe1\xba\x9e", "\xf0\x9f\x91\xa9", "\xff", "\xed\xa0\x80",
      "\xe1\x8e\xa0", "\xea\xad\xb0", "\xcc\xa3", "\xef\xac\x81"};
  SeededRandom random(7);
  std::size_t accepted = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (std::uint64_t n = random.below(9); n > 0; --n)
      text += pieces[random.below(std::size(pieces))];
    const Result<Jid> jid = parse_jid(text);
    if (!jid) continue;
    ++accepted;
    CAPTURE(text);
    const Result<Jid> again = parse_jid(to_text(*jid));
    REQUIRE(again);
    REQUIRE(*again == *jid);
    REQUIRE_FALSE(domain_key(jid->domain).empty());
    REQUIRE(prepared_key(jid->domain) == domain_key(jid->domain));
    REQUIRE(prepare_domain(domain_key(jid->domain)).value_or("") == jid->domain);
  }
  CHECK(accepted > 500);
}

}  // namespace
}  // namespace hanse::xmpp
