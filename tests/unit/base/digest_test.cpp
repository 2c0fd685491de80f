// SPDX-License-Identifier: Apache-2.0
#include "server/base/digest.h"

#include "tests/catch.h"

namespace hanse {
namespace {

TEST_CASE("digest: SHA-256 by the examples of FIPS 180-2") {
  CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256_hex(std::string(1'000'000, 'a')) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("digest: comparison looks at every byte") {
  using namespace std::string_view_literals;
  CHECK(equal_constant_time("", ""));
  CHECK(equal_constant_time("secret\0x"sv, "secret\0x"sv));
  CHECK_FALSE(equal_constant_time("secret\0x"sv, "secret\0y"sv));
  CHECK_FALSE(equal_constant_time("secret", "secret!"));
  CHECK_FALSE(equal_constant_time("secret", ""));
}

}  // namespace
}  // namespace hanse
