// SPDX-License-Identifier: Apache-2.0
#include "protocols/irc/ts6.h"

#include "protocols/irc/line_reader.h"
#include "server/base/text.h"

namespace hanse::irc {
namespace {

// Commands of servers and services that change nothing this node keeps (irc 4.2).
constexpr std::string_view of_no_interest[] = {
    "MLOCK", "WALLOPS", "OPERWALL", "GLOBOPS", "LOCOPS", "BAN", "KLINE", "UNKLINE", "DLINE",
    "UNDLINE", "XLINE", "UNXLINE", "RESV", "UNRESV", "CLUSTER", "KNOCK", "SVSNICK", "SVSMODE",
    "SVSJOIN", "SVSPART", "SVSTAG", "SVSKILL", "CERTFP", "RHOST", "RESYNC", "METADATA", "GCAP",
    "OPER", "SETFILTER", "CAPAB", "PASS", "REHASH", "CONNECT", "EOPMOD", "OPME", "ETRACE"};

using What = UserTextChanged::What;

std::string_view star_as_nothing(std::string_view text) {
  return text == "*" ? std::string_view() : text;
}

}  // namespace

// The commands of TS6 alone.
const Command<Ts6> Ts6::commands[] = {
    {"UID", 9, [](Ts6& self, const Line& line) { return self.read_user(line); }},
    {"EUID", 11, [](Ts6& self, const Line& line) { return self.read_extended_user(line); }},
    {"SJOIN", 4, [](Ts6& self, const Line& line) { return self.read_members(line); }},
    {"JOIN", 1, [](Ts6& self, const Line& line) { return self.read_join(line); }},
    {"TMODE", 3, [](Ts6& self, const Line& line) { return self.read_modes(line); }},
    {"BMASK", 4, [](Ts6& self, const Line& line) { return self.read_masks(line); }},
    {"EBMASK", 4, [](Ts6& self, const Line& line) { return self.read_masks(line); }},
    {"TBURST", 5, [](Ts6& self, const Line& line) { return self.read_topic_burst(line); }},
    {"ETB", 5, [](Ts6& self, const Line& line) { return self.read_topic_burst(line); }},
    {"TB", 3, [](Ts6& self, const Line& line) { return self.read_topic_short(line); }},
    {"ENCAP", 2, [](Ts6& self, const Line& line) { return self.read_encap(line); }},
    {"PONG", 1, [](Ts6& self, const Line& line) { return self.read_pong(line); }},
    {"PING", 1, [](Ts6& self, const Line& line) { return self.read_ping(line); }},
    {"SID", 4,
     [](Ts6&, const Line& line) -> NetworkEvent {
       return ServerIntroduced{{line.source, {}}, line.at(0), line.at(2), line.all().back()};
     }},
    {"SERVER", 3,
     [](Ts6&, const Line& line) -> NetworkEvent {   // one without an id: a jupe
       return ServerIntroduced{{line.source, {}}, line.at(0), {}, line.all().back()};
     }},
    // Of services: "uid nick-ts host", "uid nick-ts account"; and of solanum "uid host"
    {"SVSHOST", 3,
     [](Ts6&, const Line& line) -> NetworkEvent {
       return UserTextChanged{{line.source, {}}, {line.at(0), {}}, What::shown_host, line.at(2),
                              seconds_of(line.at(1))};
     }},
    {"SVSACCOUNT", 3,
     [](Ts6&, const Line& line) -> NetworkEvent {
       return UserTextChanged{{line.source, {}}, {line.at(0), {}}, What::account, line.at(2),
                              seconds_of(line.at(1))};
     }},
    {"CHGHOST", 2,
     [](Ts6&, const Line& line) -> NetworkEvent {
       return UserTextChanged{{line.source, {}}, {line.at(0), {}}, What::shown_host, line.at(1)};
     }},
    // "nick ident host ts account": after services have logged somebody in
    {"SIGNON", 5,
     [](Ts6&, const Line& line) -> NetworkEvent {
       return NickChanged{{line.source, {}}, line.at(0), seconds_of(line.at(3)), line.at(1),
                          line.at(2), line.at(4) == "0" ? "*" : line.at(4)};
     }},
    {"AWAY", 0, [](Ts6&, const Line& line) { return away_of(line); }},
    {"MODE", 2, [](Ts6&, const Line& line) { return visibility_of(line.at(0), line.at(1)); }},
    {"SVINFO", 4,
     [](Ts6&, const Line& line) -> NetworkEvent { return ClockTold{seconds_of(line.at(3))}; }},
    {"EOB", 0,
     [](Ts6&, const Line& line) -> NetworkEvent { return BurstEnded{{line.source, {}}}; }},
};

NetworkEvent Ts6::read(const Line& line) {
  if (const auto shared = read_shared(line)) return *shared;
  if (const auto own = read_own<Ts6>(commands, *this, line)) return *own;
  if (const auto query = read_query(line)) return *query;
  if (is_number(line.command) || is_one_of(line.command, of_no_interest)) return Ignored{};
  return unknown_command(line.source);
}

// solanum: "nick hops ts modes ident host ip uid :gecos"
// hybrid:  "nick hops ts modes ident shown-host host ip uid account :gecos"
NetworkEvent Ts6::read_user(const Line& line) const {
  if (hybrid_ && line.parameters < 11) return missing;
  UserIntroduced user;
  user.server = {line.source, {}};
  user.nick = line.at(0);
  user.timestamp = seconds_of(line.at(2));
  user.modes = line.at(3);
  user.ident = line.at(4);
  user.shown_host = line.at(5);
  user.host = line.at(hybrid_ ? 6 : 5);
  user.address = line.at(hybrid_ ? 7 : 6);
  user.uid = line.at(hybrid_ ? 8 : 7);
  if (hybrid_) user.account = star_as_nothing(line.at(9));
  user.realname = line.all().back();
  return user;
}

// "nick hops ts modes ident shown-host ip uid host|* account|* :gecos"
NetworkEvent Ts6::read_extended_user(const Line& line) const {
  UserIntroduced user;
  user.server = {line.source, {}};
  user.nick = line.at(0);
  user.timestamp = seconds_of(line.at(2));
  user.modes = line.at(3);
  user.ident = line.at(4);
  user.shown_host = line.at(5);
  user.address = line.at(6);
  user.uid = line.at(7);
  user.host = line.at(8) == "*" ? line.at(5) : line.at(8);
  user.account = star_as_nothing(line.at(9));
  user.realname = line.all().back();
  return user;
}

// "ts channel +modes [parameters] :@+uid ..."
NetworkEvent Ts6::read_members(const Line& line) {
  changes_.clear();
  const auto all = line.all();
  modes_.read(line.at(2), all.subspan(3, all.size() - 4), changes_);
  read_member_list(modes_, all.back(), ' ', members_);
  return ChannelJoined{{line.source, {}}, line.at(1), seconds_of(line.at(0)), changes_, members_};
}

// ":uid JOIN ts channel +", ":uid JOIN 0": leaves them all
NetworkEvent Ts6::read_join(const Line& line) {
  if (line.parameters == 1 && line.at(0) == "0") return ChannelLeft{{line.source, {}}, {}, {}};
  if (line.parameters < 2) return missing;
  members_.assign(1, ChannelMember{{line.source, {}}, 0});
  return ChannelJoined{{line.source, {}}, line.at(1), seconds_of(line.at(0)), {}, members_};
}

NetworkEvent Ts6::read_modes(const Line& line) {
  changes_.clear();
  modes_.read(line.at(2), line.all().subspan(3), changes_);
  return ModesChanged{{line.source, {}}, line.at(1), seconds_of(line.at(0)), changes_};
}

// "ts channel b :mask mask"; EBMASK: ":mask when who mask when who"
NetworkEvent Ts6::read_masks(const Line& line) {
  if (line.at(2).size() != 1) return missing;
  changes_.clear();
  const ModeRow* row = modes_.by_letter(line.at(2).front());
  if (row == nullptr || row->kind != ModeKind::list) return Ignored{};
  const std::size_t step = line.command == "EBMASK" ? 3 : 1;
  std::size_t count = 0;
  for (const std::string_view mask : split(line.at(3), ' ')) {
    if (!mask.empty() && count++ % step == 0)
      changes_.push_back({true, row->mode, row->letter, mask});
  }
  return ModesChanged{{line.source, {}}, line.at(1), seconds_of(line.at(0)), changes_};
}

// "channel-ts channel topic-ts setter :topic"; ETB may have more before the topic.
NetworkEvent Ts6::read_topic_burst(const Line& line) const {
  return TopicSet{{line.source, {}}, line.at(1), seconds_of(line.at(0)), seconds_of(line.at(2)),
                  line.at(3), line.all().back()};
}

// "channel topic-ts [setter] :topic"
NetworkEvent Ts6::read_topic_short(const Line& line) const {
  return TopicSet{{line.source, {}}, line.at(0), 0, seconds_of(line.at(1)),
                  line.parameters > 3 ? line.at(2) : std::string_view(), line.all().back()};
}

// "mask command ...": of interest only as far as they say something of a user.
NetworkEvent Ts6::read_encap(const Line& line) const {
  if (line.at(1) == "LOGIN" && line.parameters > 2)
    return UserTextChanged{{}, {line.source, {}}, What::account, line.at(2)};
  if (line.at(1) == "SU" && line.parameters > 2)
    return UserTextChanged{{line.source, {}}, {line.at(2), {}}, What::account, line.at(3)};
  if (line.at(1) == "CHGHOST" && line.parameters > 3)
    return UserTextChanged{{line.source, {}}, {line.at(2), {}}, What::shown_host, line.at(3)};
  return Ignored{};
}

// irc 4.1: the first answer of a server without EOB ends its burst.
NetworkEvent Ts6::read_pong(const Line& line) {
  if (!burst_over_ && !capabilities_.contains("EOB")) {
    burst_over_ = true;
    return BurstEnded{{line.source, {}}};
  }
  return Ponged{{line.source, {}}, {line.all().back(), {}}};
}

// ":3HY PING hyb.example :9RL", or "PING :3HY" of the server at the other end.
NetworkEvent Ts6::read_ping(const Line& line) const {
  if (line.parameters == 1) return Pinged{{line.at(0), {}}, {}};
  return Pinged{{line.source.empty() ? line.at(0) : line.source, {}}, {line.at(1), {}}};
}

}  // namespace hanse::irc
