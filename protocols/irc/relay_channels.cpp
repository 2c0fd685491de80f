// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>
#include <map>
#include <vector>

#include "protocols/irc/relay.h"

namespace hanse::irc {

void Relay::elsewhere(StrandId id, const Junction& junction,
                      const std::function<void(Side&, const std::string&)>& visit) {
  for (const Junction::Member& member : junction.members) {
    Side& other = *sides_[member.network];
    if (&other != &home_of(id) && is_attached(id, other)) visit(other, member.channel);
  }
}

// irc 9: nobody makes a channel older than it is where it is; a new one is as old as at home.
void Relay::enter(StrandId id, Side& to, const std::string& channel, Timestamp timestamp,
                  std::span<const UserId> users) {
  const Side& from = home_of(id);
  Network& model = to.model();
  std::set<std::string> kept_out;
  const ChannelId known = model.find_channel(channel);
  if (known != no_id) timestamp = model.channel(known).timestamp;
  std::vector<ChannelMember> members;
  for (const UserId user : users) {
    const PersonId person = person_of(from, user);
    if (const std::string_view why = kept_out_by(person, to, channel); !why.empty()) {
      kept_out.insert(full_name(person, to) + " may not enter " + channel + " of " +
                      to.settings().name + ": " + std::string(why));
      continue;
    }
    const UserId puppet = presence(person, to);
    if (puppet == no_id) continue;
    const ChannelId there = model.find_channel(channel);
    if (there != no_id && model.membership(puppet, there) != nullptr) continue;
    const std::uint8_t rank = rank_there(from, user, to, channel);
    if (model.join(puppet, channel, timestamp, rank) == no_id) continue;
    members.push_back({to.party_of(puppet), rank});
  }
  for (const std::string& one : kept_out) note(Level::info, "irc.kept_out", one);
  if (members.empty()) return;
  to.write(ChannelJoined{pseudo_party(id, to), channel, timestamp, {}, members});
}

// Something that kept people out of it is gone: those who are in it at home go in.
void Relay::let_in(const Junction& junction, Side& to, const std::string& name) {
  const ChannelId there = to.model().find_channel(name);
  if (there == no_id || !to.linked()) return;
  for (const Junction::Member& own : junction.members) {
    Side& from = *sides_[own.network];
    const ChannelId channel =
        &from == &to || !from.linked() ? no_id : from.model().find_channel(own.channel);
    if (channel == no_id) continue;
    std::map<StrandId, std::vector<UserId>> people;
    for (const UserId user : from.model().channel(channel).members) {
      const StrandId strand = strand_of(from, user);
      if (strand == no_strand || !is_attached(strand, to)) continue;
      const PersonId id = person_of(from, user);
      const UserId puppet = persons_.on(id, to.index());
      const bool is_in = puppet != no_id && to.model().membership(puppet, there) != nullptr;
      if (!is_in && kept_out_by(id, to, name).empty()) people[strand].push_back(user);
    }
    for (const auto& [strand, users] : people) enter(strand, to, name, now_(), users);
  }
}

// A channel that was not there before becomes as it is at home. Whether it was made so.
bool Relay::bring(StrandId id, const Junction& junction, ChannelId channel, Side& to,
                  const std::string& name, std::span<const UserId> users) {
  Side& from = home_of(id);
  const bool is_new = to.model().find_channel(name) == no_id;
  enter(id, to, name, from.model().channel(channel).timestamp, users);
  const bool decides = junction.owner == Junction::nobody || junction.owner == from.index();
  if (is_new && decides) copy_state(from, channel, to, name);
  const ChannelId made = is_new && !decides ? to.model().find_channel(name) : no_id;
  if (made != no_id) to.model().set_unruled(made, true);
  return is_new;
}

// irc 9: who was invited by his puppet is invited himself, by the puppet of the one who did it.
void Relay::invited(Side& side, UserId by, UserId puppet, ChannelId channel) {
  const Junction* junction = side.linked() ? junction_of(side, channel) : nullptr;
  const StrandId strand = side.linked() ? strand_of(side, by) : no_strand;
  const PersonId id = persons_.find(side.index(), puppet);
  if (junction == nullptr || id == no_id || strand == no_strand) return;
  const std::size_t home = persons_.at(id).home;
  elsewhere(strand, *junction, [&](Side& to, const std::string& name) {
    const ChannelId there = to.model().find_channel(name);
    if (to.index() != home || there == no_id) return;
    // A server's word opens a closed channel: that is for those to say who have a claim to it.
    if (to.model().channel(there).has(Mode::invite_only) && !may(*junction, side, Claim::modes))
      return note(Level::info, "irc.kept_out",
                  name + " of " + to.settings().name + " is closed, and nobody of " +
                      side.settings().name + " may invite into it");
    const PersonId inviter = person_of(side, by);
    const UserId guest = persons_.at(id).user;
    const UserId host = presence(inviter, to);
    if (host == no_id || to.model().membership(guest, there) != nullptr) return;
    lend_rank(side, host, to, there);
    to.write(Invited{to.party_of(host), to.party_of(guest), name,
                     to.model().channel(there).timestamp});
    if (to.model().user(host).channels.empty()) loners_[{inviter, home}] = now_();
  });
}

void Relay::joined(Side& side, ChannelId channel, std::span<const UserId> users) {
  if (!side.linked()) return;
  yield_to_others(side, users);
  const Junction* junction = junction_of(side, channel);
  if (junction == nullptr) return;
  std::map<StrandId, std::vector<UserId>> comers;
  for (const UserId user : users) {
    if (const StrandId id = strand_of(side, user); id != no_strand) comers[id].push_back(user);
  }
  if (comers.empty()) return;
  if (const auto own = comers.find(side.index()); own != comers.end())
    let_rule(side, *junction, channel, own->second.front());
  // Nobody else of that network is in it: it is new there, or came back.
  std::size_t theirs = 0;
  const bool is_made = std::ranges::none_of(
      side.model().channel(channel).members, [&](UserId one) {
        return !side.is_our_user(one) && ++theirs > users.size();
      });
  for (const auto& [id, people] : comers) {
    elsewhere(id, *junction, [&, id = id, &people = people](Side& to, const std::string& name) {
      if (is_made && has_its_own_say(side, channel)) overrule(side, channel, to, name, *junction);
      const bool was_there = !bring(id, *junction, channel, to, name, people);
      if (was_there && is_made) meet(side, channel, to, name, *junction);
    });
  }
  const bool all_are_there = std::ranges::all_of(junction->members, [&](const auto& member) {
    const Side& other = *sides_[member.network];
    return &other == &side || is_attached(side, other);
  });
  if (!all_are_there) seat_keepers(side);
}

void Relay::left(Side& side, UserId user, ChannelId channel, std::string_view reason) {
  const Junction* junction = side.linked() ? junction_of(side, channel) : nullptr;
  const PersonId id = persons_.find(side.index(), user);
  if (junction == nullptr || id == no_id) return;
  elsewhere(persons_.at(id).strand, *junction, [&](Side& to, const std::string& name) {
    const UserId puppet = persons_.on(id, to.index());
    const ChannelId there = to.model().find_channel(name);
    if (puppet == no_id || there == no_id || to.model().membership(puppet, there) == nullptr)
      return;
    to.write(ChannelLeft{to.party_of(puppet), name, reason});
    to.model().part(puppet, there);
    withdraw_idle(id, to, "left the channel");
  });
}

// Whoever it is and wherever he is from, he is in none of the channels of the junction any more.
void Relay::kicked(Side& side, Source source, UserId user, ChannelId channel,
                   std::string_view reason) {
  const Junction* junction = side.linked() ? junction_of(side, channel) : nullptr;
  const PersonId id = persons_.find(side.index(), user);
  const bool ours = side.is_our_user(user);
  if (junction == nullptr || id == no_id) {
    if (ours && junction != nullptr)   // no person: one who hears, or tells, for a network
      note(Level::info, "irc.unheard",
           std::string(side.model().user(user).texts.get(UserText::nick)) +
               " was kicked out of " + side.model().channel(channel).name + " on " +
               side.settings().name + ": what is said there is not kept until it is back");
    if (ours) side.model().part(user, channel);
    return;
  }
  if (ours && !may(*junction, side, Claim::kick)) return undo_kick(side, *junction, user, channel);
  elsewhere(side.index(), *junction, [&](Side& to, const std::string& name) {
    const UserId there = persons_.on(id, to.index());
    const ChannelId place = to.model().find_channel(name);
    if (there == no_id || place == no_id || to.model().membership(there, place) == nullptr) return;
    to.write(Kicked{actor(side, source, to, place, true), name, to.party_of(there), reason});
    to.model().part(there, place);
    if (persons_.at(id).home != to.index()) withdraw_idle(id, to, "kicked");
  });
  if (persons_.at(id).home == side.index()) return;
  side.model().part(user, channel);
  withdraw_idle(id, side, "kicked");
}

// Two channels that were there apart are one now.
void Relay::meet(Side& from, ChannelId channel, Side& to, const std::string& name,
                 const Junction& junction) {
  const std::size_t decides = decider(junction);
  if (decides != from.index() && decides != Junction::nobody) return;
  copy_modes(from, channel, to, name, decides == Junction::nobody);
  copy_topic(from, channel, to, name, junction.owner == from.index());
}

void Relay::copy_state(Side& from, ChannelId channel, Side& to, const std::string& name) {
  copy_modes(from, channel, to, name, false);
  copy_topic(from, channel, to, name, false);
}

void Relay::copy_topic(Side& from, ChannelId channel, Side& to, const std::string& name,
                       bool over_theirs) {
  const Channel& source = from.model().channel(channel);
  const ChannelId there = to.model().find_channel(name);
  if (source.topic.empty() || there == no_id) return;
  const Channel& place = to.model().channel(there);
  if (place.topic == source.topic || (!over_theirs && !place.topic.empty())) return;
  const Timestamp of_channel = place.timestamp;
  // One that is there already gives way to none but a younger one.
  const Timestamp at = place.topic.empty() ? source.topic_timestamp
                                           : std::max(now_(), place.topic_timestamp + 1);
  to.model().set_topic(there, source.topic, source.topic_setter, at);
  Party by = pseudo_party(from.index(), to);
  if (to.facts().asks_ranks) {   // irc 6: of a server it takes none
    for (const UserId member : to.model().channel(there).members) {
      if (to.model().user(member).server != to.pseudo(from.index())) continue;
      if (to.model().channel(there).has(Mode::topic_lock)) lend_rank(from, member, to, there);
      by = to.party_of(member);
      break;
    }
  }
  to.write(TopicSet{by, name, of_channel, at, source.topic_setter, source.topic, true});
}

void Relay::topic_set(Side& side, Source source, ChannelId channel) {
  const Junction* junction = side.linked() ? junction_of(side, channel) : nullptr;
  if (junction == nullptr) return;
  if (!may(*junction, side, Claim::topic)) return undo_topic(side, *junction, channel);
  if (is_war(side, *junction, "the topic")) return;
  const std::string text = side.model().channel(channel).topic;
  elsewhere(side.index(), *junction, [&](Side& to, const std::string& name) {
    const ChannelId there = to.model().find_channel(name);
    if (there == no_id || to.model().channel(there).topic == text) return;
    const Channel& place = to.model().channel(there);
    const Party by = actor(side, source, to, there, place.has(Mode::topic_lock));
    const bool from_server = by.name == pseudo_party(side.index(), to).name;
    const std::string setter(by.name);
    const Timestamp at = std::max(now_(), place.topic_timestamp + 1);
    to.write(TopicSet{by, name, place.timestamp, at, setter, text, from_server});
    to.model().set_topic(there, text, setter, at);
  });
}

}  // namespace hanse::irc
