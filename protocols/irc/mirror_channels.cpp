// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "protocols/irc/limits.h"
#include "protocols/irc/mirror.h"

namespace hanse::irc {
namespace {

using Verdict = Mirror::Verdict;

constexpr Verdict dropped(std::string_view why) { return {Verdict::Kind::dropped, why}; }
constexpr Verdict too_many{Verdict::Kind::fatal,
                           "more channels than channels_per_network_max"};

bool is_channel_name(std::string_view name) {
  return name.size() > 1 && name.size() <= limits::kept_host_bytes_max &&
         (name.front() == '#' || name.front() == '&' || name.front() == '+' ||
                             name.front() == '!');
}

}  // namespace

Verdict Mirror::handle(const ChannelJoined& event) {
  const std::optional<Source> source = source_of(event.source);
  if (!source) return nobody(event.source);
  if (!is_channel_name(event.channel)) return dropped("no channel name");
  Network& model = side_.model();
  ChannelId channel = model.find_channel(event.channel);
  const bool is_unknown = channel == no_id;
  const bool is_made = is_unknown || std::ranges::all_of(model.channel(channel).members,
                                                     [this](UserId one) {
                                                       return side_.is_our_user(one);
                                                     });
  // A user who joins by himself may leave the timestamp out: then he joins what is there.
  const bool says_nothing =
      !side_.facts().has_timestamps || (event.timestamp == 0 && source->user != no_id);
  ChannelMerge merge = ChannelMerge::merge;
  if (!says_nothing) {
    const Timestamp ours = channel == no_id ? event.timestamp : model.channel(channel).timestamp;
    merge = judge_channel(ours, event.timestamp, now_, skew_seconds_max_);   // irc 4.3
  }
  if (merge == ChannelMerge::take_theirs) forget_modes(*source, channel, event.timestamp);
  const bool counts = merge == ChannelMerge::merge || merge == ChannelMerge::take_theirs;
  // Without timestamps the first one that tells of it is right (irc 5).
  const bool with_modes = side_.facts().has_timestamps ? counts : is_unknown;
  const Timestamp timestamp = merge == ChannelMerge::refused || says_nothing ? now_
                                                                             : event.timestamp;
  joined_.clear();
  std::vector<ModeChange> raised;   // of those who were there already
  for (const ChannelMember& member : event.members) {
    const UserId user = their_user(member.who);
    if (user == no_id) continue;   // one who lost a collision
    const std::uint8_t status = counts ? member.status : std::uint8_t{0};
    const Membership* const known = channel == no_id ? nullptr : model.membership(user, channel);
    if (known == nullptr) joined_.push_back(user);
    else add_ranks(status & ~known->status, member.who.id, raised);
    const ChannelId at = model.join(user, event.channel, timestamp, status);
    if (at != no_id) {
      channel = at;
    } else if (model.user(user).channels.size() < limits::channels_per_user_max) {
      return too_many;
    } else {   // he alone is left out
      side_.note_desync("somebody in more channels than channels_per_user_max");
      if (known == nullptr) joined_.pop_back();
    }
  }
  if (event.members.empty() && counts) {   // a permanent one, or its members come later
    channel = model.keep_empty(event.channel, timestamp);
    if (channel == no_id) return too_many;
  }
  if (channel != no_id && with_modes) set_modes(channel, event.modes);
  const bool with_topic = channel != no_id && with_modes && !event.topic.empty() &&
                          model.channel(channel).topic.empty();
  if (with_topic) model.set_topic(channel, event.topic, model.server(source->server).name, now_);
  if (!joined_.empty()) watcher_.joined(side_, channel, joined_);
  // What a channel is made with is no change of it.
  if (channel != no_id && with_modes && !is_made && !event.modes.empty())
    watcher_.modes_changed(side_, *source, channel, event.modes);
  if (!raised.empty()) watcher_.modes_changed(side_, *source, channel, raised);
  if (merge == ChannelMerge::refused) return dropped("a channel timestamp that is no date");
  return {};
}

void Mirror::add_ranks(unsigned status, std::string_view who, std::vector<ModeChange>& out) const {
  for (const ModeRow& row : side_.dialect().modes().rows()) {
    if (is_rank(row.mode) && (status & rank_bit(row.mode)) != 0)
      out.push_back({true, row.mode, row.letter, who});
  }
}

// He is the last of his own network in it who leaves.
void Mirror::leave_to_puppets(UserId user, ChannelId channel) {
  const auto stays = [&](UserId one) { return one != user && side_.is_native(one); };
  if (side_.is_native(user) && std::ranges::none_of(side_.model().channel(channel).members, stays))
    side_.model().set_unruled(channel, true);
}

void Mirror::leave(UserId user, ChannelId channel, std::string_view reason) {
  leave_to_puppets(user, channel);
  watcher_.left(side_, user, channel, reason);
  side_.model().part(user, channel);
}

Verdict Mirror::handle(const ChannelLeft& event) {
  const UserId user = their_user(event.who);
  if (user == no_id) return nobody(event.who);
  Network& model = side_.model();
  if (event.channel.empty()) {   // TS6: JOIN 0
    while (!model.user(user).channels.empty())
      leave(user, model.user(user).channels.back().channel, event.reason);
    return {};
  }
  const ChannelId channel = model.find_channel(event.channel);
  if (channel == no_id || model.membership(user, channel) == nullptr)
    return dropped("PART of who is not in it");
  leave(user, channel, event.reason);
  return {};
}

// By us, in the name of one of ours.
bool Mirror::put_out(Source by, UserId user, ChannelId channel, std::string_view reason) {
  const Network& model = side_.model();
  const Membership* const member =
      by.user == no_id ? nullptr : model.membership(by.user, channel);
  if (member == nullptr || (member->status & ~rank_bit(Mode::voice)) == 0 ||
      !side_.is_our_user(user))
    return false;
  side_.write(ChannelLeft{side_.party_of(user), model.channel(channel).name, reason});
  return true;
}

Verdict Mirror::handle(const Kicked& event) {
  const std::optional<Source> source = source_of(event.source);
  if (!source) return nobody(event.source);
  const UserId user = any_user(event.who);
  const ChannelId channel = side_.model().find_channel(event.channel);
  constexpr std::string_view not_in_it = "KICK of who is not in it";
  if (user == no_id) return nobody(event.who, not_in_it);
  const bool ours = side_.is_our_user(user);
  if (channel == no_id || side_.model().membership(user, channel) == nullptr) {
    if (!ours) return dropped(not_in_it);
    side_.note_desync(not_in_it);   // one of ours may have left it a moment ago
    return {};
  }
  if (event.is_wish && !put_out(*source, user, channel, event.reason))
    return dropped("REMOVE by who may not, or of who is not ours");
  leave_to_puppets(user, channel);
  watcher_.kicked(side_, *source, user, channel, event.reason);
  // One of ours is the watcher's: it may be gone by now, or back.
  if (!ours) side_.model().part(user, channel);
  return {};
}

Verdict Mirror::handle(const Invited& event) {
  const std::optional<Source> source = source_of(event.source);
  if (!source) return nobody(event.source);
  const UserId user = any_user(event.who);
  if (user == no_id) return nobody(event.who, "INVITE of an unknown user");
  const ChannelId channel = side_.model().find_channel(event.channel);
  // irc 4.3; one of theirs is theirs to let in.
  if (channel == no_id || source->user == no_id || !side_.is_our_user(user) ||
      (event.channel_timestamp != 0 &&
       !change_counts(side_.model().channel(channel).timestamp, event.channel_timestamp)))
    return {};
  watcher_.invited(side_, source->user, user, channel);
  return {};
}

Verdict Mirror::handle(const TopicSet& event) {
  const std::optional<Source> source = source_of(event.source);
  if (!source) return nobody(event.source);
  Network& model = side_.model();
  const ChannelId channel = model.find_channel(event.channel);
  if (channel == no_id) return about_nothing();
  const Channel& now_there = model.channel(channel);
  const bool has_date = event.channel_timestamp != 0;
  if (has_date && !change_counts(now_there.timestamp, event.channel_timestamp)) return {};
  const bool of_burst = event.topic_timestamp != 0 && source->user == no_id;
  if (of_burst && !now_there.topic.empty() && event.topic_timestamp <= now_there.topic_timestamp)
    return {};
  const Timestamp at = event.topic_timestamp == 0 ? now_ : event.topic_timestamp;
  std::string_view setter = event.setter;
  if (setter.empty())
    setter = source->user == no_id ? std::string_view(model.server(source->server).name)
                                   : model.user(source->user).texts.get(UserText::nick);
  model.set_topic(channel, event.text, setter, at);
  watcher_.topic_set(side_, *source, channel);
  return {};
}

Verdict Mirror::handle(const ModesChanged& event) {
  const std::optional<Source> source = source_of(event.source);
  if (!source) return nobody(event.source);
  const ChannelId channel = side_.model().find_channel(event.channel);
  if (channel == no_id) return about_nothing();
  if (side_.facts().has_timestamps && event.timestamp < limits::timestamp_seconds_min)
    return dropped("modes with a channel timestamp that is no date");   // irc 4.3
  if (!change_counts(side_.model().channel(channel).timestamp, event.timestamp)) return {};
  set_modes(channel, event.changes);
  watcher_.modes_changed(side_, *source, channel, event.changes);
  side_.model().drop_if_over(channel);
  return {};
}

// irc 7: it may have been left a moment ago, or be one whose people have lost their names.
Verdict Mirror::about_nothing() {
  side_.note_desync("a topic or modes of an unknown channel");
  return {};
}

// irc 4.3: theirs is older, and what was set here before is not set any more.
void Mirror::forget_modes(Source source, ChannelId id, Timestamp older) {
  Network& model = side_.model();
  const Channel before = model.channel(id);
  std::vector<std::string> names(before.members.size());   // never moved: changes look into them
  std::vector<ModeChange> changes;
  for (const ModeRow& row : side_.dialect().modes().rows()) {
    const bool is_flag = row.kind == ModeKind::flag && row.mode != Mode::other;
    if (is_flag && before.has(row.mode)) changes.push_back({false, row.mode, row.letter, {}});
    if (row.mode == Mode::key && !before.key.empty())
      changes.push_back({false, row.mode, row.letter, before.key});
    if (row.mode == Mode::limit && !before.limit.empty())
      changes.push_back({false, row.mode, row.letter, {}});
    for (std::size_t at = 0; is_rank(row.mode) && at < names.size(); ++at) {
      const Membership* member = model.membership(before.members[at], id);
      if (member == nullptr || (member->status & rank_bit(row.mode)) == 0) continue;
      if (side_.is_our_user(before.members[at])) continue;   // whose own network gave it
      names[at] = side_.party_of(before.members[at]).word();
      changes.push_back({false, row.mode, row.letter, names[at]});
    }
  }
  for (const ListEntry& one : before.lists) changes.push_back({false, one.list, 'b', one.mask});
  model.lower_timestamp(id, older);
  if (!changes.empty()) watcher_.modes_changed(side_, source, id, changes);
}

void Mirror::set_modes(ChannelId channel, std::span<const ModeChange> changes) {
  Network& model = side_.model();
  for (const ModeChange& change : changes) {
    if (!is_rank(change.mode)) {
      model.set_mode(channel, change);
      continue;
    }
    const UserId user = any_user({change.parameter, {}});
    const Membership* membership = user == no_id ? nullptr : model.membership(user, channel);
    if (membership == nullptr) continue;
    const unsigned bit = rank_bit(change.mode), status = membership->status;
    model.set_status(user, channel,
                     static_cast<std::uint8_t>(change.add ? status | bit : status & ~bit));
  }
}

}  // namespace hanse::irc
