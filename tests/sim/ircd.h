// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/sim/ircd_tongue.h"
#include "tests/sim/network.h"

namespace hanse::sim {

constexpr const char* irc_channel = "#dev";
constexpr std::uint16_t irc_port = 7000;

// A whole IRC network as one server: its own users in one channel, and the servers that link to it,
// each of which hears what comes from the others. It is what it is told, and answers pings.
class Ircd {
 public:
  // Of a line that reached the channel here from one of the links.
  using Heard = std::function<void(int network, const std::string& text)>;

  Ircd(Timeline& timeline, Network& network, int number, std::function<std::int64_t()> seconds,
       Heard heard);
  ~Ircd();

  static std::string address(int number) { return "127.0.1." + std::to_string(number + 1); }

  void come(const std::string& nick);          // joins the channel
  void go(const std::string& nick);
  bool say(const std::string& nick, const std::string& text);   // false: not here
  void drop_links();                           // as when its machine starts again
  // Who of other networks is in the channel, by the names they have at home; once for each puppet.
  std::vector<std::string> guests() const;
  const std::set<std::string>& locals() const { return locals_; }

 private:
  class Peer;
  struct Server {
    std::string line;                          // that introduced it
    Peer* via = nullptr;
  };
  struct User {
    std::string nick, realname, line;          // the line that introduced it
    Peer* via = nullptr;                       // null: here
    bool in_channel = false;
  };

  void accept(End end);
  void burst(Peer& to);
  void take(Peer& from, const irc::Line& line, const std::string& raw);
  void take_user(Peer& from, const IrcWord& word, const std::string& raw);
  void take_join(Peer& from, const IrcWord& word, const std::string& raw);
  void lose(Peer& peer);                       // its link is gone, with all behind it
  void remove_server(Peer& from, const std::string& id);
  void tell_others(const Peer* but, const std::string& raw);
  void tell_members(const Peer* but, const std::string& raw);   // who has any in the channel
  bool is_behind(const Peer& peer, const std::string& id) const;

  Timeline& timeline_;
  const int number_;
  const Tongue& tongue_;
  const std::function<std::int64_t()> seconds_;
  const Heard heard_;
  std::vector<std::unique_ptr<Peer>> peers_;
  std::map<std::string, Server> servers_;      // by id
  std::map<std::string, User> users_;          // by id
  std::set<std::string> locals_;
  std::map<std::string, std::string> local_ids_;
  std::size_t users_made_ = 0;
  std::int64_t channel_since_ = 0;
};

}  // namespace hanse::sim
