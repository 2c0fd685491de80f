// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocols/irc/dialect.h"

namespace hanse::irc {

// What an entry of a channel's lists means, in the words of no dialect (irc 10): InspIRCd writes
// "m:R:alice" for what is "$m:$a:alice" with hybrid, and "+q $a:alice" with solanum.
enum class BanEffect : std::uint8_t { entry, talk, nick };   // what it keeps somebody from
enum class BanMatch : std::uint8_t { mask, account, no_account, realname, channel };
struct BanMeaning {
  BanEffect effect = BanEffect::entry;
  BanMatch match = BanMatch::mask;
  std::string_view value;      // of an account: "*" for any
  bool operator==(const BanMeaning&) const = default;
};

// Nothing: it means something that this node has no name for.
std::optional<BanMeaning> read_ban(const DialectFacts& facts, Mode list, std::string_view text);

// Nothing: there are no words for it. `list` is the one it was in, and then the one it goes into.
std::optional<std::string> write_ban(const DialectFacts& facts, const ModeTable& modes,
                                     const BanMeaning& meaning, Mode& list);

}  // namespace hanse::irc
