// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/dialback.h"

#include <set>

#include "server/base/limits.h"
#include "server/base/random.h"
#include "tests/catch.h"

namespace hanse::xmpp {
namespace {

const DomainPair a_b{"a.example", "b.example"};

DomainPair numbered(int number) {
  return {"a.example", "b" + std::to_string(number) + ".example"};
}

TEST_CASE("xmpp 3.8 dialback keys of XEP-0185 and XEP-0220") {
  // The documents' own names, in two parts because they are not ours to use.
  const std::string receiving = std::string("xmpp.example") + ".com";
  const std::string originating = std::string("example") + ".org";
  const std::string_view key = "37c69b1cf07a3f67c04a5ef5902fa5114f2c76fe4a2686482ba5b89323075643";
  CHECK(dialback_key("s3cr3tf0rd14lb4ck", receiving, originating, "D60000229F") == key);
  CHECK(dialback_key("s3cr3tf0rd14lb4ck", "XMPP." + receiving.substr(5), originating,
                     "D60000229F") == key);
  CHECK(dialback_key("d14lb4ck43v3r", "capulet.example", "montague.example", "417GAF25") ==
        "225cc5aa6a071133249d25fef42ae516fc7a86c523aa1c6980a7f73e784c972d");
  CHECK(dialback_key("x", "b\xc3\xbc" "cher.example", "a.example", "1") ==
        dialback_key("x", "xn--bcher-kva.example", "a.example", "1"));
}

TEST_CASE("xmpp 3.8 a key is ours by the current secret or the one before") {
  const DialbackSecret secret{"new", "old"};
  const auto ours = [&](const DialbackSecret& with, std::string_view key) {
    return is_dialback_key(with, "b.example", "a.example", "id", key);
  };
  const std::string by_new = dialback_key("new", "b.example", "a.example", "id");
  const std::string by_old = dialback_key("old", "b.example", "a.example", "id");
  CHECK(ours(secret, by_new));
  CHECK(ours(secret, by_old));
  CHECK_FALSE(ours({"new", ""}, by_old));
  CHECK_FALSE(ours(secret, dialback_key("other", "b.example", "a.example", "id")));
  CHECK_FALSE(ours(secret, dialback_key("new", "a.example", "b.example", "id")));
  CHECK_FALSE(ours(secret, dialback_key("new", "b.example", "a.example", "id2")));
  CHECK_FALSE(ours(secret, ""));
  CHECK_FALSE(ours(secret, by_new.substr(1)));
  CHECK_FALSE(ours(secret, by_new + "0"));
  CHECK_FALSE(ours({"", ""}, dialback_key("", "b.example", "a.example", "id")));
  CHECK_FALSE(is_dialback_key(secret, "@", "a.example", "id",
                              dialback_key("new", "@", "a.example", "id")));
}

TEST_CASE("xmpp 3.10 a pair is asked for, then valid or failed, once") {
  PairBook book;
  CHECK(book.state(a_b) == PairState::none);
  REQUIRE(book.request(a_b));
  CHECK(book.state(a_b) == PairState::requested);
  CHECK_FALSE(book.request(a_b));
  book.settle(a_b, true);
  CHECK(book.state(a_b) == PairState::valid);
  CHECK(book.valid_count() == 1);
  CHECK(book.state({"b.example", "a.example"}) == PairState::none);
  CHECK_FALSE(book.request(a_b));
  book.settle(a_b, false);
  CHECK(book.state(a_b) == PairState::valid);
}

TEST_CASE("xmpp 3.10 what is said of a pair that was not asked for changes nothing") {
  PairBook book;
  book.settle(a_b, true);
  CHECK(book.state(a_b) == PairState::none);
  REQUIRE(book.request(a_b));
  book.settle({"a.example", "c.example"}, true);
  book.settle({"c.example", "b.example"}, true);
  book.settle({"b.example", "a.example"}, true);
  CHECK(book.valid_count() == 0);
  book.settle(a_b, true);
  CHECK(book.valid_count() == 1);
}

TEST_CASE("xmpp 3.13 a failed pair may be asked again; the others stay") {
  PairBook book;
  REQUIRE(book.grant({"a.example", "c.example"}));
  REQUIRE(book.request(a_b));
  book.settle(a_b, false);
  CHECK(book.state(a_b) == PairState::failed);
  book.settle(a_b, true);
  CHECK(book.state(a_b) == PairState::failed);
  CHECK(book.valid_count() == 1);
  REQUIRE(book.request(a_b));
  book.settle(a_b, true);
  CHECK(book.state(a_b) == PairState::valid);
  CHECK(book.valid_count() == 2);
}

TEST_CASE("xmpp 3.11 the third answer that nobody asked for is one too many") {
  PairBook book;
  CHECK_FALSE(book.strike());
  CHECK_FALSE(book.strike());
  CHECK(book.strike());
}

TEST_CASE("xmpp 3.10 3.14 bounds of one stream") {
  PairBook book;
  const int open_most = static_cast<int>(limits::dialback_verifies_max);
  for (int i = 0; i < open_most; ++i) REQUIRE(book.request(numbered(i)));
  const Result<void> more = book.request(numbered(open_most));
  REQUIRE_FALSE(more);
  CHECK(more.error().fault == Fault::overloaded);
  for (int i = 0; i < open_most; ++i) book.settle(numbered(i), i % 2 == 0);
  const int most = static_cast<int>(limits::dialback_pairs_max);
  for (int i = open_most; i < most; ++i) REQUIRE(book.grant(numbered(i)));
  CHECK_FALSE(book.grant(numbered(most)));
  CHECK_FALSE(book.request(numbered(most)));
  CHECK(book.request(numbered(1)));          // known already: takes no more room
  CHECK(book.grant(numbered(3)));
}

// A walk at random against a model that keeps only what must hold.
TEST_CASE("xmpp 3.10 nothing becomes valid that was not asked for or granted") {
  SeededRandom random(11);
  for (int walk = 0; walk < 50; ++walk) {
    PairBook book;
    std::set<DomainPair> asked, valid;
    for (int step = 0; step < 200; ++step) {
      const DomainPair pair = numbered(static_cast<int>(random.below(6)));
      switch (random.below(4)) {
        case 0:
          if (book.request(pair)) REQUIRE((asked.insert(pair).second && !valid.contains(pair)));
          break;
        case 1:
          book.settle(pair, true);
          if (asked.erase(pair) == 1) valid.insert(pair);
          break;
        case 2:
          book.settle(pair, false);
          asked.erase(pair);
          break;
        default: (void)book.strike();
      }
      REQUIRE(book.valid_count() == valid.size());
      for (int i = 0; i < 6; ++i) {
        const PairState state = book.state(numbered(i));
        REQUIRE((state == PairState::valid) == valid.contains(numbered(i)));
        REQUIRE((state == PairState::requested) == asked.contains(numbered(i)));
      }
    }
  }
}

}  // namespace
}  // namespace hanse::xmpp
