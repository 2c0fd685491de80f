// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace hanse::irc {

// Seconds of Unix time, as TS6 and InspIRCd write them.
using Timestamp = std::int64_t;

// Who gives way when a nick is introduced that somebody has (irc 4.3). `same_person`: same ident
// and host (TS6), or ident and address (InspIRCd).
enum class NickLoser : std::uint8_t { existing, incoming, both };
NickLoser judge_nick(Timestamp existing, Timestamp incoming, bool same_person);

// What becomes of a channel when a peer gives its timestamp with modes and users (irc 4.3).
enum class ChannelMerge : std::uint8_t {
  take_theirs,  // older than ours: our modes, lists and statuses go
  merge,
  users_only,   // younger: their modes and statuses do not count
  refused,      // no believable date: as users_only, and somebody should be told
};
ChannelMerge judge_channel(Timestamp ours, Timestamp theirs, Timestamp now, Timestamp skew_most);

// A change sent for a channel of that timestamp (TMODE, FMODE, BMASK, ETB, INVITE, MLOCK) counts.
bool change_counts(Timestamp ours, Timestamp given);

}  // namespace hanse::irc
