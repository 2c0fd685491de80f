// SPDX-License-Identifier: Apache-2.0
#include "server/base/encoding.h"

#include "tests/catch.h"

namespace hanse {
namespace {

using namespace std::string_view_literals;

TEST_CASE("encoding: hex is lower case, two digits an octet, and read in either case") {
  CHECK(hex("") == "");
  CHECK(hex("\x00\x7f\x80\xff"sv) == "007f80ff");
  CHECK(hex_decode("007f80fF") == std::string("\x00\x7f\x80\xff"sv));
  CHECK(hex_decode("") == "");
  for (const auto bad : {"0", "0g", "g0", " 0", "0x", "00 ", "0\xff"}) {
    INFO(bad);
    CHECK_FALSE(hex_decode(bad).has_value());
  }
}

TEST_CASE("encoding: base64 by the vectors of RFC 4648 10") {
  const std::pair<std::string_view, std::string_view> vectors[] = {
      {"", ""},           {"f", "Zg=="},      {"fo", "Zm8="},        {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"},
      {"\xff\xff\xfe"sv, "///+"}, {"\x00\x00\x00"sv, "AAAA"}};
  for (const auto& [plain, encoded] : vectors) {
    INFO(encoded);
    CHECK(base64(plain) == encoded);
    CHECK(base64_decode(encoded) == std::string(plain));
  }
}

TEST_CASE("encoding: base64 has one spelling for a value") {
  const auto bad = [](std::string_view text) { return !base64_decode(text).has_value(); };
  CHECK(bad("Zg"));            // without its padding
  CHECK(bad("Zg="));
  CHECK(bad("="));             // RFC 6120 6.4.2: the caller's business, not a value
  CHECK(bad("===="));
  CHECK(bad("Z==="));          // six bits are no octet
  CHECK(bad("Zh=="));          // bits that stand for nothing
  CHECK(bad("Zm9="));
  CHECK(bad("Zg==Zg=="));      // padding in the middle
  CHECK(bad("Zm9v\n"));        // line ends and blanks
  CHECK(bad("Zm 9v==="));
  CHECK(bad("Zm-_"));          // the other alphabet
  CHECK(bad("Zm9\xff"));
  CHECK(bad("Zm9\0"sv));
}

TEST_CASE("encoding: every octet comes back at every place") {
  for (int value = 0; value < 256; ++value) {
    for (std::size_t at = 0; at < 4; ++at) {
      std::string plain = "abcd";
      plain[at] = static_cast<char>(value);
      CHECK(base64_decode(base64(plain)) == plain);
      CHECK(hex_decode(hex(plain)) == plain);
    }
  }
}

}  // namespace
}  // namespace hanse
