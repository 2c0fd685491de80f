// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/irc/line.h"

namespace hanse::sim {

// One line between servers, in the words of no dialect; only what the model servers act on.
struct IrcWord {
  enum class Kind : std::uint8_t { server, user, join, part, quit, split, said, ping, other };
  Kind kind = Kind::other;
  std::string source;                 // as it stands in the line
  std::string id, nick, realname;     // of a server or user; without ids the name
  std::string channel, text;          // text of a ping: who wants the answer
  std::vector<std::string> members;
};

// How one kind of server speaks, written down once more and by hand: the daemon's own grammar must
// not be what its words are judged by.
class Tongue {
 public:
  virtual ~Tongue() = default;
  virtual const char* dialect() const = 0;    // as configurations call it
  virtual const char* server_name() const = 0;
  virtual std::string own_id() const = 0;
  virtual std::string make_id(std::size_t user, const std::string& nick) const = 0;

  // The handshake as the one who was called, line by line: the answer, and who the other is. True
  // once the burst may begin.
  virtual bool shake(const irc::Line& line, std::int64_t now, std::string& answer,
                     std::string& other) const = 0;
  virtual std::string burst_end() const = 0;
  virtual IrcWord read(const irc::Line& line) const = 0;
  virtual std::string introduce_server(const std::string& name, const std::string& id,
                                       const std::string& description) const = 0;
  virtual std::string introduce(const std::string& id, const std::string& nick,
                                const std::string& realname, std::int64_t at) const = 0;
  virtual std::string join(const std::string& id, const std::string& channel,
                           std::int64_t at) const = 0;
  virtual std::string collision(const IrcWord& user, std::int64_t at) const = 0;
  virtual std::string pong(const std::string& asker) const = 0;
  virtual std::string ping(const std::string& other) const = 0;
  std::string split(const std::string& server) const {
    return ":" + own_id() + " SQUIT " + server + " :gone\r\n";
  }
};

const Tongue& tongue(int network);    // 0: InspIRCd, 1: ircd-hybrid, 2: ngIRCd

}  // namespace hanse::sim
