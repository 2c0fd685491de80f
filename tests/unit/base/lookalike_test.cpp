// SPDX-License-Identifier: Apache-2.0
#include "server/base/lookalike.h"

#include "tests/catch.h"

using namespace hanse;

TEST_CASE("xmpp 10.7 names that look alike have one skeleton, in either of their forms") {
  const auto alike = [](std::string_view one, std::string_view other) {
    return domain_skeleton(one) == domain_skeleton(other);
  };
  CHECK(alike("paypal.example", "p\u0430ypal.example"));   // a Cyrillic a
  CHECK(alike("paypal.example", "xn--pypal-4ve.example"));
  CHECK(alike("paypal.example", "paypa1.example"));
  CHECK(alike("modern.example", "modem.example"));         // r and n
  CHECK(alike("Paypal.EXAMPLE", "paypal.example"));
  CHECK_FALSE(alike("paypal.example", "paypals.example"));
  CHECK_FALSE(alike("b.example", "c.example"));
  CHECK_FALSE(alike("b\u00fccher.example", "bucher.example"));
}

TEST_CASE("what is no name has no skeleton") {
  CHECK(domain_skeleton("").empty());
  CHECK(domain_skeleton(std::string(300, 'a')).empty());
}
