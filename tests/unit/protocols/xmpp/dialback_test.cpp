// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/dialback.h"

#include <set>

#include "server/base/limits.h"
#include "server/base/random.h"
#include "tests/catch.h"

namespace hanse::xmpp {
namespace {

using namespace std::chrono_literals;

constexpr Instant start{};
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

TEST_CASE("xmpp 3.9 a pair is asked for, then valid or failed, by one answer") {
  PairBook book;
  CHECK(book.state(a_b) == PairState::none);
  REQUIRE(book.request(a_b, start + 60s));
  CHECK(book.state(a_b) == PairState::requested);
  CHECK_FALSE(book.is_valid(a_b));
  CHECK_FALSE(book.request(a_b, start + 60s));
  CHECK(book.settle(a_b, true) == Answered::taken);
  CHECK(book.is_valid(a_b));
  CHECK(book.valid_count() == 1);
  CHECK_FALSE(book.is_valid({"b.example", "a.example"}));
  CHECK_FALSE(book.request(a_b, start + 60s));
  CHECK(book.settle(a_b, false) == Answered::one_too_many);
  CHECK(book.is_valid(a_b));
}

TEST_CASE("xmpp 3.9 an answer to a pair that was not asked for closes the stream") {
  PairBook book;
  CHECK(book.settle(a_b, true) == Answered::one_too_many);
  CHECK(book.state(a_b) == PairState::none);
  REQUIRE(book.request(a_b, start + 60s));
  CHECK(book.settle({"a.example", "c.example"}, true) == Answered::one_too_many);
  CHECK(book.settle({"c.example", "b.example"}, true) == Answered::one_too_many);
  CHECK(book.settle({"b.example", "a.example"}, true) == Answered::one_too_many);
  CHECK(book.valid_count() == 0);
  CHECK(book.settle(a_b, true) == Answered::taken);
}

TEST_CASE("xmpp 3.13 a failed pair may be asked again; the others stay") {
  PairBook book;
  REQUIRE(book.grant({"a.example", "c.example"}));
  REQUIRE(book.request(a_b, start + 60s));
  CHECK(book.settle(a_b, false) == Answered::taken);
  CHECK(book.state(a_b) == PairState::failed);
  CHECK(book.settle(a_b, true) == Answered::one_too_many);
  CHECK(book.valid_count() == 1);
  REQUIRE(book.request(a_b, start + 60s));
  CHECK(book.settle(a_b, true) == Answered::taken);
  CHECK(book.valid_pairs() == std::vector<DomainPair>{a_b, {"a.example", "c.example"}});
}

TEST_CASE("xmpp 3.11 a verification is answered on its stream, by its id and pair, once") {
  PairBook book;
  REQUIRE(book.ask_verify("id1", a_b, start + 60s));
  CHECK_FALSE(book.ask_verify("id1", a_b, start + 60s));
  REQUIRE(book.ask_verify("id2", a_b, start + 60s));
  CHECK(book.answer_verify("id1", a_b) == Answered::taken);
  CHECK(book.answer_verify("id1", a_b) == Answered::unsolicited);
  CHECK(book.answer_verify("id2", {"a.example", "c.example"}) == Answered::unsolicited);
  CHECK(book.answer_verify("id3", a_b) == Answered::one_too_many);
  CHECK(book.answer_verify("id2", a_b) == Answered::taken);
  CHECK(book.verifies_open() == 0);
  CHECK(book.valid_count() == 0);   // verifying makes no pair valid on this stream
}

TEST_CASE("xmpp 3.10 3.14 bounds of one stream") {
  PairBook book;
  const int open_most = static_cast<int>(limits::dialback_verifies_max);
  for (int i = 0; i < open_most; ++i) REQUIRE(book.request(numbered(i), start + 60s));
  const Result<void> more = book.request(numbered(open_most), start + 60s);
  REQUIRE_FALSE(more);
  CHECK(more.error().fault == Fault::overloaded);
  for (int i = 0; i < open_most; ++i)
    CHECK(book.settle(numbered(i), i % 2 == 0) == Answered::taken);
  const int most = static_cast<int>(limits::dialback_pairs_max);
  for (int i = open_most; i < most; ++i) REQUIRE(book.grant(numbered(i)));
  CHECK_FALSE(book.grant(numbered(most)));
  CHECK_FALSE(book.request(numbered(most), start + 60s));
  CHECK(book.request(numbered(1), start + 60s));          // known already: takes no more room
  CHECK(book.grant(numbered(3)));

  PairBook other;
  for (int i = 0; i < open_most; ++i) REQUIRE(other.ask_verify("id", numbered(i), start));
  CHECK(other.ask_verify("id", numbered(open_most), start).error().fault == Fault::overloaded);
}

TEST_CASE("xmpp 3.9 3.10 what is not answered in its time is over") {
  PairBook book;
  CHECK_FALSE(book.next_deadline());
  REQUIRE(book.request(a_b, start + 60s));
  REQUIRE(book.ask_verify("id", a_b, start + 30s));
  CHECK(*book.next_deadline() == start + 30s);
  CHECK(book.expire(start + 29s).verifies.empty());
  const PairBook::Expired first = book.expire(start + 30s);
  CHECK(first.pairs.empty());
  REQUIRE(first.verifies.size() == 1);
  CHECK(first.verifies[0].first == "id");
  CHECK(book.answer_verify("id", a_b) == Answered::unsolicited);
  CHECK(*book.next_deadline() == start + 60s);
  CHECK(book.expire(start + 61s).pairs == std::vector<DomainPair>{a_b});
  CHECK(book.state(a_b) == PairState::failed);
  CHECK(book.settle(a_b, true) == Answered::one_too_many);
  CHECK_FALSE(book.next_deadline());
}

// A walk at random against a model that keeps only what must hold.
TEST_CASE("xmpp 3.9 nothing becomes valid that was not asked for or granted") {
  SeededRandom random(11);
  for (int walk = 0; walk < 50; ++walk) {
    PairBook book;
    std::set<DomainPair> asked, valid;
    for (int step = 0; step < 200; ++step) {
      const DomainPair pair = numbered(static_cast<int>(random.below(6)));
      switch (random.below(5)) {
        case 0:
          if (book.request(pair, start + 60s)) asked.insert(pair);
          break;
        case 1:
          if (book.settle(pair, true) == Answered::taken) {
            REQUIRE(asked.erase(pair) == 1);
            valid.insert(pair);
          }
          break;
        case 2:
          if (book.settle(pair, false) == Answered::taken) REQUIRE(asked.erase(pair) == 1);
          break;
        case 3: (void)book.answer_verify("id", pair); break;
        default:
          for (const DomainPair& late : book.expire(start + (step % 7 == 0 ? 60s : 0s)).pairs)
            REQUIRE(asked.erase(late) == 1);
      }
      REQUIRE(book.valid_count() == valid.size());
      for (int i = 0; i < 6; ++i)
        REQUIRE(book.is_valid(numbered(i)) == valid.contains(numbered(i)));
    }
  }
}

TEST_CASE("xmpp 3.14 a further domain on a stream to another one") {
  TargetSharing sharing{true, true, true, true};
  CHECK(may_share_stream(sharing));
  CHECK_FALSE(may_share_stream({false, true, true, true}));
  CHECK_FALSE(may_share_stream({true, false, true, true}));
  CHECK_FALSE(may_share_stream({true, true, true, false}));
  CHECK(may_share_stream({true, true, false, false}));
}

}  // namespace
}  // namespace hanse::xmpp
