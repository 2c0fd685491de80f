// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocols/irc/guards.h"
#include "protocols/irc/relay_state.h"

namespace hanse::irc {

// What follows from all that the relay holds: who somebody is elsewhere, whose word counts about a
// channel, and who is kept out of it or from talking there. Changes nothing.
class RelayRules : protected RelayState {
 protected:
  using RelayState::RelayState;

  // ---- relay_rules.cpp: where somebody is from, and what he is elsewhere ----
  bool is_attached(StrandId id, const Side& to) const {
    return strands_[id].live && sides_[strands_[id].home]->linked() && to.linked() &&
           &to != losing_ && to.claim(id).stands();
  }
  bool is_attached(const Side& from, const Side& to) const { return is_attached(from.index(), to); }
  StrandId strand_of(const Side& side, UserId user) const;   // no_strand: not carried
  Party pseudo_party(StrandId id, const Side& to) const;
  const Junction* junction_of(const Side& side, ChannelId channel) const;   // null: of none
  std::string nick_at_home(const Side& side, UserId user, StrandId id) const;
  std::string nick_there(PersonId id, const Side& to, unsigned fights) const;
  std::string full_name(PersonId id, const Side& to) const;   // nick!user@host, as there
  std::string text_there(PersonId id, const Side& to, UserText which) const;
  Timestamp name_time(const Side& to, Timestamp otherwise) const;
  std::uint8_t rank_there(const Side& home, UserId, const Side& to, const std::string&) const;

  // ---- relay_deciders.cpp: whose word counts ----
  bool may(const Junction& junction, const Side& side, Claim what) const;
  std::size_t decider(const Junction& junction) const;       // nobody: all are as old
  bool is_younger(const Junction& junction, const Side& side) const;
  const Channel* at_owner(const Junction& junction) const;   // null: not there, or no owner
  Party owner_party(const Junction& junction, const Side& side) const;
  bool counts_there(const Junction& junction, const Side& side, Claim what) const;
  bool has_its_own_say(const Side& side, ChannelId channel) const;

  // ---- relay_guards.cpp: who is kept out ----
  Visitor visitor(PersonId id, const Side& to) const;
  std::optional<Door> door_at_home(const Side& home, const Junction& junction) const;
  bool is_muted(PersonId id, const Side& to, ChannelId there) const;
  std::string_view kept_out_by(PersonId, const Side& to, const std::string& channel) const;
  std::string_view kept_out_by(const Visitor&, const Side& to, ChannelId there) const;
  PersonId speaker_of(const LateLine&, const Side& home, const Side& to, ChannelId there) const;
  std::string_view untold_by(const LateLine&, const Side& home, const Side&, ChannelId) const;
  std::optional<std::string> known_mask(const Side&, std::string_view mask, const Side& to) const;
};

}  // namespace hanse::irc
