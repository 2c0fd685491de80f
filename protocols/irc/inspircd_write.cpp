// SPDX-License-Identifier: Apache-2.0
#include "protocols/irc/inspircd.h"

#include "protocols/irc/limits.h"
#include "protocols/irc/line_maker.h"

namespace hanse::irc {
namespace {

std::string number(Timestamp value) { return std::to_string(value); }

// One overload for each event there are words for (irc 3.3).
struct InspircdWriter {
  bool newer;
  const ModeTable& modes;
  const TagsKept& tags;
  std::string& out;
  LineMaker make{out};

  bool operator()(const ServerIntroduced& one) {
    return make.text(one.uplink.id, "SERVER", {one.name, one.sid}, one.description) &&
           make.text(one.sid, "SINFO", {version_key(newer)}, "hanse");
  }
  bool operator()(const ServerLeft& one) {
    return make.text(one.source.id, "SQUIT", {one.server.id}, one.reason);
  }
  bool operator()(const BurstEnded& one) { return make.words(one.server.id, "ENDBURST", {}); }
  bool operator()(const UserIntroduced& one) {
    const std::string at = number(one.timestamp);
    std::vector<std::string_view> words{one.uid,  at,         one.nick, one.host, one.shown_host,
                                        one.ident};
    if (newer) words.push_back(one.ident);   // the one that is shown
    words.insert(words.end(), {one.address, at, one.modes.empty() ? "+" : one.modes});
    return make.many(one.server.id, "UID", words, one.realname) &&
           (one.account.empty() ||
            make.text(one.server.id, "METADATA", {one.uid, "accountname"}, one.account));
  }
  bool operator()(const NickChanged& one) {
    return make.words(one.who.id, "NICK", {one.nick, number(one.timestamp)});
  }
  bool operator()(const NickSaved& one) {
    return make.words(one.source.id, "SAVE", {one.who.id, number(one.timestamp)});
  }
  bool operator()(const UserLeft& one) { return make.text(one.who.id, "QUIT", {}, one.reason); }
  bool operator()(const UserKilled& one) {
    return make.text(one.source.id, "KILL", {one.who.id}, one.reason);
  }
  bool operator()(const ChannelJoined& one) {
    const std::string at = number(one.timestamp);
    std::string list;
    const auto flush = [&] {
      const bool good = make.text(one.source.id, "FJOIN", {one.channel, at, "+"}, list);
      list.clear();
      return good;
    };
    for (const ChannelMember& member : one.members) {
      if (list.size() > member_list_bytes && !flush()) return false;
      if (!list.empty()) list += ' ';
      list.append(modes.status_letters(member.status)).append(",").append(member.who.id);
    }
    return list.empty() || flush();
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
    return make.text(one.source.id, "FTOPIC",
                     {one.channel, number(one.channel_timestamp), number(one.topic_timestamp),
                      one.setter},
                     one.text);
  }
  bool operator()(const ModesChanged& one) {
    const std::string at = number(one.timestamp);
    for (std::size_t next = 0; next < one.changes.size();) {
      const ModeTable::Written written = modes.write(one.changes, next);
      if (written.letters.empty()) continue;
      std::vector<std::string_view> middle{one.channel, at, written.letters};
      middle.insert(middle.end(), written.parameters.begin(), written.parameters.end());
      if (!make.many(one.source.id, "FMODE", middle)) return false;
    }
    return true;
  }
  bool operator()(const Said& one) { return write_said(one, tags, one.source.id, out); }
  bool operator()(const AwaySet& one) {
    return one.text.empty() ? make.words(one.who.id, "AWAY", {})
                            : make.text(one.who.id, "AWAY", {number(one.since)}, one.text);
  }
  bool operator()(const UserTextChanged& one) {
    switch (one.what) {
      case UserTextChanged::What::account:
        return make.text(one.source.id, "METADATA", {one.who.id, "accountname"}, one.value);
      case UserTextChanged::What::shown_host: return make.words(one.who.id, "FHOST", {one.value});
      case UserTextChanged::What::ident: return make.words(one.who.id, "FIDENT", {one.value});
      case UserTextChanged::What::realname: return make.text(one.who.id, "FNAME", {}, one.value);
      case UserTextChanged::What::host: break;
    }
    return false;
  }
  bool operator()(const VisibilityChanged& one) {
    return make.words(one.who.id, "MODE", {one.who.id, one.invisible ? "+i" : "-i"});
  }
  bool operator()(const Pinged& one) {
    return make.words(one.source.id, "PING", {one.target.id});
  }
  bool operator()(const Ponged& one) {
    return make.words(one.source.id, "PONG", {one.target.id});
  }
  bool operator()(const IdleTold& one) {
    return make.words(one.who.id, "IDLE", {one.asker.id, number(one.signed_on), "0"});
  }
  bool operator()(const IdleAsked&) { return false; }
  bool operator()(const Queried&) { return false; }
  bool operator()(const Replied& one) {
    std::vector<std::string_view> words{one.source.id, one.asker.id, one.number};
    words.insert(words.end(), one.middle.begin(), one.middle.end());
    return make.many(one.source.id, "NUM", words, one.text);
  }
  bool operator()(const LinkError& one) { return make.text({}, "ERROR", {}, one.text); }
  bool operator()(const BurstTaken&) { return false; }
  bool operator()(const ClockTold&) { return false; }
  bool operator()(const Ignored&) { return false; }
  bool operator()(const Malformed&) { return false; }

  static constexpr std::size_t member_list_bytes =
      limits::body_long_write_bytes_max - limits::channel_name_bytes_max - 60;
};

}  // namespace

bool Inspircd::write(const NetworkEvent& event, std::string& out) {
  return std::visit(InspircdWriter{newer_, modes_, tags_, out}, event);
}

}  // namespace hanse::irc
