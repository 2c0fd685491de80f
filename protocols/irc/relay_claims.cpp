// SPDX-License-Identifier: Apache-2.0
// Whose word counts in a channel that has an owner (irc 9): what others do there without a grant
// stays where they are, and is undone there once.
#include <algorithm>

#include "protocols/irc/relay.h"

namespace hanse::irc {

// The same thing once a minute, and never many in a short time: who insists has his way at home.
bool Relay::may_undo(const Junction& junction, const Side& side, const std::string& what) {
  Undoing& undoing = undoings_[side.index()];
  const Timestamp now = now_();
  if (now - undoing.since >= limits::undo_window_seconds) {
    undoing.since = now;
    undoing.count = 0;
  }
  std::erase_if(undoing.done, [now](const auto& one) {
    return now - one.second >= limits::undo_pause_seconds;
  });
  return undoing.count < limits::undo_window_max &&
         !undoing.done.contains(junction.name + " " + what);
}

void Relay::note_undone(const Junction& junction, const Side& side, const std::string& what) {
  Undoing& undoing = undoings_[side.index()];
  undoing.done.emplace(junction.name + " " + what, now_());
  ++undoing.count;
  note(Level::info, "irc.undone",
       what + " in junction " + junction.name + " by " + side.settings().name +
           ", which has no claim to it: undone there");
}

void Relay::undo_topic(Side& side, const Junction& junction, ChannelId channel) {
  const Channel* const home = at_owner(junction);
  const Channel& here = side.model().channel(channel);
  // Some servers take a topic of members alone: there it only stays where it is.
  if (home == nullptr || home->topic == here.topic || side.facts().asks_ranks ||
      !may_undo(junction, side, "a topic"))
    return;
  note_undone(junction, side, "a topic");
  const Party by = owner_party(junction, side);
  const std::string setter(by.name);
  const Timestamp at = std::max(now_(), here.topic_timestamp + 1);
  side.write(TopicSet{by, here.name, here.timestamp, at, setter, home->topic, true});
  side.model().set_topic(channel, home->topic, setter, at);
}

void Relay::undo_kick(Side& side, const Junction& junction, UserId puppet, ChannelId channel) {
  const PersonId id = persons_.find(side.index(), puppet);
  const std::string name = side.model().channel(channel).name;
  const Timestamp timestamp = side.model().channel(channel).timestamp;
  const std::string nick(side.model().user(puppet).texts.get(UserText::nick));
  side.model().part(puppet, channel);
  if (!may_undo(junction, side, "a kick of " + nick)) return;
  note_undone(junction, side, "a kick of " + nick);
  const UserId native = persons_.at(id).user;
  enter(persons_.at(id).strand, side, name, timestamp, {&native, 1});
}

Claim claim_on(Mode mode) {
  if (is_rank(mode)) return Claim::ranks;
  return is_list(mode) ? Claim::bans : Claim::modes;
}

// What has to be said so that it is again as it was; nothing: it is none of the owner's business.
std::optional<ModeChange> Relay::inverse(Side& side, const Junction& junction, ChannelId channel,
                                         const ModeChange& change, std::string& parameter) const {
  Network& model = side.model();
  ModeChange out = change;
  out.add = !change.add;
  parameter = change.parameter;
  if (is_rank(change.mode)) {
    UserId user = model.find_uid(change.parameter);
    if (user == no_id) user = model.find_nick(change.parameter);
    const Membership* member =
        user == no_id || !side.is_our_user(user) ? nullptr : model.membership(user, channel);
    if (member == nullptr) return std::nullopt;   // ranks among themselves
    const unsigned bit = rank_bit(change.mode), status = member->status;
    model.set_status(user, channel,
                     static_cast<std::uint8_t>(out.add ? status | bit : status & ~bit));
    parameter = side.party_of(user).word();
  } else if (change.mode == Mode::key || change.mode == Mode::limit) {
    const Channel* const home = at_owner(junction);
    if (home == nullptr) return std::nullopt;
    const bool key = change.mode == Mode::key;
    const std::string& wanted = key ? home->key : home->limit;
    const std::string& now = key ? model.channel(channel).key : model.channel(channel).limit;
    if (wanted == now) return std::nullopt;
    out.add = !wanted.empty();
    parameter = out.add ? wanted : now;
  } else if (is_list(change.mode)) {
    if (parameter.empty() || at_owner(junction) == nullptr) return std::nullopt;
  } else {
    const Channel* const home = at_owner(junction);
    if (home == nullptr || home->has(change.mode) == change.add) return std::nullopt;
  }
  out.parameter = parameter;
  if (!is_rank(change.mode) && !model.set_mode(channel, out)) return std::nullopt;
  return out;
}

void Relay::undo_modes(Side& side, const Junction& junction, ChannelId channel,
                       std::span<const ModeChange> changes) {
  std::vector<ModeChange> back;
  std::vector<std::string> parameters(changes.size());
  for (std::size_t at = 0; at < changes.size(); ++at) {
    const ModeChange& one = changes[at];
    if (stays_at_home(one.mode) || may(junction, side, claim_on(one.mode))) continue;
    const std::string what = std::string("mode ") + (one.add ? '+' : '-') + one.letter + " " +
                             std::string(one.parameter);
    if (!may_undo(junction, side, what)) continue;
    const auto undone = inverse(side, junction, channel, one, parameters[at]);
    if (!undone) continue;
    note_undone(junction, side, what);
    back.push_back(*undone);
  }
  const Channel& here = side.model().channel(channel);
  if (!back.empty())
    side.write(ModesChanged{owner_party(junction, side), here.name, here.timestamp, back});
}

// Two networks meet, of which one decides: what the other has set meanwhile without a claim to it
// is taken back before anybody enters. Bans only where an owner was given: a list that has grown is
// not swept away because another channel is older, it only does not count.
bool Relay::overrule(Side& from, ChannelId channel, Side& to, const std::string& name,
                     const Junction& junction) {
  const ChannelId there = to.model().find_channel(name);
  if (there == no_id || decider(junction) != from.index() || !is_attached(from, to)) return false;
  const Channel home = from.model().channel(channel);
  const Channel before = to.model().channel(there);   // changes look into it
  std::vector<ModeChange> back;
  for (const ModeRow& row : to.dialect().modes().rows()) {
    if (stays_at_home(row.mode) || may(junction, to, claim_on(row.mode))) continue;
    if (row.kind == ModeKind::flag && before.has(row.mode) && !home.has(row.mode))
      back.push_back({false, row.mode, row.letter, {}});
    if (row.mode == Mode::key && !before.key.empty() && before.key != home.key)
      back.push_back({false, row.mode, row.letter, before.key});
    if (row.mode == Mode::limit && !before.limit.empty() && before.limit != home.limit)
      back.push_back({false, row.mode, row.letter, before.limit});
  }
  const bool sweeps = junction.owner == from.index() && !may(junction, to, Claim::bans);
  std::vector<ListEntry> theirs;
  for (const ListEntry& one : home.lists) {
    if (auto entry = ban_there(from, one.list, one.mask, to))
      theirs.push_back(as_it_is_there(to, there, *std::move(entry)));
  }
  for (const ListEntry& one : before.lists) {
    const bool is_theirs = std::ranges::any_of(theirs, [&](const ListEntry& known) {
      return known.list == one.list && same_name(to.facts().casemap, known.mask, one.mask);
    });
    if (sweeps && !is_theirs) back.push_back({false, one.list, 'b', one.mask});
  }
  std::erase_if(back, [&](const ModeChange& one) { return !to.model().set_mode(there, one); });
  if (back.empty()) return false;
  to.write(ModesChanged{pseudo_party(from.index(), to), name, before.timestamp, back});
  note(Level::info, "irc.undone",
       std::to_string(back.size()) + " modes or bans in junction " + junction.name + " that " +
           to.settings().name + " set without a claim to it, apart from " +
           from.settings().name + ": undone there");
  return true;
}

// Puppets of those without a claim made the channel, or were left in it, and have no rank; the ircd
// gives one only to whoever makes a channel. With the modes it makes one with, where it has such.
void Relay::let_rule(Side& side, const Junction& junction, ChannelId channel, UserId first) {
  Network& model = side.model();
  if (!model.channel(channel).unruled) return;
  model.set_unruled(channel, false);
  const Channel& place = model.channel(channel);
  const bool decides = junction.owner == Junction::nobody ? decider(junction) == side.index()
                                                         : may(junction, side, Claim::ranks);
  if (!decides || place.has(Mode::permanent) || std::ranges::any_of(place.members, [&](UserId one) {
        return model.membership(one, channel)->status != 0;
      }))
    return;
  std::vector<ModeChange> changes;
  for (const Mode mode : {Mode::no_external, Mode::topic_lock, Mode::op}) {
    const ModeRow* const row = side.dialect().modes().by_mode(mode);
    if (row == nullptr) continue;
    ModeChange change{true, mode, row->letter, {}};
    if (is_rank(mode)) {
      change.parameter = side.party_of(first).word();
      model.set_status(first, channel, static_cast<std::uint8_t>(rank_bit(mode)));
    } else if (!side.facts().has_timestamps || !model.set_mode(channel, change)) {
      continue;
    }
    changes.push_back(change);
  }
  side.write(ModesChanged{side.ourselves(), place.name, place.timestamp, changes});
}

}  // namespace hanse::irc
