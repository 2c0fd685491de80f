// SPDX-License-Identifier: Apache-2.0
#include "protocols/irc/limits.h"
#include "protocols/irc/line_maker.h"
#include "protocols/irc/members.h"
#include "protocols/irc/tags.h"
#include "protocols/irc/ts6.h"

namespace hanse::irc {
namespace {

std::string number(Timestamp value) { return std::to_string(value); }

std::string_view or_star(std::string_view text) { return text.empty() ? "*" : text; }

// One overload for each event there are words for (irc 4.2).
struct Ts6Writer {
  bool hybrid;
  bool euid, etb;                  // what solanum's side can do
  bool eob;
  TagsKept tags;
  const ModeTable& modes;
  std::string& out;
  LineMaker make{out};

  bool operator()(const ServerIntroduced& one) {
    return hybrid ? make.text(one.uplink.id, "SID", {one.name, "2", one.sid, "+"}, one.description)
                  : make.text(one.uplink.id, "SID", {one.name, "2", one.sid}, one.description);
  }
  bool operator()(const ServerLeft& one) {
    return make.text(one.source.id, "SQUIT", {one.server.id}, one.reason);
  }
  bool operator()(const BurstEnded& one) { return !eob || make.words(one.server.id, "EOB", {}); }
  bool operator()(const UserIntroduced& one) {
    const std::string at = number(one.timestamp);
    const std::string_view umodes = one.modes.empty() ? "+" : one.modes;
    if (hybrid)
      return make.text(one.server.id, "UID",
                       {one.nick, "2", at, umodes, one.ident, one.shown_host, one.host,
                        one.address, one.uid, or_star(one.account)},
                       one.realname);
    if (euid)
      return make.text(one.server.id, "EUID",
                       {one.nick, "2", at, umodes, one.ident, one.shown_host, one.address, one.uid,
                        one.host == one.shown_host ? "*" : one.host, or_star(one.account)},
                       one.realname);
    return make.text(one.server.id, "UID",
                     {one.nick, "2", at, umodes, one.ident, one.shown_host, one.address, one.uid},
                     one.realname);
  }
  bool operator()(const NickChanged& one) {
    return make.text(one.who.id, "NICK", {one.nick}, number(one.timestamp));
  }
  bool operator()(const NickSaved& one) {
    return make.words(one.source.id, "SAVE", {one.who.id, number(one.timestamp)});
  }
  bool operator()(const UserLeft& one) { return make.text(one.who.id, "QUIT", {}, one.reason); }
  bool operator()(const UserKilled& one) {
    std::string path(one.source.name.empty() ? one.source.id : one.source.name);
    path.append(" (").append(one.reason).append(")");
    return make.text(one.source.id, "KILL", {one.who.id}, path);
  }
  bool operator()(const ChannelJoined& one) {
    const std::string at = number(one.timestamp);
    return write_member_list(modes, one.members, ' ', member_list_bytes,
                             [&](std::string_view list) {
                               return make.text(one.source.id, "SJOIN", {at, one.channel, "+"},
                                                list);
                             });
  }
  bool operator()(const ChannelLeft& one) {
    return make.text(one.who.id, "PART", {one.channel}, one.reason);
  }
  bool operator()(const Kicked& one) {
    return make.text(one.source.id, "KICK", {one.channel, one.who.id}, one.reason);
  }
  bool operator()(const Invited& one) {
    return make.words(one.source.id, "INVITE",
                      {one.who.id, one.channel, number(one.channel_timestamp)});
  }
  bool operator()(const TopicSet& one) {
    if (!one.from_server) return make.text(one.source.id, "TOPIC", {one.channel}, one.text);
    const std::string of_channel = number(one.channel_timestamp);
    const std::string of_topic = number(one.topic_timestamp);
    if (hybrid || etb)
      return make.text(one.source.id, hybrid ? "TBURST" : "ETB",
                       {of_channel, one.channel, of_topic, one.setter}, one.text);
    return make.text(one.source.id, "TB", {one.channel, of_topic, one.setter}, one.text);
  }
  bool operator()(const ModesChanged& one) {
    const std::string at = number(one.timestamp);
    return write_mode_lines(modes, one.changes, [&](std::span<const std::string_view> words) {
      std::vector<std::string_view> middle{at, one.channel};
      middle.insert(middle.end(), words.begin(), words.end());
      return make.many(one.source.id, "TMODE", middle);
    });
  }
  bool operator()(const Said& one) { return write_said(one, tags, one.source.id, out); }
  bool operator()(const AwaySet& one) {
    return one.text.empty() ? make.words(one.who.id, "AWAY", {})
                            : make.text(one.who.id, "AWAY", {}, one.text);
  }
  // solanum has words for a host; for the rest there are none that all take.
  bool operator()(const UserTextChanged& one) {
    if (hybrid || one.what != UserTextChanged::What::shown_host) return false;
    return euid ? make.words(one.source.id, "CHGHOST", {one.who.id, one.value})
                : make.words(one.source.id, "ENCAP", {"*", "CHGHOST", one.who.id, one.value});
  }
  bool operator()(const VisibilityChanged& one) {
    return make.text(one.who.id, "MODE", {one.who.id}, one.invisible ? "+i" : "-i");
  }
  bool operator()(const Pinged& one) { return make.text({}, "PING", {}, one.source.id); }
  bool operator()(const Ponged& one) {
    return make.text(one.source.id, "PONG", {one.source.name}, one.target.id);
  }
  bool operator()(const Replied& one) {
    std::vector<std::string_view> words{one.asker.id};
    words.insert(words.end(), one.middle.begin(), one.middle.end());
    return make.many(one.source.id, one.number, words, one.text);
  }
  bool operator()(const LinkError& one) { return make.text({}, "ERROR", {}, one.text); }
  bool operator()(const IdleAsked&) { return false; }
  bool operator()(const Queried&) { return false; }
  bool operator()(const IdleTold&) { return false; }
  bool operator()(const BurstTaken&) { return false; }
  bool operator()(const ClockTold&) { return false; }
  bool operator()(const Ignored&) { return false; }
  bool operator()(const Malformed&) { return false; }

  static constexpr std::size_t member_list_bytes =
      limits::body_write_bytes_max - limits::channel_name_bytes_max - 60;
};

}  // namespace

bool Ts6::write(const NetworkEvent& event, std::string& out) {
  const auto can = [this](std::string_view word) { return capabilities_.contains(word); };
  const bool stag = !hybrid_ && can("STAG");
  return std::visit(Ts6Writer{hybrid_, can("EUID"), can("EOPMOD"), can("EOB"),
                              {stag, stag, stag, true}, modes_, out},
                    event);
}

}  // namespace hanse::irc
