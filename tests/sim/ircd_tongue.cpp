// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/ircd_tongue.h"

#include <algorithm>
#include <array>

namespace hanse::sim {

namespace {

using Kind = IrcWord::Kind;

std::string text(std::string_view part) { return std::string(part); }
std::string number(std::int64_t value) { return std::to_string(value); }

std::vector<std::string> words_of(std::string_view list, char gap) {
  std::vector<std::string> out;
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(gap), list.size());
    if (end > 0) out.emplace_back(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return out;
}

std::string without_prefix(std::string_view member) {
  const std::size_t at = member.find_first_not_of("@+%&~");
  return text(member.substr(std::min(at, member.size())));
}

std::string uid(const std::string& sid, std::size_t user) {
  std::string out = "AAAAAA";
  for (std::size_t at = out.size(); at-- > 0; user /= 26)
    out[at] = static_cast<char>('A' + user % 26);
  return sid + out;
}

// What is the same in all of them.
IrcWord read_shared(const irc::Line& line) {
  IrcWord out;
  out.source = line.source;
  if (line.command == "PART") {
    out.kind = Kind::part;
    out.channel = line.at(0);
  } else if (line.command == "QUIT") {
    out.kind = Kind::quit;
  } else if (line.command == "SQUIT") {
    out.kind = Kind::split;
    out.id = line.at(0);
  } else if (line.command == "PRIVMSG" || line.command == "NOTICE") {
    out.kind = Kind::said;
    out.channel = line.at(0);
    out.text = line.at(1);
  }
  return out;
}

class Insp final : public Tongue {
 public:
  const char* dialect() const override { return "inspircd"; }
  const char* server_name() const override { return "insp.one.example"; }
  std::string own_id() const override { return "1AA"; }
  std::string make_id(std::size_t user, const std::string&) const override {
    return uid("1AA", user);
  }
  bool shake(const irc::Line& line, std::int64_t now, std::string& answer,
             std::string& other) const override {
    if (line.command == "CAPAB" && line.at(0) == "START")
      answer = "CAPAB START 1205\r\nCAPAB CHANMODES :list:ban=b param-set:limit=l param:key=k "
               "prefix:10000:voice=+v prefix:30000:op=@o simple:topiclock=t simple:noextmsg=n\r\n"
               "CAPAB CAPABILITIES :NICKMAX=30 CHANMAX=64 IDENTMAX=10 CASEMAPPING=rfc1459\r\n"
               "CAPAB END\r\n";
    if (line.command == "SERVER") {
      other = line.at(3);
      answer = "SERVER insp.one.example word 0 1AA :one\r\n";
    }
    if (line.command != "BURST") return false;
    answer = ":1AA BURST " + number(now) + "\r\n";
    return true;
  }
  std::string burst_end() const override { return ":1AA ENDBURST\r\n"; }
  IrcWord read(const irc::Line& line) const override {
    IrcWord out = read_shared(line);
    if (line.command == "SERVER") {
      out.kind = Kind::server;
      out.nick = line.at(0);
      out.id = line.at(1);
    } else if (line.command == "UID") {
      out.kind = Kind::user;
      out.id = line.at(0);
      out.nick = line.at(2);
      out.realname = line.all().back();
    } else if (line.command == "FJOIN") {
      out.kind = Kind::join;
      out.channel = line.at(0);
      for (const std::string& one : words_of(line.all().back(), ' ')) {
        const std::string member = one.substr(one.find(',') + 1);
        out.members.push_back(member.substr(0, member.find(':')));
      }
    } else if (line.command == "PING") {
      out.kind = Kind::ping;
      out.text = line.source;
    }
    return out;
  }
  std::string introduce_server(const std::string& name, const std::string& id,
                               const std::string& description) const override {
    return ":1AA SERVER " + name + " " + id + " :" + description + "\r\n";
  }
  std::string introduce(const std::string& id, const std::string& nick,
                        const std::string& realname, std::int64_t at) const override {
    return ":1AA UID " + id + " " + number(at) + " " + nick + " host.example host.example " + "u" +
           " 192.0.2.9 " + number(at) + " +i :" + realname + "\r\n";
  }
  std::string join(const std::string& id, const std::string& channel,
                   std::int64_t at) const override {
    return ":1AA FJOIN " + channel + " " + number(at) + " +nt :," + id + ":0\r\n";
  }
  std::string collision(const IrcWord& user, std::int64_t at) const override {
    return ":1AA SAVE " + user.id + " " + number(at) + "\r\n";
  }
  std::string pong(const std::string& asker) const override {
    return ":1AA PONG " + asker + "\r\n";
  }
  std::string ping(const std::string& other) const override {
    return ":1AA PING " + other + "\r\n";
  }
};

class Hyb final : public Tongue {
 public:
  const char* dialect() const override { return "hybrid"; }
  const char* server_name() const override { return "hyb.two.example"; }
  std::string own_id() const override { return "3HY"; }
  std::string make_id(std::size_t user, const std::string&) const override {
    return uid("3HY", user);
  }
  bool shake(const irc::Line& line, std::int64_t now, std::string& answer,
             std::string& other) const override {
    if (line.command != "SERVER") return false;
    other = line.at(2);
    answer = "PASS word\r\nCAPAB :TBURST ENCAP EOB RHOST HOP\r\n"
             "SERVER hyb.two.example 1 3HY + :two\r\n:3HY SVINFO 6 6 0 :" + number(now) + "\r\n";
    return true;
  }
  std::string burst_end() const override { return "PING :3HY\r\n:3HY EOB\r\n"; }
  IrcWord read(const irc::Line& line) const override {
    IrcWord out = read_shared(line);
    if (line.command == "SID") {
      out.kind = Kind::server;
      out.nick = line.at(0);
      out.id = line.at(2);
    } else if (line.command == "UID") {
      out.kind = Kind::user;
      out.nick = line.at(0);
      out.id = line.at(8);
      out.realname = line.all().back();
    } else if (line.command == "SJOIN") {
      out.kind = Kind::join;
      out.channel = line.at(1);
      for (const std::string& one : words_of(line.all().back(), ' '))
        out.members.push_back(without_prefix(one));
    } else if (line.command == "PING") {
      out.kind = Kind::ping;
      out.text = line.at(0);
    }
    return out;
  }
  std::string introduce_server(const std::string& name, const std::string& id,
                               const std::string& description) const override {
    return ":3HY SID " + name + " 2 " + id + " + :" + description + "\r\n";
  }
  std::string introduce(const std::string& id, const std::string& nick,
                        const std::string& realname, std::int64_t at) const override {
    return ":3HY UID " + nick + " 1 " + number(at) +
           " +i u host.example host.example 192.0.2.9 " + id + " * :" + realname + "\r\n";
  }
  std::string join(const std::string& id, const std::string& channel,
                   std::int64_t at) const override {
    return ":3HY SJOIN " + number(at) + " " + channel + " +nt :" + id + "\r\n";
  }
  std::string collision(const IrcWord& user, std::int64_t) const override {
    return ":3HY KILL " + user.id + " :hyb.two.example (Nick collision (new))\r\n";
  }
  std::string pong(const std::string& asker) const override {
    return ":3HY PONG hyb.two.example :" + asker + "\r\n";
  }
  std::string ping(const std::string&) const override { return "PING :3HY\r\n"; }
};

// There are no ids: names and nicks are all there is.
class Ng final : public Tongue {
 public:
  const char* dialect() const override { return "ngircd"; }
  const char* server_name() const override { return "ng.three.example"; }
  std::string own_id() const override { return server_name(); }
  std::string make_id(std::size_t, const std::string& nick) const override { return nick; }
  bool shake(const irc::Line& line, std::int64_t, std::string& answer,
             std::string& other) const override {
    const std::string us = std::string(":") + server_name() + " ";
    if (line.command == "SERVER") {
      other = line.at(0);
      answer = us + "PASS word 0210-IRC+ ngIRCd|26.1:CHLMSXZ PZ\r\n" + us +
               "SERVER ng.three.example 1 :three\r\n" + us + "005 " + other +
               " NICKLEN=31 CASEMAPPING=ascii :are supported\r\n" + us + "376 " + other +
               " :End of MOTD command\r\n";
    }
    return line.command == "376";
  }
  std::string burst_end() const override {
    return std::string(":") + server_name() + " PING :" + server_name() + "\r\n";
  }
  IrcWord read(const irc::Line& line) const override {
    IrcWord out = read_shared(line);
    if (line.command == "SERVER") {
      out.kind = Kind::server;
      out.nick = out.id = line.at(0);
    } else if (line.command == "NICK" && line.parameters >= 7) {
      out.kind = Kind::user;
      out.nick = out.id = line.at(0);
      out.realname = line.all().back();
    } else if (line.command == "NJOIN") {
      out.kind = Kind::join;
      out.channel = line.at(0);
      for (const std::string& one : words_of(line.at(1), ','))
        out.members.push_back(without_prefix(one));
    } else if (line.command == "PING") {
      out.kind = Kind::ping;
      out.text = line.at(0);
    }
    return out;
  }
  std::string introduce_server(const std::string& name, const std::string&,
                               const std::string& description) const override {
    return std::string(":") + server_name() + " SERVER " + name + " 2 9 :" + description + "\r\n";
  }
  std::string introduce(const std::string&, const std::string& nick, const std::string& realname,
                        std::int64_t) const override {
    return std::string(":") + server_name() + " NICK " + nick + " 1 u host.example 1 +i :" +
           realname + "\r\n";
  }
  std::string join(const std::string& id, const std::string& channel,
                   std::int64_t) const override {
    return std::string(":") + server_name() + " NJOIN " + channel + " :" + id + "\r\n";
  }
  std::string collision(const IrcWord& user, std::int64_t) const override {
    return std::string(":") + server_name() + " KILL " + user.id + " :Nick collision\r\n";
  }
  std::string pong(const std::string& asker) const override {
    return std::string(":") + server_name() + " PONG " + server_name() + " :" + asker + "\r\n";
  }
  std::string ping(const std::string&) const override { return burst_end(); }
};

}  // namespace

const Tongue& tongue(int network) {
  static const Insp insp;
  static const Hyb hyb;
  static const Ng ng;
  static const std::array<const Tongue*, 3> all{&insp, &hyb, &ng};
  return *all[static_cast<std::size_t>(network)];
}

}  // namespace hanse::sim
