// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "protocols/irc/ngircd.h"

namespace hanse::irc {
namespace {

constexpr std::string_view of_no_interest[] = {
    "WALLOPS", "SERVICE", "SQUERY", "INVITE", "GLINE", "KLINE", "NAMES", "WHO", "LIST", "SVSNICK",
    "PASS", "CONNECT", "DISCONNECT"};

struct Metadata {
  std::string_view key;
  UserTextChanged::What what;
};
constexpr Metadata metadata_keys[] = {{"accountname", UserTextChanged::What::account},
                                      {"cloakhost", UserTextChanged::What::shown_host},
                                      {"host", UserTextChanged::What::host},
                                      {"user", UserTextChanged::What::ident},
                                      {"info", UserTextChanged::What::realname}};

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

// "channel +modes [key limit] [:topic]", where "*" is no key and "0" no limit. Its members come
// behind it, if there are any.
NetworkEvent Ngircd::read_channel(const Line& line) {
  const bool with_values = line.parameters >= 4;
  changes_.clear();
  for (const char letter : line.at(1)) {
    const ModeRow* row = modes_.by_letter(letter);
    if (row == nullptr || is_rank(row->mode) || is_list(row->mode)) continue;
    std::string_view value;
    if (row->mode == Mode::key || row->mode == Mode::limit) {
      const bool is_key = row->mode == Mode::key;
      value = with_values ? line.at(is_key ? 2 : 3) : std::string_view();
      if (value.empty() || value == (is_key ? "*" : "0")) continue;
    }
    changes_.push_back({true, row->mode, letter, value});
  }
  members_.clear();
  ChannelJoined out{{line.source, {}}, line.at(0), 0, changes_, members_};
  if (line.parameters == 3 || line.parameters == 5) out.topic = line.all().back();
  return out;
}

NetworkEvent Ngircd::read_metadata(const Line& line) const {
  for (const Metadata& one : metadata_keys) {
    if (one.key == line.at(1))
      return UserTextChanged{{line.source, {}}, {line.at(0), {}}, one.what, line.at(2)};
  }
  return Ignored{};
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
    // A puppet has no other host than the one that is shown.
    const auto what = one.what == UserTextChanged::What::shown_host ? UserTextChanged::What::host
                                                                    : one.what;
    const auto row = std::ranges::find(metadata_keys, what, &Metadata::what);
    return metadata && row != std::end(metadata_keys) &&
           make.text(one.source.name, "METADATA", {one.who.name, row->key}, one.value);
  }
  bool operator()(const NickSaved&) { return false; }
};

}  // namespace

bool Ngircd::write(const NetworkEvent& event, std::string& out) {
  return std::visit(NgircdWriter{{modes_, out}, tokens_, metadata_}, event);
}

}  // namespace hanse::irc
