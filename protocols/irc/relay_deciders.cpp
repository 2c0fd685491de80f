// SPDX-License-Identifier: Apache-2.0
// Whose word counts about a channel of a junction (irc 9): that of its owner, or of whose channel
// was there before another's, and of whom they grant it.
#include <algorithm>

#include "protocols/irc/relay_rules.h"

namespace hanse::irc {
namespace {

// Nothing: it is not there, or its network has no timestamps and cannot tell how old it is.
std::optional<Timestamp> age_of(const Junction::Member& member,
                                const std::vector<std::unique_ptr<Side>>& sides) {
  const Side& side = *sides[member.network];
  if (!side.linked() || !side.facts().has_timestamps) return std::nullopt;
  const ChannelId channel = side.model().find_channel(member.channel);
  if (channel == no_id) return std::nullopt;
  return side.model().channel(channel).timestamp;
}

}  // namespace

bool RelayRules::may(const Junction& junction, const Side& side, Claim what) const {
  const auto member =
      std::ranges::find(junction.members, side.index(), &Junction::Member::network);
  return member != junction.members.end() && (member->grants & claim_bit(what)) != 0 &&
         (junction.owner != Junction::nobody || !is_younger(junction, side));
}

// Who has the last word: the owner. Without one it is whose channel was there before another's, or
// whoever makes a channel while the networks are apart would rule it when they meet again.
std::size_t RelayRules::decider(const Junction& junction) const {
  if (junction.owner != Junction::nobody) return junction.owner;
  std::optional<Timestamp> oldest;
  std::size_t elder = Junction::nobody;
  bool differ = false;
  for (const Junction::Member& member : junction.members) {
    const std::optional<Timestamp> age = age_of(member, sides_);
    if (!age) continue;
    differ = differ || (oldest && *age != *oldest);
    if (!oldest || *age < *oldest) {
      oldest = age;
      elder = member.network;
    }
  }
  return differ ? elder : Junction::nobody;
}

bool RelayRules::is_younger(const Junction& junction, const Side& side) const {
  const auto own = std::ranges::find(junction.members, side.index(), &Junction::Member::network);
  const std::optional<Timestamp> age = own == junction.members.end() ? std::nullopt
                                                                   : age_of(*own, sides_);
  return age && std::ranges::any_of(junction.members, [&](const Junction::Member& other) {
           const std::optional<Timestamp> theirs = age_of(other, sides_);
           return theirs && *theirs < *age;
         });
}

const Channel* RelayRules::at_owner(const Junction& junction) const {
  const std::size_t owner = decider(junction);
  if (owner == Junction::nobody || !sides_[owner]->linked()) return nullptr;
  const auto member = std::ranges::find(junction.members, owner, &Junction::Member::network);
  const Network& model = sides_[owner]->model();
  const ChannelId channel = model.find_channel(member->channel);
  return channel == no_id ? nullptr : &model.channel(channel);
}

Party RelayRules::owner_party(const Junction& junction, const Side& side) const {
  const std::size_t owner = decider(junction);
  const ServerId server = owner == Junction::nobody ? no_id : side.pseudo(owner);
  return side.party_of_server(server == no_id ? side.us() : server);
}

// What keeps people out of a channel there, or from talking. Who has no claim to it keeps out none
// of those he has no say about, but while nobody is there to decide.
bool RelayRules::counts_there(const Junction& junction, const Side& side, Claim what) const {
  return may(junction, side, what) || at_owner(junction) == nullptr;
}

// A channel that only our puppets have made says nothing about how it should be.
bool RelayRules::has_its_own_say(const Side& side, ChannelId id) const {
  const Channel& channel = side.model().channel(id);
  return channel.flags != 0 || !channel.key.empty() || !channel.limit.empty() ||
         !channel.lists.empty() ||
         std::ranges::none_of(channel.members,
                              [&side](UserId one) { return side.is_our_user(one); });
}

}  // namespace hanse::irc
