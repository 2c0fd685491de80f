// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include "protocols/irc/casemap.h"
#include "protocols/irc/timestamps.h"
#include "tests/catch.h"

namespace hanse::irc {
namespace {

TEST_CASE("irc 2 each mapping folds its own letters and no others") {
  CHECK(fold(Casemap::ascii, "AZaz[]\\~{}|^") == "azaz[]\\~{}|^");
  CHECK(fold(Casemap::strict_rfc1459, "AZaz[]\\~{}|^") == "azaz{}|~{}|^");
  CHECK(fold(Casemap::rfc1459, "AZaz[]\\~{}|^") == "azaz{}|^{}|^");
  CHECK(fold(Casemap::rfc1459, "\xc3\x89_-@`") == "\xc3\x89_-@`");
  for (const std::string_view name : {"ascii", "strict-rfc1459", "rfc1459"}) {
    REQUIRE(casemap_named(name));
    CHECK(casemap_name(*casemap_named(name)) == name);
  }
  CHECK_FALSE(casemap_named("RFC1459"));
  CHECK_FALSE(casemap_named(""));
}

TEST_CASE("irc 2 what one mapping takes for the same, every later one does too, for every byte") {
  const Casemap all[] = {Casemap::ascii, Casemap::strict_rfc1459, Casemap::rfc1459};
  for (std::size_t at = 1; at < std::size(all); ++at) {
    for (int pair = 0; pair < 65536; ++pair) {
      const std::string a(1, static_cast<char>(pair >> 8)), b(1, static_cast<char>(pair & 255));
      if (same_name(all[at - 1], a, b) && !same_name(all[at], a, b)) FAIL("differs for " << pair);
    }
  }
  CHECK_FALSE(same_name(Casemap::ascii, "x[", "X{"));
  CHECK(same_name(Casemap::rfc1459, "x[", "X{"));
  CHECK_FALSE(same_name(Casemap::ascii, "ab", "abc"));
}

TEST_CASE("irc 4.3 the nick collision table") {
  CHECK(judge_nick(200, 100, true) == NickLoser::incoming);
  CHECK(judge_nick(200, 100, false) == NickLoser::existing);
  CHECK(judge_nick(100, 100, true) == NickLoser::both);
  CHECK(judge_nick(100, 100, false) == NickLoser::both);
  CHECK(judge_nick(100, 200, true) == NickLoser::existing);
  CHECK(judge_nick(100, 200, false) == NickLoser::incoming);
}

TEST_CASE("irc 4.3 the older channel wins, and no date is believed that cannot be") {
  const Timestamp now = 1795229446;
  CHECK(judge_channel(now - 10, now - 20, now, 60) == ChannelMerge::take_theirs);
  CHECK(judge_channel(now - 10, now - 10, now, 60) == ChannelMerge::merge);
  CHECK(judge_channel(now - 10, now, now, 60) == ChannelMerge::users_only);
  CHECK(judge_channel(now, now + 60, now, 60) == ChannelMerge::users_only);
  CHECK(judge_channel(now, now + 61, now, 60) == ChannelMerge::refused);
  using Limit = std::numeric_limits<Timestamp>;
  for (const Timestamp odd : {Timestamp{0}, Timestamp{599}, Timestamp{-1}, Limit::min(),
                              Limit::max()}) {
    CHECK(judge_channel(now, odd, now, 60) == ChannelMerge::refused);
  }
  CHECK(judge_channel(now, 600, now, 60) == ChannelMerge::take_theirs);
  CHECK(change_counts(now, now));
  CHECK(change_counts(now, now - 1));
  CHECK_FALSE(change_counts(now, now + 1));
}

}  // namespace
}  // namespace hanse::irc
