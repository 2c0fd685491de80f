// SPDX-License-Identifier: Apache-2.0
#include "protocols/irc/timestamps.h"

#include "protocols/irc/limits.h"

namespace hanse::irc {

NickLoser judge_nick(Timestamp existing, Timestamp incoming, bool same_person) {
  if (existing == incoming) return NickLoser::both;
  // The same person who came again is the newer one: the older connection is the ghost.
  const bool existing_is_older = existing < incoming;
  return existing_is_older == same_person ? NickLoser::existing : NickLoser::incoming;
}

ChannelMerge judge_channel(Timestamp ours, Timestamp theirs, Timestamp now, Timestamp skew_most) {
  // Subtraction on the side that cannot overflow: `theirs` is whatever a peer wrote.
  if (theirs < limits::timestamp_seconds_min || theirs - skew_most > now) {
    return ChannelMerge::refused;
  }
  if (theirs < ours) return ChannelMerge::take_theirs;
  return theirs == ours ? ChannelMerge::merge : ChannelMerge::users_only;
}

bool change_counts(Timestamp ours, Timestamp given) { return given <= ours; }

}  // namespace hanse::irc
