// SPDX-License-Identifier: Apache-2.0
#include "server/base/digest.h"

#include "server/base/encoding.h"
#include "tests/catch.h"

namespace hanse {
namespace {

TEST_CASE("digest: SHA-256 by the examples of FIPS 180-2") {
  CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256_hex(std::string(1'000'000, 'a')) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("digest: SHA-1 and SHA-512 by the examples of FIPS 180-2") {
  CHECK(hex(sha1("abc")) == "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK(hex(sha1("")) == "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  CHECK(hex(sha512("abc")) ==
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
  CHECK(hex(sha256("abc")) == sha256_hex("abc"));
}

TEST_CASE("digest: HMAC-SHA256 by the examples of RFC 4231") {
  CHECK(hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")) ==
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK(hex(hmac_sha256("Jefe", "what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(hex(hmac_sha256(std::string(20, '\xaa'), std::string(50, '\xdd'))) ==
        "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  CHECK(hex(hmac_sha256(std::string(131, '\xaa'),
                        "Test Using Larger Than Block-Size Key - Hash Key First")) ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  CHECK(hex(hmac_sha256({}, {})) ==
        "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST_CASE("digest: the dialback key of XEP-0185") {
  CHECK(hex(hmac_sha256(sha256_hex("d14lb4ck43v3r"),
                        "capulet.example montague.example 417GAF25")) ==
        "225cc5aa6a071133249d25fef42ae516fc7a86c523aa1c6980a7f73e784c972d");
}

TEST_CASE("digest: random octets are as many as asked for and never the same") {
  CHECK(random_octets(0).empty());
  const std::string one = random_octets(32), other = random_octets(32);
  CHECK(one.size() == 32);
  CHECK(one != other);
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
