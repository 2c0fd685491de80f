// SPDX-License-Identifier: Apache-2.0
#include "protocols/irc/network.h"

#include <algorithm>

#include "protocols/irc/limits.h"
#include "server/base/text.h"

namespace hanse::irc {
namespace {

std::size_t index_of(UserText which) { return static_cast<std::size_t>(which); }

// Nicks and ids are what they are: who has a longer one is refused (mirror.cpp).
std::string_view kept(UserText which, std::string_view value) {
  switch (which) {
    case UserText::nick:
    case UserText::nick_folded:
    case UserText::uid:
    case UserText::count_: return value;
    case UserText::host:
    case UserText::shown_host: return cut_utf8(value, limits::kept_host_bytes_max);
    case UserText::realname:
    case UserText::away: return cut_utf8(value, limits::kept_text_bytes_max);
    case UserText::ident:
    case UserText::address:
    case UserText::account: break;
  }
  return cut_utf8(value, limits::kept_name_bytes_max);
}

template <class Slots>
std::uint32_t take_slot(Slots& slots, std::vector<std::uint32_t>& unused) {
  if (unused.empty()) {
    slots.emplace_back();
    return static_cast<std::uint32_t>(slots.size() - 1);
  }
  const std::uint32_t id = unused.back();
  unused.pop_back();
  return id;
}

}  // namespace

void PackedTexts::set(const Texts& values) {
  constexpr std::size_t bytes_max = 0xffff;
  std::size_t total = 0;
  for (const std::string_view value : values) total += value.size();
  auto octets = std::make_unique<char[]>(std::min(total, bytes_max));
  std::size_t end = 0;
  for (std::size_t which = 0; which < texts; ++which) {
    const std::string_view value = values[which].substr(0, bytes_max - end);
    std::copy(value.begin(), value.end(), octets.get() + end);
    end += value.size();
    ends_[which] = static_cast<std::uint16_t>(end);
  }
  octets_ = std::move(octets);
}

std::string_view PackedTexts::get(UserText which) const {
  const std::size_t index = index_of(which);
  const std::size_t start = index == 0 ? 0 : ends_[index - 1];
  return {octets_.get() + start, ends_[index] - start};
}

PackedTexts::Texts PackedTexts::all() const {
  Texts values;
  for (std::size_t which = 0; which < texts; ++which) {
    values[which] = get(static_cast<UserText>(which));
  }
  return values;
}

ServerId Network::find_server(std::string_view name_or_sid) const {
  if (name_or_sid.empty()) return no_id;
  for (ServerId id = 0; id < servers_.size(); ++id) {
    const Server& one = servers_[id];
    if (one.present && (one.sid == name_or_sid || same_name(Casemap::ascii, one.name, name_or_sid)))
      return id;
  }
  return no_id;
}

ServerId Network::add_server(std::string_view name, std::string_view sid, ServerId uplink) {
  if (find_server(name) != no_id || (!sid.empty() && find_server(sid) != no_id)) return no_id;
  if (uplink != no_id && (uplink >= servers_.size() || !servers_[uplink].present)) return no_id;
  const auto unused = std::find_if(servers_.begin(), servers_.end(),
                                   [](const Server& one) { return !one.present; });
  const auto id = static_cast<ServerId>(unused - servers_.begin());
  if (id >= limits::servers_per_network_max) return no_id;
  if (unused == servers_.end()) servers_.emplace_back();
  servers_[id] = {std::string(name), std::string(sid), uplink == no_id ? id : uplink, true, {}, {}};
  return id;
}

void Network::mark_relayed(ServerId server, std::string_view network, std::string_view by,
                           unsigned hops) {
  servers_[server].relayed_network = network;
  servers_[server].relayed_by = by;
  servers_[server].relayed_hops = hops;
}

UserId Network::add_user(ServerId server, PackedTexts::Texts texts, Timestamp timestamp) {
  if (server >= servers_.size() || !servers_[server].present) return no_id;
  if (user_count_ >= limits::users_per_network_max) return no_id;
  const std::string folded = fold(casemap_, texts[index_of(UserText::nick)]);
  const std::string_view uid = texts[index_of(UserText::uid)];
  if (by_nick_.find(folded) != no_id || (!uid.empty() && find_uid(uid) != no_id)) return no_id;
  texts[index_of(UserText::nick_folded)] = folded;
  for (std::size_t which = 0; which < texts.size(); ++which)
    texts[which] = kept(static_cast<UserText>(which), texts[which]);
  const UserId id = take_slot(users_, free_users_);
  User& user = users_[id];
  user.texts.set(texts);
  user.server = server;
  user.timestamp = timestamp;
  user.invisible = false;
  user.signed_on = 0;
  by_nick_.add(id);
  if (!uid.empty()) by_uid_.add(id);  // RFC 2813: there the nick is all there is
  ++user_count_;
  return id;
}

bool Network::rename(UserId id, std::string_view nick, Timestamp timestamp) {
  const std::string folded = fold(casemap_, nick);
  const UserId holder = by_nick_.find(folded);
  if (holder != no_id && holder != id) return false;
  User& user = users_[id];
  by_nick_.remove(user.texts.get(UserText::nick_folded));
  PackedTexts::Texts texts = user.texts.all();
  texts[index_of(UserText::nick)] = nick;
  texts[index_of(UserText::nick_folded)] = folded;
  user.texts.set(texts);
  user.timestamp = timestamp;
  by_nick_.add(id);
  return true;
}

void Network::set_text(UserId id, UserText which, std::string_view value) {
  PackedTexts::Texts texts = users_[id].texts.all();
  texts[index_of(which)] = kept(which, value);
  users_[id].texts.set(texts);
}

void Network::remove_user(UserId id) {
  User& user = users_[id];
  if (user.server == no_id) return;
  while (!user.channels.empty()) part(id, user.channels.back().channel);
  by_nick_.remove(user.texts.get(UserText::nick_folded));
  const std::string_view uid = user.texts.get(UserText::uid);
  if (!uid.empty()) by_uid_.remove(uid);
  user = User();
  free_users_.push_back(id);
  --user_count_;
}

Membership* Network::find_membership(UserId user, ChannelId channel) {
  for (Membership& one : users_[user].channels) {
    if (one.channel == channel) return &one;
  }
  return nullptr;
}

const Membership* Network::membership(UserId user, ChannelId channel) const {
  return const_cast<Network*>(this)->find_membership(user, channel);
}

ChannelId Network::make_channel(std::string_view name, Timestamp timestamp) {
  if (channels() >= limits::channels_per_network_max) return no_id;
  const ChannelId id = take_slot(channels_, free_channels_);
  channels_[id].name = name;
  channels_[id].folded = fold(casemap_, name);
  channels_[id].timestamp = timestamp;
  by_channel_.add(id);
  return id;
}

ChannelId Network::keep_empty(std::string_view name, Timestamp timestamp) {
  ChannelId id = find_channel(name);
  if (id == no_id) id = make_channel(name, timestamp);
  if (id != no_id) channels_[id].told_empty = channels_[id].members.empty();
  return id;
}

ChannelId Network::join(UserId user, std::string_view name, Timestamp timestamp,
                        std::uint8_t status) {
  ChannelId id = find_channel(name);
  Membership* const already = id == no_id ? nullptr : find_membership(user, id);
  if (already != nullptr) {
    already->status = static_cast<std::uint8_t>(already->status | status);
    return id;
  }
  if (users_[user].channels.size() >= limits::channels_per_user_max) return no_id;
  if (id == no_id) id = make_channel(name, timestamp);
  if (id == no_id) return no_id;
  channels_[id].told_empty = false;
  std::vector<UserId>& members = channels_[id].members;
  users_[user].channels.push_back({id, static_cast<std::uint32_t>(members.size()), status});
  members.push_back(user);
  return id;
}

void Network::part(UserId user, ChannelId id) {
  Membership* const gone = find_membership(user, id);
  if (gone == nullptr) return;
  Channel& channel = channels_[id];
  const std::uint32_t position = gone->position;
  *gone = users_[user].channels.back();
  users_[user].channels.pop_back();
  const UserId last = channel.members.back();
  channel.members.pop_back();
  if (last != user) {
    channel.members[position] = last;
    find_membership(last, id)->position = position;
  }
  drop_if_over(id);
}

void Network::drop_if_over(ChannelId id) {
  Channel& channel = channels_[id];
  if (!channel.members.empty() || channel.told_empty || channel.has(Mode::permanent)) return;
  by_channel_.remove(channel.folded);
  channel = Channel();
  free_channels_.push_back(id);
}

bool Network::set_status(UserId user, ChannelId channel, std::uint8_t status) {
  Membership* const one = find_membership(user, channel);
  if (one != nullptr) one->status = status;
  return one != nullptr;
}

void Network::lower_timestamp(ChannelId id, Timestamp timestamp) {
  Channel& channel = channels_[id];
  channel.timestamp = timestamp;
  channel.flags = 0;
  channel.key.clear();
  channel.limit.clear();
  channel.lists.clear();   // irc 4.3: the sweep takes b, e and I along
  for (const UserId user : channels_[id].members) set_status(user, id, 0);
}

bool Network::set_mode(ChannelId id, const ModeChange& change) {
  Channel& channel = channels_[id];
  if (change.mode == Mode::other) return false;
  if (change.mode == Mode::key || change.mode == Mode::limit) {
    std::string& value = change.mode == Mode::key ? channel.key : channel.limit;
    const std::string_view wanted =
        change.add ? cut_utf8(change.parameter, limits::kept_name_bytes_max) : std::string_view();
    if (value == wanted) return false;
    value = wanted;
    return true;
  }
  if (!is_list(change.mode)) {
    const std::uint32_t bit = mode_bit(change.mode);
    if (channel.has(change.mode) == change.add) return false;
    channel.flags = change.add ? channel.flags | bit : channel.flags & ~bit;
    if (change.mode == Mode::permanent) channel.told_empty = false;
    return true;
  }
  if (change.parameter.size() > limits::mask_bytes_max) return false;
  const auto known = std::ranges::find_if(channel.lists, [&](const ListEntry& one) {
    return one.list == change.mode && same_name(casemap_, one.mask, change.parameter);
  });
  if ((known != channel.lists.end()) == change.add || change.parameter.empty()) return false;
  if (!change.add) channel.lists.erase(known);
  else if (channel.lists.size() >= limits::list_entries_per_channel_max) return false;
  else channel.lists.push_back({change.mode, std::string(change.parameter)});
  return true;
}

bool Network::has_listed(ChannelId id, const ListEntry& entry) const {
  return std::ranges::any_of(channels_[id].lists, [&](const ListEntry& one) {
    return one.list == entry.list && same_name(casemap_, one.mask, entry.mask);
  });
}

void Network::set_topic(ChannelId id, std::string_view text, std::string_view setter,
                        Timestamp timestamp) {
  Channel& channel = channels_[id];
  channel.topic = cut_utf8(text, limits::kept_topic_bytes_max);
  channel.topic_setter = cut_utf8(setter, limits::kept_host_bytes_max);
  channel.topic_timestamp = timestamp;
}

bool Network::is_behind(ServerId server, ServerId above) const {
  // As many steps as there are servers: an uplink is older than its leaf, so there is no ring.
  while (server != above && servers_[server].uplink != server) server = servers_[server].uplink;
  return server == above;
}

Network::Split Network::split(ServerId server) {
  Split gone;
  if (server >= servers_.size() || !servers_[server].present) return gone;
  std::vector<bool> leaves(servers_.size());
  for (ServerId id = 0; id < servers_.size(); ++id) {
    leaves[id] = servers_[id].present && is_behind(id, server);
    if (leaves[id]) gone.servers.push_back(id);
  }
  for (UserId id = 0; id < users_.size(); ++id) {
    if (users_[id].server == no_id || !leaves[users_[id].server]) continue;
    gone.uids.emplace_back(users_[id].texts.get(UserText::uid));
    remove_user(id);
  }
  for (const ServerId id : gone.servers) servers_[id] = Server();
  return gone;
}

std::size_t Network::bytes() const {
  std::size_t total = by_uid_.bytes() + by_nick_.bytes() + by_channel_.bytes();
  for (const User& user : users_) {
    total += sizeof(User) + user.texts.bytes() + user.channels.capacity() * sizeof(Membership);
  }
  for (const Channel& channel : channels_) {
    total += sizeof(Channel) + channel.name.size() + channel.folded.size() +
             channel.topic.size() + channel.topic_setter.size() +
             channel.members.capacity() * sizeof(UserId);
  }
  return total;
}

}  // namespace hanse::irc
