// SPDX-License-Identifier: Apache-2.0
#include "protocols/irc/limits.h"
#include "protocols/irc/line_maker.h"
#include "protocols/irc/ngircd.h"
#include "server/base/text.h"

namespace hanse::irc {
namespace {

constexpr std::string_view of_no_interest[] = {
    "WALLOPS", "SERVICE", "SQUERY", "INVITE", "GLINE", "KLINE", "WHOIS", "WHOWAS", "VERSION",
    "TIME", "STATS", "ADMIN", "INFO", "MOTD", "LINKS", "LUSERS", "TRACE", "NAMES", "WHO", "LIST",
    "SVSNICK", "PASS", "CONNECT", "DISCONNECT"};

std::string_view take_prefixes(const ModeTable& modes, std::string_view text,
                               std::uint8_t& status) {
  while (!text.empty()) {
    const ModeRow* row = modes.by_prefix(text.front());
    if (row == nullptr) break;
    status = static_cast<std::uint8_t>(status | rank_bit(row->mode));
    text.remove_prefix(1);
  }
  return text;
}

}  // namespace

// The commands of RFC 2813 and IRC+ that are unlike those of others (irc 5).
const Command<Ngircd> Ngircd::commands[] = {
    {"NICK", 1, [](Ngircd& self, const Line& line) { return self.read_nick(line); }},
    {"NJOIN", 2, [](Ngircd& self, const Line& line) { return self.read_members(line); }},
    {"JOIN", 1, [](Ngircd& self, const Line& line) { return self.read_join(line); }},
    {"MODE", 2, [](Ngircd& self, const Line& line) { return self.read_mode(line); }},
    {"CHANINFO", 2, [](Ngircd& self, const Line& line) { return self.read_channel(line); }},
    {"METADATA", 2, [](Ngircd& self, const Line& line) { return self.read_metadata(line); }},
    {"PING", 1, [](Ngircd& self, const Line& line) { return self.read_ping(line); }},
    {"PONG", 0,
     [](Ngircd&, const Line& line) -> NetworkEvent { return Ponged{{line.source, {}}, {}}; }},
    {"SERVER", 3,
     [](Ngircd&, const Line& line) -> NetworkEvent {
       return ServerIntroduced{{line.source, {}}, line.at(0), {}, line.all().back()};
     }},
    {"TOPIC", 2,
     [](Ngircd&, const Line& line) -> NetworkEvent {
       return TopicSet{{line.source, {}}, line.at(0), 0, 0, {}, line.at(1)};
     }},
    {"AWAY", 0,
     [](Ngircd&, const Line& line) -> NetworkEvent {
       return AwaySet{{line.source, {}}, line.at(0)};
     }},
};

NetworkEvent Ngircd::read(const Line& line) {
  if (const auto own = read_own<Ngircd>(commands, *this, line)) return *own;
  if (const auto shared = read_shared(line)) return *shared;
  if (is_number(line.command) || is_one_of(line.command, of_no_interest)) return Ignored{};
  return Malformed{"unknown command"};
}

// ":carol NICK :newnick", or ":server NICK nick hops ident host token +modes :realname"
NetworkEvent Ngircd::read_nick(const Line& line) const {
  if (line.parameters == 1) return NickChanged{{line.source, {}}, line.at(0), 0};
  if (line.parameters < 7) return missing;
  UserIntroduced user;
  user.server = {line.source, {}};
  user.nick = line.at(0);
  user.ident = line.at(2);
  user.host = user.shown_host = line.at(3);
  user.modes = line.at(5);
  user.realname = line.all().back();
  return user;
}

// ":server NJOIN channel :@nick,+nick"
NetworkEvent Ngircd::read_members(const Line& line) {
  members_.clear();
  for (const std::string_view one : split(line.at(1), ',')) {
    ChannelMember member;
    member.who.id = take_prefixes(modes_, one, member.status);
    if (!member.who.id.empty()) members_.push_back(member);
  }
  return ChannelJoined{{line.source, {}}, line.at(0), 0, {}, members_};
}

// ":nick JOIN channel", the ranks behind a BEL maybe (RFC 2813 4.2.1)
NetworkEvent Ngircd::read_join(const Line& line) {
  const std::string_view channel = line.at(0).substr(0, line.at(0).find('\a'));
  const std::string_view ranks = line.at(0).substr(channel.size());
  members_.assign(1, ChannelMember{{line.source, {}}, modes_.status_of(ranks)});
  return ChannelJoined{{line.source, {}}, channel, 0, {}, members_};
}

NetworkEvent Ngircd::read_mode(const Line& line) {
  const std::string_view target = line.at(0), letters = line.at(1);
  if (!target.empty() && std::string_view("#&+!").find(target.front()) != std::string_view::npos) {
    changes_.clear();
    modes_.read(letters, line.all().subspan(2), changes_);
    return ModesChanged{{line.source, {}}, target, 0, changes_};
  }
  // irc 5: a mode of the user says that he is away, and not why.
  bool add = true;
  for (const char letter : letters) {
    if (letter == '+' || letter == '-') add = letter == '+';
    else if (letter == 'a') return AwaySet{{target, {}}, add ? "away" : ""};
  }
  return Ignored{};
}

// "channel +modes [key limit] [:topic]"; a topic is all we take from it, or the modes.
NetworkEvent Ngircd::read_channel(const Line& line) {
  if (line.parameters == 3 || line.parameters == 5)
    return TopicSet{{line.source, {}}, line.at(0), 0, 0, {}, line.all().back()};
  changes_.clear();
  const std::string_view values[] = {line.at(2), line.at(3)};
  modes_.read(line.at(1), values, changes_);
  return ModesChanged{{line.source, {}}, line.at(0), 0, changes_};
}

NetworkEvent Ngircd::read_metadata(const Line& line) const {
  const bool account = line.at(1) == "account";
  if (!account && line.at(1) != "cloakhost") return Ignored{};
  return UserTextChanged{{line.source, {}}, {line.at(0), {}}, account, line.at(2)};
}

NetworkEvent Ngircd::read_ping(const Line& line) {
  Pinged out{{line.source, {}}, {}};
  out.ends_burst = !burst_over_;
  burst_over_ = true;
  return out;
}

namespace {

struct NgircdWriter {
  const ModeTable& modes;
  std::map<std::string, std::string, std::less<>>& tokens;
  std::string& out;
  LineMaker make{out};

  bool operator()(const ServerIntroduced& one) {
    std::string& token = tokens[std::string(one.name)];
    if (token.empty()) token = std::to_string(tokens.size());
    return make.text(one.uplink.name, "SERVER", {one.name, "2", token}, one.description);
  }
  bool operator()(const ServerLeft& one) {
    return make.text(one.source.name, "SQUIT", {one.server.name}, one.reason);
  }
  bool operator()(const BurstEnded&) { return true; }
  bool operator()(const UserIntroduced& one) {
    const auto token = tokens.find(one.server.name);
    if (token == tokens.end()) return false;
    return make.text(one.server.name, "NICK",
                     {one.nick, "2", one.ident, one.shown_host, token->second,
                      one.modes.empty() ? "+" : one.modes},
                     one.realname);
  }
  bool operator()(const NickChanged& one) {
    return make.text(one.who.name, "NICK", {}, one.nick);
  }
  bool operator()(const NickSaved&) { return false; }
  bool operator()(const UserLeft& one) { return make.text(one.who.name, "QUIT", {}, one.reason); }
  bool operator()(const UserKilled& one) {
    return make.text(one.source.name, "KILL", {one.who.name}, one.reason);
  }
  bool operator()(const ChannelJoined& one) {
    std::string list;
    const auto flush = [&] {
      const bool good = make.text(one.source.name, "NJOIN", {one.channel}, list);
      list.clear();
      return good;
    };
    for (const ChannelMember& member : one.members) {
      if (list.size() > member_list_bytes && !flush()) return false;
      if (!list.empty()) list += ',';
      list.append(modes.status_prefixes(member.status)).append(member.who.name);
    }
    return list.empty() || flush();
  }
  bool operator()(const ChannelLeft& one) {
    return make.text(one.who.name, "PART", {one.channel}, one.reason);
  }
  bool operator()(const Kicked& one) {
    return make.text(one.source.name, "KICK", {one.channel, one.who.name}, one.reason);
  }
  bool operator()(const TopicSet& one) {
    return make.text(one.source.name, "TOPIC", {one.channel}, one.text);
  }
  bool operator()(const ModesChanged& one) {
    for (std::size_t next = 0; next < one.changes.size();) {
      const ModeTable::Written written = modes.write(one.changes, next);
      if (written.letters.empty()) continue;
      std::vector<std::string_view> middle{one.channel, written.letters};
      middle.insert(middle.end(), written.parameters.begin(), written.parameters.end());
      if (!make.many(one.source.name, "MODE", middle)) return false;
    }
    return true;
  }
  bool operator()(const Said& one) {
    return make.text(one.source.name, one.kind == Said::Kind::notice ? "NOTICE" : "PRIVMSG",
                     {one.target}, one.text);
  }
  bool operator()(const AwaySet& one) {
    return make.text(one.who.name, "MODE", {one.who.name}, one.text.empty() ? "-a" : "+a");
  }
  bool operator()(const Pinged& one) {
    return make.text(one.source.name, "PING", {}, one.source.name);
  }
  bool operator()(const Ponged& one) {
    return make.text(one.source.name, "PONG", {one.source.name}, one.target.name);
  }
  bool operator()(const LinkError& one) { return make.text({}, "ERROR", {}, one.text); }
  bool operator()(const UserTextChanged&) { return false; }
  bool operator()(const IdleAsked&) { return false; }
  bool operator()(const IdleTold&) { return false; }
  bool operator()(const ClockTold&) { return false; }
  bool operator()(const Ignored&) { return false; }
  bool operator()(const Malformed&) { return false; }

  static constexpr std::size_t member_list_bytes =
      limits::body_write_bytes_max - 2 * limits::server_name_bytes_max -
      limits::channel_name_bytes_max - 40;
};

}  // namespace

bool Ngircd::write(const NetworkEvent& event, std::string& out) {
  return std::visit(NgircdWriter{modes_, tokens_, out}, event);
}

}  // namespace hanse::irc
