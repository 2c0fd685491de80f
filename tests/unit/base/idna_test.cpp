// SPDX-License-Identifier: Apache-2.0
#include "server/base/idna.h"

#include "tests/catch.h"

namespace hanse {
namespace {

void good(std::string_view domain, std::string_view ascii) {
  const Result<std::string> made = to_ascii_domain(domain);
  CAPTURE(domain);
  REQUIRE(made);
  CHECK(*made == ascii);
}

void bad(std::string_view domain) {
  CAPTURE(domain);
  CHECK_FALSE(to_ascii_domain(domain).has_value());
}

TEST_CASE("M-1 domains as A-labels") {
  good("b.example", "b.example");
  good("B.Example", "b.example");
  good("b.example.", "b.example");
  good("_dmarc.b.example", "_dmarc.b.example");
  good("b\xc3\xbc" "cher.example", "xn--bcher-kva.example");
  good("B\xc3\x9c" "CHER.example", "xn--bcher-kva.example");
  good("xn--bcher-kva.example", "xn--bcher-kva.example");
  good("stra\xc3\x9f" "e.example", "xn--strae-oqa.example");  // non-transitional: not "strasse"
  good(std::string(63, 'a') + ".example", std::string(63, 'a') + ".example");
}

TEST_CASE("M-1 what is no domain") {
  bad("");
  bad(".");
  bad("b..example");
  bad(".b.example");
  bad("-b.example");
  bad("b-.example");
  bad("b c.example");
  bad("b\r\n.example");
  bad(std::string_view("b\0.example", 10));
  bad(std::string(64, 'a') + ".example");
  bad("\xff\xfe.example");
  bad("\xe2\x80\xae" "b.example");  // a control of writing direction
  std::string long_name;
  for (int i = 0; i < 130; ++i) long_name += "a.";
  bad(long_name + "example");
  bad(std::string(5000, 'a') + "\xc3\xbc");
}

}  // namespace
}  // namespace hanse
