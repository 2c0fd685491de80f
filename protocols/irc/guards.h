// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "protocols/irc/extbans.h"
#include "protocols/irc/late.h"
#include "protocols/irc/side.h"

namespace hanse::irc {

// Somebody as he is, or would be, on another side.
struct Visitor {
  UserId there = no_id;                  // no_id: he is not
  std::string name, account, realname;   // nick!user@host
  std::string usual_name{};              // where he has another one since somebody wanted his
  std::optional<Door> door{};            // of his channel at home; nothing: nobody knows
};
Visitor visitor_of(const LateLine& line, const Side& to);   // as he was when he said it

bool is_guarded(const Side& to, ChannelId there);
// Whether an entry of one of the lists there that keeps from entering, or talking, means somebody.
bool is_listed(const Visitor& who, const Side& to, const Channel& place, Mode list,
               BanEffect effect);
// Who only talks in a moderated channel when he has a rank.
bool needs_rank(const Visitor& who, const Channel& place);
bool is_muted(const Visitor& who, const Side& to, const Channel& place);

}  // namespace hanse::irc
