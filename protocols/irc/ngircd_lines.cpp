// SPDX-License-Identifier: Apache-2.0
#include "protocols/irc/ngircd.h"

namespace hanse::irc {
namespace {

constexpr std::string_view of_no_interest[] = {
    "WALLOPS", "SERVICE", "SQUERY", "INVITE", "GLINE", "KLINE", "WHOIS", "WHOWAS", "VERSION",
    "TIME", "STATS", "ADMIN", "INFO", "MOTD", "LINKS", "LUSERS", "TRACE", "NAMES", "WHO", "LIST",
    "SVSNICK", "PASS", "CONNECT", "DISCONNECT"};

}  // namespace

// The commands of RFC 2813 and IRC+ that are unlike those of others (irc 5).
const Command<Ngircd> Ngircd::commands[] = {
    {"NICK", 1, [](Ngircd& self, const Line& line) { return self.read_nick(line); }},
    {"CHANINFO", 2, [](Ngircd& self, const Line& line) { return self.read_channel(line); }},
    {"METADATA", 2, [](Ngircd& self, const Line& line) { return self.read_metadata(line); }},
    {"PING", 1, [](Ngircd& self, const Line& line) { return self.read_ping(line); }},
    {"SERVER", 3,
     [](Ngircd&, const Line& line) -> NetworkEvent {
       return ServerIntroduced{{line.source, {}}, line.at(0), {}, line.all().back()};
     }},
};

NetworkEvent Ngircd::read(const Line& line) {
  if (const auto own = read_own<Ngircd>(commands, *this, line)) return *own;
  return read_rest(line, of_no_interest);
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

// "channel +modes [key limit] [:topic]"; a topic is all we take from it, or the modes.
NetworkEvent Ngircd::read_channel(const Line& line) {
  if (line.parameters == 3 || line.parameters == 5)
    return TopicSet{{line.source, {}}, line.at(0), 0, 0, {}, line.all().back()};
  const std::string_view values[] = {line.at(2), line.at(3)};
  return read_modes(line, line.at(0), line.at(1), values);
}

NetworkEvent Ngircd::read_metadata(const Line& line) const {
  const bool account = line.at(1) == "accountname";
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

struct NgircdWriter : Rfc2813Writer {
  std::map<std::string, std::string, std::less<>>& tokens;
  const bool metadata;
  using Rfc2813Writer::operator();

  bool operator()(const ServerIntroduced& one) {
    std::string& token = tokens[std::string(one.name)];
    if (token.empty()) token = std::to_string(tokens.size());
    return make.text(one.uplink.name, "SERVER", {one.name, "2", token}, one.description);
  }
  bool operator()(const BurstEnded&) { return true; }
  bool operator()(const BurstTaken&) { return false; }
  bool operator()(const UserIntroduced& one) {
    const auto token = tokens.find(one.server.name);
    if (token == tokens.end()) return false;
    return make.text(one.server.name, "NICK",
                     {one.nick, "2", one.ident, one.shown_host, token->second,
                      one.modes.empty() ? "+" : one.modes},
                     one.realname) &&
           (one.account.empty() || !metadata ||
            make.text(one.server.name, "METADATA", {one.nick, "accountname"}, one.account));
  }
  bool operator()(const UserTextChanged& one) {
    return one.is_account && metadata &&
           make.text(one.source.name, "METADATA", {one.who.name, "accountname"}, one.value);
  }
  bool operator()(const NickSaved&) { return false; }
};

}  // namespace

bool Ngircd::write(const NetworkEvent& event, std::string& out) {
  return std::visit(NgircdWriter{{modes_, out}, tokens_, metadata_}, event);
}

}  // namespace hanse::irc
