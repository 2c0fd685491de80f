// SPDX-License-Identifier: Apache-2.0
#include "protocols/irc/irc2.h"

#include "server/base/text.h"

namespace hanse::irc {
namespace {

// irc 6: one below 0211 is "too old"; what the letters mean it does not ask.
constexpr std::string_view own_version = "0211030200", own_flags = "IRC|aEFJKMRTu";
constexpr std::size_t modes_per_line = 3;   // of those with a parameter; it drops the others

constexpr ModeRow rows[] = {
    {'o', Mode::op, ModeKind::rank, '@'}, {'v', Mode::voice, ModeKind::rank, '+'},
    {'O', Mode::other, ModeKind::rank}, {'b', Mode::ban, ModeKind::list},
    {'e', Mode::ban_exception, ModeKind::list}, {'I', Mode::invite_exception, ModeKind::list},
    {'R', Mode::other, ModeKind::list}, {'k', Mode::key, ModeKind::always},
    {'l', Mode::limit, ModeKind::on_set}, {'i', Mode::invite_only, ModeKind::flag},
    {'m', Mode::moderated, ModeKind::flag}, {'n', Mode::no_external, ModeKind::flag},
    {'p', Mode::is_private, ModeKind::flag}, {'s', Mode::secret, ModeKind::flag},
    {'t', Mode::topic_lock, ModeKind::flag}, {'a', Mode::other, ModeKind::flag},
    {'q', Mode::other, ModeKind::flag}, {'r', Mode::other, ModeKind::flag},
};

constexpr std::string_view of_no_interest[] = {
    "EOBACK", "SMASK", "SERVICE", "SERVSET", "SQUERY", "WALLOPS", "INVITE", "NAMES", "WHO",
    "LIST", "SUMMON", "SERVLIST", "CONNECT", "ENCAP", "SDIE", "TKLINE", "UNTKLINE", "PASS",
    "RECONNECT", "MAP", "ETRACE", "SIDTRACE"};

}  // namespace

Irc2::Irc2() : Rfc2813(rows, modes_per_line) {
  facts_.casemap = Casemap::ascii;   // as its 005 says
  facts_.nick_bytes_max = 15;
  facts_.sid_bytes = 4;
  facts_.saves = facts_.asks_ranks = true;
  facts_.servers_speak = false;
  facts_.no_address = "0.0.0.0";
}

void Irc2::say_who(std::string& out) const {
  LineMaker make(out);
  make.words({}, "PASS", {network_->send_password.text(), own_version, own_flags, "P"});
  make.text({}, "SERVER", {network_->own_name, "1", sid_here(facts_, network_->sid)},
            network_->description);
}

// "PASS password 0211020003 IRC|flags PZ", "SERVER name 1 000A :description"
Result<bool> Irc2::shake(const Line& line, HandshakeDesk& desk, std::string& out) {
  if (line.command == "ERROR") return its_refusal(line);
  if (line.command == "NOTICE" || is_number(line.command)) return false;
  if (line.command == "PASS") {
    if (line.parameters < 2 || !password_.empty()) return refuse("its PASS is out of order");
    password_ = line.at(0);
    return false;
  }
  if (line.command != "SERVER")
    return refuse("unexpected in the handshake: " + escape_text(line.command, 32));
  if (line.parameters < 4) return refuse("its SERVER has no server id: it is older than 2.11");
  if (Result<void> met = meet(line, line.at(2), desk, out); !met) return met.error();
  return true;
}

void Irc2::write_burst_end(std::string& out) {
  LineMaker(out).words(sid_here(facts_, network_->sid), "EOB", {});
}

// ---- lines ----

const Command<Irc2> Irc2::commands[] = {
    {"UNICK", 7, [](Irc2& self, const Line& line) { return self.read_user(line); }},
    {"SAVE", 1,
     [](Irc2&, const Line& line) -> NetworkEvent {
       return NickSaved{{line.source, {}}, {line.at(0), {}}, 0};
     }},
    {"EOB", 0,
     [](Irc2&, const Line& line) -> NetworkEvent { return BurstEnded{{line.source, {}}}; }},
    {"PING", 1,
     [](Irc2&, const Line& line) -> NetworkEvent { return Pinged{{line.source, {}}, {}}; }},
    // "name hops sid version :description"
    {"SERVER", 5,
     [](Irc2&, const Line& line) -> NetworkEvent {
       return ServerIntroduced{{line.source, {}}, line.at(0), line.at(2), line.all().back()};
     }},
    // A server behind another's name has an id alone.
    {"SMASK", 1,
     [](Irc2&, const Line& line) -> NetworkEvent {
       return ServerIntroduced{{line.source, {}}, line.at(0), line.at(0), {}};
     }},
    {"KILL", 1,
     [](Irc2&, const Line& line) -> NetworkEvent {
       return UserKilled{{line.source, {}}, {line.at(0), {}}, line.at(1)};
     }},
};

NetworkEvent Irc2::read(const Line& line) {
  if (const auto own = read_own<Irc2>(commands, *this, line)) return *own;
  return read_rest(line, of_no_interest);
}

// ":sid UNICK nick uid ident host address +modes :realname"
NetworkEvent Irc2::read_user(const Line& line) const {
  UserIntroduced user;
  user.server = {line.source, {}};
  user.nick = line.at(0);
  user.uid = line.at(1);
  user.ident = line.at(2);
  user.host = user.shown_host = line.at(3);
  user.address = line.at(4);
  user.modes = line.at(5);
  user.realname = line.all().back();
  return user;
}

namespace {

struct Irc2Writer : Rfc2813Writer {
  using Rfc2813Writer::operator();

  bool operator()(const ServerIntroduced& one) {
    return make.text(one.uplink.id, "SERVER", {one.name, "2", one.sid, own_version},
                     one.description);
  }
  bool operator()(const BurstEnded& one) { return make.words(one.server.id, "EOB", {}); }
  bool operator()(const BurstTaken& one) { return make.words(one.by.id, "EOBACK", {}); }
  bool operator()(const UserIntroduced& one) {
    return make.text(one.server.id, "UNICK",
                     {one.nick, one.uid, one.ident, one.shown_host, one.address,
                      one.modes.empty() ? "+" : one.modes},
                     one.realname);
  }
  bool operator()(const NickSaved& one) {
    return make.text(one.source.id, "SAVE", {one.who.id}, one.source.name);
  }
};

}  // namespace

bool Irc2::write(const NetworkEvent& event, std::string& out) {
  return std::visit(Irc2Writer{{modes_, out}}, event);
}

}  // namespace hanse::irc
