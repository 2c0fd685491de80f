// SPDX-License-Identifier: Apache-2.0
#include "protocols/smtp/address.h"

#include "tests/catch.h"

namespace hanse {
namespace {

using smtp::PathFault;

void good(const std::string& path, const std::string& local, const std::string& domain) {
  INFO(path);
  const smtp::ParsedPath parsed = smtp::parse_recipient_path(path);
  CHECK(parsed.fault == PathFault::none);
  CHECK(parsed.address.local == local);
  CHECK(parsed.address.domain == domain);
  CHECK(parsed.address.protocol == "smtp");
  CHECK(parsed.rest.empty());
}

void bad(const std::string& path, PathFault fault = PathFault::syntax) {
  INFO(path);
  CHECK(smtp::parse_recipient_path(path).fault == fault);
  CHECK(smtp::parse_sender_path(path).fault == fault);
}

TEST_CASE("S-4 S-6 paths: dot-atoms, quoted strings, domains, literals") {
  good("<a@b.example>", "a", "b.example");
  good("<a.b+c@d.example>", "a.b+c", "d.example");
  good("<!#$%&'*+-/=?^_`{|}~@d.example>", "!#$%&'*+-/=?^_`{|}~", "d.example");
  good("<A@B.Example>", "A", "b.example");                    // local part: octet-wise, S-6
  good("<a@localhost>", "a", "localhost");
  good("<a@1.example>", "a", "1.example");
  good("<a@x--y.example>", "a", "x--y.example");
  good("<\"a b\"@d.example>", "a b", "d.example");
  good("<\"a@b\"@d.example>", "a@b", "d.example");
  good("<\"a>b\"@d.example>", "a>b", "d.example");
  good("<\"a\\\"b\\\\c\"@d.example>", "a\"b\\c", "d.example");
  good("<\"\"@d.example>", "", "d.example");
  good("<a@[192.0.2.1]>", "a", "[192.0.2.1]");
  good("<a@[IPv6:2001:DB8::1]>", "a", "[ipv6:2001:db8::1]");

  bad("a@b.example", PathFault::brackets);
  bad("<a@b.example", PathFault::brackets);
  bad("", PathFault::brackets);
  bad("<a>");
  bad("<@b.example>");
  bad("<a@>");
  bad("< a@b.example>");
  bad("<a @b.example>");
  bad("<a@b.example >");
  bad("<.a@b.example>");
  bad("<a.@b.example>");
  bad("<a..b@c.example>");
  bad("<a,b@c.example>");
  bad("<a@b@c.example>");                                     // A-7: never reinterpreted
  bad("<a@b..example>");
  bad("<a@.example>");
  bad("<a@b.example.>");
  bad("<a@-b.example>");
  bad("<a@b-.example>");
  bad("<a@b_c.example>");
  bad("<\"a\"b@c.example>");
  bad("<\"a@c.example>", PathFault::brackets);                // the quote hides the bracket
  bad("<\"a\tb\"@c.example>");
  bad("<a(comment)@c.example>");
  bad("<a@[192.0.2.256]>");
  bad("<a@[192.0.2]>");
  bad("<a@[192.0.2.1>");
  bad("<a@[2001:db8::1]>");                                   // without its tag
  bad("<a@[IPv6:192.0.2.1]>");
  bad("<a@[IPv6:2001:db8::1::2]>");
  bad("<a@[IPv6:::ffff:1.2.3]>");
  bad("<a@[x:y]>");
  bad("<\xc3\xbc@b.example>", PathFault::non_ascii);
  bad("<a@b\xc3\xbc.example>", PathFault::non_ascii);
  bad("<\xc3@b.example>", PathFault::bad_utf8);
  bad("<\xc0\xaf@b.example>", PathFault::bad_utf8);           // overlong
  bad("<\xed\xa0\x80@b.example>", PathFault::bad_utf8);       // surrogate
}

TEST_CASE("S-5 source routes are parsed and dropped") {
  good("<@r.example:a@b.example>", "a", "b.example");
  good("<@r.example,@s.example:a@b.example>", "a", "b.example");
  bad("<@r.example:>");
  bad("<@r.example,a@b.example>");
  bad("<@r.example,s.example:a@b.example>");
  bad("<@:a@b.example>");
  bad("<@[192.0.2.1:a@b.example>");
}

TEST_CASE("S-6 limits: local part 64, label 63, domain 255, path 256") {
  const std::string label(63, 'x');
  const std::string domain_191 = label + "." + label + "." + label;
  good("<" + std::string(64, 'a') + "@b.example>", std::string(64, 'a'), "b.example");
  bad("<" + std::string(65, 'a') + "@b.example>");
  good("<a@" + label + ".example>", "a", label + ".example");
  bad("<a@x" + label + ".example>");
  // 1 + 62 + 1 + 191 + 1 = 256
  good("<" + std::string(62, 'a') + "@" + domain_191 + ">", std::string(62, 'a'), domain_191);
  bad("<" + std::string(63, 'a') + "@" + domain_191 + ">");
  bad("<a@" + domain_191 + "." + label + ".x>");              // 257 octets of domain
  // Quotes that will be needed again count; those that will not do not.
  good("<\"" + std::string(64, 'a') + "\"@b.example>", std::string(64, 'a'), "b.example");
  bad("<\"" + std::string(63, ' ') + "\"@b.example>");
}

TEST_CASE("S-6 postmaster without a domain, recipients only") {
  good("<postmaster>", "postmaster", "");
  good("<PostMaster>", "postmaster", "");
  good("<Postmaster@b.example>", "Postmaster", "b.example");
  CHECK(smtp::parse_sender_path("<postmaster>").fault == PathFault::syntax);
}

TEST_CASE("the null sender is an empty address; a recipient cannot be one") {
  const smtp::ParsedPath null = smtp::parse_sender_path("<> SIZE=3");
  CHECK(null.fault == PathFault::none);
  CHECK(null.address.empty());
  CHECK(null.rest == " SIZE=3");
  CHECK(smtp::parse_recipient_path("<>").fault == PathFault::syntax);
}

TEST_CASE("S-8 the canonical form is stored, quoting comes back only where needed") {
  const auto again = [](const std::string& path) {
    return smtp::path_text(smtp::parse_sender_path(path).address);
  };
  CHECK(again("<\"abc\"@d.example>") == "<abc@d.example>");
  CHECK(again("<\"a\\bc\"@d.example>") == "<abc@d.example>");
  CHECK(again("<\"a b\"@d.example>") == "<\"a b\"@d.example>");
  CHECK(again("<\"a\\\"\\\\\"@d.example>") == "<\"a\\\"\\\\\"@d.example>");
  CHECK(again("<\"a.\"@d.example>") == "<\"a.\"@d.example>");
  CHECK(again("<\"\"@d.example>") == "<\"\"@d.example>");
  CHECK(again("<>") == "<>");
  CHECK(smtp::parse_sender_path("<\"abc\"@d.example>").address ==
        smtp::parse_sender_path("<abc@D.example>").address);
}

TEST_CASE("S-10 names in EHLO") {
  for (const char* name : {"b.example", "b", "my_host.example", "-x.example", "[192.0.2.1]",
                           "[IPv6:2001:db8::1]", "192.0.2.1"})
    CHECK(smtp::is_greeting_name(name));
  const std::string long_name = std::string(63, 'a') + "." + std::string(63, 'a') + "." +
                                std::string(63, 'a') + "." + std::string(64, 'a');
  for (const std::string& name : {std::string(), std::string("b example"), std::string("(b)"),
                                  std::string("b;c"), std::string("b..c"), std::string("b."),
                                  std::string("[192.0.2.1"), std::string("\xc3\xbc.example"),
                                  std::string("b\\c"), long_name})
    CHECK_FALSE(smtp::is_greeting_name(name));
}

}  // namespace
}  // namespace hanse
