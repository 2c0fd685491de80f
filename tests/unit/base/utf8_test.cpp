// SPDX-License-Identifier: Apache-2.0
#include "server/base/utf8.h"

#include <string>

#include "tests/catch.h"

namespace hanse {
namespace {

std::string read(std::string_view text) {
  const Utf8Character character = read_utf8(text);
  return std::to_string(character.point) + " " + std::to_string(character.length);
}

TEST_CASE("a character of UTF-8 is read, or nothing", "[utf8]") {
  using namespace std::string_view_literals;
  CHECK(read("a\xc3") == "97 1");
  CHECK(read("\0"sv) == "0 1");
  CHECK(read("\xc3\xbcx") == "252 2");
  CHECK(read("\xe2\x82\xac") == "8364 3");
  CHECK(read("\xf4\x8f\xbf\xbf") == "1114111 4");
  for (const std::string_view bad :
       {""sv, "\x80"sv, "\xc1\xbf"sv, "\xc3"sv, "\xc3("sv, "\xe0\x9f\xbf"sv, "\xed\xa0\x80"sv,
        "\xf0\x8f\xbf\xbf"sv, "\xf4\x90\x80\x80"sv, "\xf5\x80\x80\x80"sv, "\xff"sv}) {
    CHECK(read(bad) == "0 0");
  }
}

}  // namespace
}  // namespace hanse
