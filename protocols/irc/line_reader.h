// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "protocols/irc/event.h"
#include "protocols/irc/line.h"

namespace hanse::irc {

// What the readers of all dialects share.

constexpr Malformed missing{"missing parameters"};

// 0 is what no believable date is: such a timestamp never counts (irc 4.3).
Timestamp seconds_of(std::string_view text);
bool is_number(std::string_view command);   // a numeric reply
bool is_one_of(std::string_view word, std::span<const std::string_view> words);

// Of a user's own modes one is of interest: whether he is hidden from strangers. Nothing: not told.
std::optional<bool> invisible_by(std::string_view letters);
NetworkEvent visibility_of(std::string_view who, std::string_view letters);

NetworkEvent away_of(const Line& line);     // ":who AWAY :why", or without: here again
// Members with the prefixes of their ranks before them, as all but InspIRCd list them.
void read_member_list(const ModeTable& modes, std::string_view list, char separator,
                      std::vector<ChannelMember>& out);

// Commands that ask a server something; nothing: it is none.
std::optional<NetworkEvent> read_query(const Line& line);

// The commands that mean the same everywhere; nothing: the dialect has to know.
std::optional<NetworkEvent> read_shared(const Line& line);

// A dialect's own commands: what each needs, and who reads it.
template <class Dialect>
struct Command {
  std::string_view word;
  std::size_t parameters_min = 0;
  NetworkEvent (*read)(Dialect&, const Line&) = nullptr;
};
template <class Dialect>
std::optional<NetworkEvent> read_own(std::span<const Command<Dialect>> commands, Dialect& dialect,
                                     const Line& line) {
  for (const Command<Dialect>& one : commands) {
    if (one.word != line.command) continue;
    return line.parameters < one.parameters_min ? missing : one.read(dialect, line);
  }
  return std::nullopt;
}

}  // namespace hanse::irc
