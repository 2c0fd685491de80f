// SPDX-License-Identifier: Apache-2.0
#include "protocols/irc/rfc2813.h"

#include "protocols/irc/limits.h"
#include "protocols/irc/members.h"
#include "protocols/irc/tags.h"

namespace hanse::irc {

Rfc2813::Rfc2813(std::span<const ModeRow> rows, std::size_t modes_per_line)
    : modes_(rows, modes_per_line) {
  facts_.has_timestamps = false;
  facts_.parameters_max = limits::parameters_strict_max;
  facts_.status_messages = false;
}

void Rfc2813::greet(const NetworkSettings& network, std::string& out) {
  dialled_ = true;
  network_ = &network;
  say_who(out);
}

Result<void> Rfc2813::meet(const Line& line, std::string_view sid, HandshakeDesk& desk,
                           std::string& out) {
  const Result<const NetworkSettings*> known =
      know_peer(dialled_ ? network_ : nullptr, line.at(0), password_, desk);
  if (!known) return known.error();
  network_ = *known;
  peer_ = {std::string(line.at(0)), std::string(sid), std::string(line.all().back())};
  if (!dialled_) say_who(out);
  return {};
}

// ---- reading ----

const Command<Rfc2813> Rfc2813::commands[] = {
    {"NJOIN", 2, [](Rfc2813& self, const Line& line) { return self.read_members(line); }},
    {"JOIN", 1, [](Rfc2813& self, const Line& line) { return self.read_join(line); }},
    {"MODE", 2, [](Rfc2813& self, const Line& line) { return self.read_mode(line); }},
    {"NICK", 1,
     [](Rfc2813&, const Line& line) -> NetworkEvent {
       return NickChanged{{line.source, {}}, line.at(0), 0};
     }},
    {"PONG", 0,
     [](Rfc2813&, const Line& line) -> NetworkEvent { return Ponged{{line.source, {}}, {}}; }},
    {"AWAY", 0, [](Rfc2813&, const Line& line) { return away_of(line); }},
};

NetworkEvent Rfc2813::read_rest(const Line& line, std::span<const std::string_view> ignored) {
  if (const auto own = read_own<Rfc2813>(commands, *this, line)) return *own;
  if (const auto shared = read_shared(line)) return *shared;
  if (const auto query = read_query(line)) return *query;
  if (is_number(line.command) || is_one_of(line.command, ignored)) return Ignored{};
  return unknown_command(line.source);
}

// ":server NJOIN channel :@nick,+nick"
NetworkEvent Rfc2813::read_members(const Line& line) {
  read_member_list(modes_, line.at(1), ',', members_);
  return ChannelJoined{{line.source, {}}, line.at(0), 0, {}, members_};
}

// ":nick JOIN channel", the ranks behind a BEL maybe (RFC 2813 4.2.1)
NetworkEvent Rfc2813::read_join(const Line& line) {
  const std::string_view channel = line.at(0).substr(0, line.at(0).find('\a'));
  const std::string_view ranks = line.at(0).substr(channel.size());
  members_.assign(1, ChannelMember{{line.source, {}}, modes_.status_of(ranks)});
  return ChannelJoined{{line.source, {}}, channel, 0, {}, members_};
}

NetworkEvent Rfc2813::read_mode(const Line& line) {
  const std::string_view target = line.at(0), letters = line.at(1);
  if (!target.empty() && std::string_view("#&+!").find(target.front()) != std::string_view::npos)
    return read_modes(line, target, letters, line.all().subspan(2));
  // irc 5: a mode of the user says that he is away, and not why.
  bool add = true;
  for (const char letter : letters) {
    if (letter == '+' || letter == '-') add = letter == '+';
    else if (letter == 'a') return AwaySet{{target, {}}, add ? "away" : ""};
  }
  return visibility_of(target, letters);
}

NetworkEvent Rfc2813::read_modes(const Line& line, std::string_view channel,
                                 std::string_view letters,
                                 std::span<const std::string_view> parameters) {
  changes_.clear();
  modes_.read(letters, parameters, changes_);
  return ModesChanged{{line.source, {}}, channel, 0, changes_};
}

// ---- writing ----

bool Rfc2813Writer::operator()(const ServerLeft& one) {
  return make.text(one.source.word(), "SQUIT", {one.server.word()}, one.reason);
}
bool Rfc2813Writer::operator()(const NickChanged& one) {
  return make.text(one.who.word(), "NICK", {}, one.nick);
}
bool Rfc2813Writer::operator()(const UserLeft& one) {
  return make.text(one.who.word(), "QUIT", {}, one.reason);
}
bool Rfc2813Writer::operator()(const UserKilled& one) {
  return make.text(one.source.word(), "KILL", {one.who.word()}, one.reason);
}
bool Rfc2813Writer::operator()(const ChannelJoined& one) {
  constexpr std::size_t bytes_max = limits::body_write_bytes_max -
                                    2 * limits::server_name_bytes_max -
                                    limits::channel_name_bytes_max - 40;
  return write_member_list(modes, one.members, ',', bytes_max, [&](std::string_view list) {
    return make.text(one.source.word(), "NJOIN", {one.channel}, list);
  });
}
bool Rfc2813Writer::operator()(const ChannelLeft& one) {
  return make.text(one.who.word(), "PART", {one.channel}, one.reason);
}
bool Rfc2813Writer::operator()(const Kicked& one) {
  return make.text(one.source.word(), "KICK", {one.channel, one.who.word()}, one.reason);
}
bool Rfc2813Writer::operator()(const Invited& one) {
  return make.words(one.source.word(), "INVITE", {one.who.word(), one.channel});
}
bool Rfc2813Writer::operator()(const TopicSet& one) {
  return make.text(one.source.word(), "TOPIC", {one.channel}, one.text);
}
bool Rfc2813Writer::operator()(const ModesChanged& one) {
  return write_mode_lines(modes, one.changes, [&](std::span<const std::string_view> words) {
    std::vector<std::string_view> middle{one.channel};
    middle.insert(middle.end(), words.begin(), words.end());
    return make.many(one.source.word(), "MODE", middle);
  });
}
bool Rfc2813Writer::operator()(const Said& one) {
  return write_said(one, {}, one.source.word(), out);
}
bool Rfc2813Writer::operator()(const AwaySet& one) {
  return make.text(one.who.word(), "MODE", {one.who.name}, one.text.empty() ? "-a" : "+a");
}
bool Rfc2813Writer::operator()(const VisibilityChanged& one) {
  return make.text(one.who.word(), "MODE", {one.who.name}, one.invisible ? "+i" : "-i");
}
bool Rfc2813Writer::operator()(const Pinged& one) {
  return make.text(one.source.word(), "PING", {}, one.source.name);
}
bool Rfc2813Writer::operator()(const Ponged& one) {
  return make.text(one.source.word(), "PONG", {one.source.name}, one.target.name);
}
bool Rfc2813Writer::operator()(const Replied& one) {
  std::vector<std::string_view> words{one.asker.name};
  words.insert(words.end(), one.middle.begin(), one.middle.end());
  return make.many(one.source.name, one.number, words, one.text);
}
bool Rfc2813Writer::operator()(const LinkError& one) {
  return make.text({}, "ERROR", {}, one.text);
}

}  // namespace hanse::irc
