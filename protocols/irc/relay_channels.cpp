// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "protocols/irc/limits.h"
#include "protocols/irc/line.h"
#include "protocols/irc/relay.h"

namespace hanse::irc {
namespace {

constexpr std::string_view action_start = "\x01" "ACTION ";

}  // namespace

const Junction* Relay::junction_of(const Side& side, ChannelId channel) const {
  const auto& spots = spots_[side.index()];
  const auto found = spots.find(side.model().channel(channel).folded);
  return found == spots.end() ? nullptr : found->second;
}

void Relay::elsewhere(const Side& side, const Junction& junction,
                      const std::function<void(Side&, const std::string&)>& visit) {
  for (const Junction::Member& member : junction.members) {
    Side& other = *sides_[member.network];
    if (&other != &side && is_attached(side, other)) visit(other, member.channel);
  }
}

// irc 9: nobody makes a channel older than it is where it is; a new one is as old as at home.
void Relay::enter(Side& from, Side& to, const std::string& channel, Timestamp timestamp,
                  std::span<const UserId> users) {
  Network& model = to.model();
  const ChannelId known = model.find_channel(channel);
  if (known != no_id) timestamp = model.channel(known).timestamp;
  std::vector<ChannelMember> members;
  for (const UserId user : users) {
    const UserId puppet = presence(persons_.find_or_add(from.index(), user), to);
    if (puppet == no_id) continue;
    const ChannelId there = model.find_channel(channel);
    if (there != no_id && model.membership(puppet, there) != nullptr) continue;
    if (model.join(puppet, channel, timestamp, 0) == no_id) continue;
    members.push_back({to.party_of(puppet), 0});
  }
  if (members.empty()) return;
  const Party server = to.party_of_server(to.pseudo(from.index()));
  to.write(ChannelJoined{server, channel, timestamp, {}, members});
}

void Relay::joined(Side& side, ChannelId channel, std::span<const UserId> users) {
  if (!side.linked()) return;
  const Junction* junction = junction_of(side, channel);
  if (junction == nullptr) return;
  elsewhere(side, *junction, [&](Side& to, const std::string& name) {
    const bool is_new = to.model().find_channel(name) == no_id;
    enter(side, to, name, side.model().channel(channel).timestamp, users);
    if (is_new) copy_topic(side, channel, to, name);
  });
}

void Relay::left(Side& side, UserId user, ChannelId channel, std::string_view reason) {
  const Junction* junction = side.linked() ? junction_of(side, channel) : nullptr;
  const PersonId id = persons_.find(side.index(), user);
  if (junction == nullptr || id == no_id) return;
  elsewhere(side, *junction, [&](Side& to, const std::string& name) {
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
  if (junction == nullptr || id == no_id) return;
  elsewhere(side, *junction, [&](Side& to, const std::string& name) {
    const UserId there = persons_.on(id, to.index());
    const ChannelId place = to.model().find_channel(name);
    if (there == no_id || place == no_id || to.model().membership(there, place) == nullptr) return;
    to.write(Kicked{actor(side, source, to), name, to.party_of(there), reason});
    to.model().part(there, place);
    if (persons_.at(id).home != to.index()) withdraw_idle(id, to, "kicked");
  });
  if (persons_.at(id).home == side.index()) return;
  side.model().part(user, channel);
  withdraw_idle(id, side, "kicked");
}

void Relay::copy_topic(Side& from, ChannelId channel, Side& to, const std::string& name) {
  const Channel& source = from.model().channel(channel);
  const ChannelId there = to.model().find_channel(name);
  if (source.topic.empty() || there == no_id || !to.model().channel(there).topic.empty()) return;
  const Timestamp of_channel = to.model().channel(there).timestamp;
  to.model().set_topic(there, source.topic, source.topic_setter, source.topic_timestamp);
  to.write(TopicSet{to.party_of_server(to.pseudo(from.index())), name, of_channel,
                    source.topic_timestamp, source.topic_setter, source.topic, true});
}

void Relay::topic_set(Side& side, Source source, ChannelId channel) {
  const Junction* junction = side.linked() ? junction_of(side, channel) : nullptr;
  if (junction == nullptr) return;
  const std::string text = side.model().channel(channel).topic;
  elsewhere(side, *junction, [&](Side& to, const std::string& name) {
    const ChannelId there = to.model().find_channel(name);
    if (there == no_id || to.model().channel(there).topic == text) return;
    const Channel& place = to.model().channel(there);
    const Party by = actor(side, source, to);
    const bool from_server = by.id == to.party_of_server(to.pseudo(side.index())).id;
    const std::string setter(by.name);
    const Timestamp at = std::max(now_(), place.topic_timestamp + 1);
    to.write(TopicSet{by, name, place.timestamp, at, setter, text, from_server});
    to.model().set_topic(there, text, setter, at);
  });
}

// So far ranks only: they name a person, who is somebody on the other side too.
void Relay::modes_changed(Side& side, Source source, ChannelId channel,
                          std::span<const ModeChange> changes) {
  const Junction* junction = side.linked() ? junction_of(side, channel) : nullptr;
  if (junction == nullptr) return;
  elsewhere(side, *junction, [&](Side& to, const std::string& name) {
    const ChannelId there = to.model().find_channel(name);
    if (there == no_id) return;
    std::vector<ModeChange> theirs;
    for (ModeChange change : changes) {
      if (!is_rank(change.mode) || to.dialect().modes().by_mode(change.mode) == nullptr) continue;
      UserId user = side.model().find_uid(change.parameter);
      if (user == no_id) user = side.model().find_nick(change.parameter);
      const PersonId id = user == no_id ? no_id : persons_.find(side.index(), user);
      const UserId target = id == no_id ? no_id : persons_.on(id, to.index());
      const Membership* member = target == no_id ? nullptr
                                                 : to.model().membership(target, there);
      if (member == nullptr) continue;
      const unsigned bit = rank_bit(change.mode);
      if (((member->status & bit) != 0) == change.add) continue;
      to.model().set_status(target, there, static_cast<std::uint8_t>(
          change.add ? member->status | bit : member->status & ~bit));
      change.parameter = to.party_of(target).id;
      theirs.push_back(change);
    }
    if (!theirs.empty())
      to.write(ModesChanged{actor(side, source, to), name, to.model().channel(there).timestamp,
                            theirs});
  });
}

// ---- talk ----

void Relay::said(Side& side, UserId user, const Said& what) {
  if (!side.linked() || what.target.empty()) return;
  // irc 9: of what clients ask each other inside a message only actions go on.
  if (what.text.starts_with('\x01') && !what.text.starts_with(action_start)) return;
  const ChannelId channel = side.model().find_channel(what.target);
  if (channel != no_id) {
    const Junction* junction = junction_of(side, channel);
    if (junction == nullptr) return;
    const PersonId id = persons_.find_or_add(side.index(), user);
    elsewhere(side, *junction, [&](Side& to, const std::string& name) {
      const UserId puppet = presence(id, to);
      if (puppet != no_id) say(to, puppet, name, what);
    });
    return;
  }
  UserId target = side.model().find_uid(what.target);
  if (target == no_id) target = side.model().find_nick(what.target);
  if (target != no_id && side.is_our_user(target)) say_privately(side, user, target, what);
}

void Relay::say_privately(Side& side, UserId user, UserId puppet, const Said& what) {
  const PersonId wanted = persons_.find(side.index(), puppet);
  if (wanted == no_id) return;
  Side& home = *sides_[persons_.at(wanted).home];
  const UserId sender = presence(persons_.find_or_add(side.index(), user), home);
  if (sender == no_id) return;
  say(home, sender, home.party_of(persons_.at(wanted).user).id, what);
}

// What its readers get is longer than what we write: it shows nick, ident and host of the puppet.
void Relay::say(Side& to, UserId puppet, std::string_view target, const Said& what) {
  const PackedTexts& texts = to.model().user(puppet).texts;
  const std::size_t head = texts.get(UserText::nick).size() + texts.get(UserText::ident).size() +
                           texts.get(UserText::shown_host).size() + target.size() +
                           std::string_view(":!@ PRIVMSG  :").size();
  const std::size_t room = limits::body_write_bytes_max - std::min(head, std::size_t{300});
  Said line{to.party_of(puppet), target, what.text, what.kind};
  if (what.text.size() <= room) {
    to.write(line);
    return;
  }
  std::string_view text = what.text;
  const bool action = text.starts_with(action_start);
  if (action) text.remove_prefix(action_start.size());
  const std::size_t frame = action ? action_start.size() + 1 : 0;
  for (const std::string& piece : message_lines(text, room - frame)) {
    const std::string framed = action ? std::string(action_start) + piece + '\x01' : piece;
    line.text = framed;
    to.write(line);
  }
}

}  // namespace hanse::irc
