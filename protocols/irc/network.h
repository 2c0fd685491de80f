// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/irc/casemap.h"
#include "protocols/irc/id_table.h"
#include "protocols/irc/modes.h"
#include "protocols/irc/timestamps.h"

namespace hanse::irc {

using ServerId = std::uint32_t;
using UserId = std::uint32_t;
using ChannelId = std::uint32_t;
constexpr std::uint32_t no_id = 0xffffffff;

// The texts of a user in one piece of memory: a person has ten, most of them short.
enum class UserText : std::uint8_t {
  nick, nick_folded, uid, ident, host, shown_host, address, realname, account, away, count_
};
class PackedTexts {
 public:
  static constexpr std::size_t texts = static_cast<std::size_t>(UserText::count_);
  using Texts = std::array<std::string_view, texts>;

  void set(const Texts& values);  // may look into this object; each is cut at 65,535 octets in all
  std::string_view get(UserText which) const;
  Texts all() const;
  std::size_t bytes() const { return ends_[texts - 1]; }

 private:
  std::unique_ptr<char[]> octets_;
  std::array<std::uint16_t, texts> ends_{};
};

struct Membership {
  ChannelId channel = no_id;
  std::uint32_t position = 0;  // in Channel::members
  std::uint8_t status = 0;     // one bit for each rank, as the dialect's table numbers them
};

struct User {
  PackedTexts texts;
  ServerId server = no_id;  // no_id: this slot is free
  bool invisible = false;
  Timestamp timestamp = 0;
  Timestamp signed_on = 0;  // of one of ours, at home; 0: when he took his nick
  std::vector<Membership> channels;

  Timestamp since() const { return signed_on == 0 ? timestamp : signed_on; }
};

struct ListEntry {
  Mode list = Mode::ban;
  std::string mask;
};

struct Channel {
  std::string name;             // empty: this slot is free
  std::string folded;
  Timestamp timestamp = 0;
  std::vector<UserId> members;
  std::string topic, topic_setter;
  Timestamp topic_timestamp = 0;
  std::uint32_t flags = 0;      // mode_bit of each that is set
  std::string key, limit;
  std::vector<ListEntry> lists;
  bool told_empty = false;      // the peer has told of it, and of nobody in it
  // Puppets of ours made it, or those of its own network have left it to puppets, of themselves and
  // not by a split: whoever of that network comes first has made it (irc 9).
  bool unruled = false;

  bool has(Mode flag) const { return (flags & mode_bit(flag)) != 0; }
};

struct Server {
  std::string name;
  std::string sid;
  ServerId uplink = no_id;  // of the first server: itself
  bool present = false;
  bool is_node = false;     // another node of our kind
  // Set for one that stands for another network, by another node of our kind.
  std::string relayed_network{}, relayed_by{};
  unsigned relayed_hops = 0;
};

// What the other side of one link looks like: the same for every dialect. Pure, one owner, no
// clock. Names are folded with the network's own mapping; ids are reused once their bearer is gone.
class Network {
 public:
  explicit Network(Casemap casemap) : casemap_(casemap) {}
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  ServerId find_server(std::string_view name_or_sid) const;
  UserId find_uid(std::string_view uid) const { return by_uid_.find(uid); }
  UserId find_nick(std::string_view nick) const { return by_nick_.find(fold(casemap_, nick)); }
  ChannelId find_channel(std::string_view name) const {
    return by_channel_.find(fold(casemap_, name));
  }
  const Server& server(ServerId id) const { return servers_[id]; }
  const User& user(UserId id) const { return users_[id]; }
  const Channel& channel(ChannelId id) const { return channels_[id]; }
  const Membership* membership(UserId user, ChannelId channel) const;
  // Ids are below these; some may be free.
  std::size_t user_slots() const { return users_.size(); }
  std::size_t channel_slots() const { return channels_.size(); }

  // Everywhere below no_id also means that a bound of protocols/irc/limits.h is reached.
  // no_id: the name or SID is taken, or the uplink is not there. `uplink` no_id: the first one.
  ServerId add_server(std::string_view name, std::string_view sid, ServerId uplink);
  void mark_node(ServerId server) { servers_[server].is_node = true; }
  void mark_relayed(ServerId server, std::string_view network, std::string_view by, unsigned hops);
  const std::vector<Server>& servers() const { return servers_; }   // some may not be present
  // The nick and the UID must be free: who gives way is for judge_nick to say. The folded nick is
  // filled in here.
  UserId add_user(ServerId server, PackedTexts::Texts texts, Timestamp timestamp);
  bool rename(UserId user, std::string_view nick, Timestamp timestamp);  // false: taken
  void set_text(UserId user, UserText which, std::string_view value);    // not of nick and uid
  void set_signed_on(UserId user, Timestamp at) { users_[user].signed_on = at; }
  void set_invisible(UserId user, bool invisible) { users_[user].invisible = invisible; }
  void remove_user(UserId user);

  // Makes the channel when there is none; `timestamp` counts only then.
  ChannelId join(UserId user, std::string_view channel, Timestamp timestamp, std::uint8_t status);
  void part(UserId user, ChannelId channel);
  // A channel is there while somebody is in it, while it is permanent, and once the peer has told
  // of it until somebody has been in it.
  ChannelId keep_empty(std::string_view channel, Timestamp timestamp);
  void drop_if_over(ChannelId channel);
  bool set_status(UserId user, ChannelId channel, std::uint8_t status);
  void set_unruled(ChannelId channel, bool unruled) { channels_[channel].unruled = unruled; }
  // A lower timestamp came (judge_channel: take_theirs): nobody keeps a rank.
  void lower_timestamp(ChannelId channel, Timestamp timestamp);
  // Of no rank. False: it was so before, or the list is full.
  bool set_mode(ChannelId channel, const ModeChange& change);
  bool has_listed(ChannelId channel, const ListEntry& entry) const;
  void set_topic(ChannelId channel, std::string_view text, std::string_view setter,
                 Timestamp timestamp);

  // The server and all behind it go, with their users; who they were comes back, for the ledger.
  struct Split {
    std::vector<ServerId> servers;
    std::vector<std::string> uids;
  };
  Split split(ServerId server);
  bool is_behind(ServerId server, ServerId above) const;  // or is it

  std::size_t users() const { return user_count_; }
  std::size_t channels() const { return channels_.size() - free_channels_.size(); }
  std::size_t bytes() const;  // of users, channels and memberships, allocator overhead left out

 private:
  struct UidOf {
    const Network* network;
    std::string_view operator()(UserId id) const {
      return network->users_[id].texts.get(UserText::uid);
    }
  };
  struct NickOf {
    const Network* network;
    std::string_view operator()(UserId id) const {
      return network->users_[id].texts.get(UserText::nick_folded);
    }
  };
  struct ChannelNameOf {
    const Network* network;
    std::string_view operator()(ChannelId id) const { return network->channels_[id].folded; }
  };

  Membership* find_membership(UserId user, ChannelId channel);
  ChannelId make_channel(std::string_view name, Timestamp timestamp);

  Casemap casemap_;
  std::vector<Server> servers_;
  std::deque<User> users_;  // a deque: growth must not need twice the memory of all users
  std::deque<Channel> channels_;
  std::vector<UserId> free_users_;
  std::vector<ChannelId> free_channels_;
  std::size_t user_count_ = 0;
  IdTable<UidOf> by_uid_{UidOf{this}};
  IdTable<NickOf> by_nick_{NickOf{this}};
  IdTable<ChannelNameOf> by_channel_{ChannelNameOf{this}};
};

}  // namespace hanse::irc
