// SPDX-License-Identifier: Apache-2.0
#include "protocols/irc/inspircd.h"

#include "protocols/irc/line_reader.h"
#include "server/base/text.h"

namespace hanse::irc {
namespace {

// Commands of servers and services that change nothing this node keeps (irc 3.3).
constexpr std::string_view of_no_interest[] = {
    "SINFO", "ADDLINE", "DELLINE", "NUM", "OPERTYPE", "OPERQUIT", "SNONOTICE", "SVSJOIN",
    "SVSPART", "SVSNICK", "SVSTOPIC", "SVSHOLD", "SQUERY", "FRHOST", "SWHOIS", "SPING", "ALLTIME",
    "UNINVITE", "REHASH", "SAQUIT", "CHECK", "FILTER", "CBAN", "RSILENCE", "WALLOPS", "KNOCK",
    "RESYNC", "RCONNECT", "SVSCMODE", "SVSOPER", "GLOADMODULE", "GUNLOADMODULE", "GRELOADMODULE"};

using What = UserTextChanged::What;

std::string_view star_as_nothing(std::string_view text) {
  return text == "*" ? std::string_view() : text;
}

// "shown [real]"; 1206 leaves one of both as it is: "*".
NetworkEvent read_host(const Line& line) {
  UserTextChanged out{{line.source, {}}, {line.source, {}}, What::shown_host,
                      star_as_nothing(line.at(0))};
  out.real_host = star_as_nothing(line.at(1));
  if (out.value.empty() && out.real_host.empty()) return Ignored{};
  return out;
}

// The same of the user name, of which only what is shown is kept.
NetworkEvent read_ident(const Line& line) {
  if (star_as_nothing(line.at(0)).empty()) return Ignored{};
  return UserTextChanged{{line.source, {}}, {line.source, {}}, What::ident, line.at(0)};
}

}  // namespace

// The commands InspIRCd has to itself, or writes in its own way.
const Command<Inspircd> Inspircd::commands[] = {
    {"UID", 10, [](Inspircd& self, const Line& line) { return self.read_user(line); }},
    {"FJOIN", 4, [](Inspircd& self, const Line& line) { return self.read_members(line); }},
    {"IJOIN", 2, [](Inspircd& self, const Line& line) { return self.read_join(line); }},
    {"FMODE", 3, [](Inspircd& self, const Line& line) { return self.read_modes(line); }},
    {"LMODE", 3, [](Inspircd& self, const Line& line) { return self.read_list(line); }},
    {"FTOPIC", 4, [](Inspircd& self, const Line& line) { return self.read_topic(line); }},
    {"SERVER", 3, [](Inspircd& self, const Line& line) { return self.read_server(line); }},
    {"METADATA", 2, [](Inspircd& self, const Line& line) { return self.read_metadata(line); }},
    {"AWAY", 0,
     [](Inspircd&, const Line& line) -> NetworkEvent {
       return AwaySet{{line.source, {}}, line.at(1)};
     }},
    {"FHOST", 1, [](Inspircd&, const Line& line) { return read_host(line); }},
    {"FIDENT", 1, [](Inspircd&, const Line& line) { return read_ident(line); }},
    {"FNAME", 1,
     [](Inspircd&, const Line& line) -> NetworkEvent {
       return UserTextChanged{{line.source, {}}, {line.source, {}}, What::realname, line.at(0)};
     }},
    {"ENCAP", 2,
     [](Inspircd&, const Line& line) -> NetworkEvent {
       if (line.at(1) != "REMOVE" || line.parameters < 4) return Ignored{};
       return Kicked{{line.source, {}}, line.at(3), {line.at(2), {}}, line.at(4), true};
     }},
    {"MODE", 2, [](Inspircd&, const Line& line) { return visibility_of(line.at(0), line.at(1)); }},
    {"IDLE", 1,
     [](Inspircd&, const Line& line) -> NetworkEvent {
       if (line.parameters > 1) return Ignored{};   // an answer
       return IdleAsked{{line.source, {}}, {line.at(0), {}}};
     }},
    {"MAP", 1,   // anybody's, to the server he names
     [](Inspircd&, const Line& line) -> NetworkEvent {
       return Queried{{line.source, {}}, "MAP", line.at(0), {}};
     }},
    {"RSQUIT", 1,
     [](Inspircd&, const Line& line) -> NetworkEvent {
       return ServerLeft{{line.source, {}}, {line.at(0), {}}, line.at(1), true};
     }},
    {"PING", 1,
     [](Inspircd&, const Line& line) -> NetworkEvent {
       return Pinged{{line.source, {}}, {line.at(0), {}}};
     }},
    {"PONG", 1,
     [](Inspircd&, const Line& line) -> NetworkEvent {
       return Ponged{{line.source, {}}, {line.at(0), {}}};
     }},
    {"BURST", 0,
     [](Inspircd&, const Line& line) -> NetworkEvent {   // 1202: without the time
       if (line.parameters == 0) return Ignored{};
       return ClockTold{seconds_of(line.at(0))};
     }},
    {"ENDBURST", 0,
     [](Inspircd&, const Line& line) -> NetworkEvent { return BurstEnded{{line.source, {}}}; }},
};

NetworkEvent Inspircd::read(const Line& line) {
  if (const auto shared = read_shared(line)) return *shared;
  if (const auto own = read_own<Inspircd>(commands, *this, line)) return *own;
  if (const auto query = read_query(line)) return *query;
  if (is_number(line.command) || is_one_of(line.command, of_no_interest)) return Ignored{};
  return unknown_command(line.source);
}

// "uid ts nick realhost dhost ident ip signon +modes [parameters] :gecos"; 1206: the ident twice
NetworkEvent Inspircd::read_user(const Line& line) {
  const bool newer = line.parameters > 10 && line.at(8).find_first_not_of("0123456789") ==
                                                 std::string_view::npos;
  const std::size_t shift = newer ? 1 : 0;
  UserIntroduced user;
  user.server = {line.source, {}};
  user.uid = line.at(0);
  user.timestamp = seconds_of(line.at(1));
  user.nick = line.at(2);
  user.host = line.at(3);
  user.shown_host = line.at(4);
  user.ident = line.at(5 + shift);
  user.address = line.at(6 + shift);
  user.modes = line.at(8 + shift);
  user.realname = line.all().back();
  return user;
}

// "channel ts +modes [parameters] :o,uid:membid v,uid:membid"
NetworkEvent Inspircd::read_members(const Line& line) {
  changes_.clear();
  members_.clear();
  const auto all = line.all();
  modes_.read(line.at(2), all.subspan(3, all.size() - 4), changes_);
  for (std::string_view one : split(all.back(), ' ')) {
    const std::size_t comma = one.find(',');
    if (comma == std::string_view::npos) continue;
    ChannelMember member;
    member.status = modes_.status_of(one.substr(0, comma));
    one.remove_prefix(comma + 1);
    member.who.id = one.substr(0, one.find(':'));
    if (!member.who.id.empty()) members_.push_back(member);
  }
  return ChannelJoined{{line.source, {}}, line.at(0), seconds_of(line.at(1)), changes_, members_};
}

// ":uid IJOIN channel membid [ts modes]"
NetworkEvent Inspircd::read_join(const Line& line) {
  changes_.clear();
  members_.assign(1, ChannelMember{{line.source, {}}, modes_.status_of(line.at(3))});
  return ChannelJoined{{line.source, {}}, line.at(0), seconds_of(line.at(2)), changes_, members_};
}

NetworkEvent Inspircd::read_modes(const Line& line) {
  changes_.clear();
  modes_.read(line.at(2), line.all().subspan(3), changes_);
  return ModesChanged{{line.source, {}}, line.at(0), seconds_of(line.at(1)), changes_};
}

// 1206: "channel ts b [mask ts setter]+", in a burst
NetworkEvent Inspircd::read_list(const Line& line) {
  const ModeRow* row = line.at(2).size() == 1 ? modes_.by_letter(line.at(2).front()) : nullptr;
  if (row == nullptr || row->kind != ModeKind::list) return Ignored{};
  changes_.clear();
  for (std::size_t at = 3; at + 2 < line.parameters; at += 3)
    changes_.push_back({true, row->mode, row->letter, line.at(at)});
  return ModesChanged{{line.source, {}}, line.at(0), seconds_of(line.at(1)), changes_};
}

// "channel channel-ts topic-ts [setter] :topic"; who sets it himself names no setter.
NetworkEvent Inspircd::read_topic(const Line& line) const {
  const std::string_view setter = line.parameters > 4 ? line.at(3) : std::string_view();
  return TopicSet{{line.source, {}}, line.at(0), seconds_of(line.at(1)), seconds_of(line.at(2)),
                  setter, line.all().back()};
}

// "name sid [key=value ...] :description"; 1202: "name password hops sid :description"
NetworkEvent Inspircd::read_server(const Line& line) const {
  const bool older = line.parameters == 5 && line.at(1) == "*";
  return ServerIntroduced{{line.source, {}}, line.at(0), line.at(older ? 3 : 1),
                          line.all().back()};
}

NetworkEvent Inspircd::read_metadata(const Line& line) const {
  if (line.at(1) != "accountname") return Ignored{};
  return UserTextChanged{{line.source, {}}, {line.at(0), {}}, What::account, line.at(2)};
}

}  // namespace hanse::irc
