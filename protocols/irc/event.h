// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

#include "protocols/irc/modes.h"
#include "protocols/irc/timestamps.h"

namespace hanse::irc {

// What happens on a network, in the words of no dialect: a dialect reads lines into these and
// writes these as lines. All text looks into the line that was read, or belongs to the writer.

// A server or user as the line names it. Read: `id` is the word that stood there, an id or a name,
// and empty where the server at the other end is meant. To be written: both; `id` is empty where
// the network has no ids.
struct Party {
  std::string_view id, name;
  std::string_view word() const { return id.empty() ? name : id; }   // as lines name it
};

struct ServerIntroduced {
  Party uplink;
  std::string_view name, sid, description;
};
struct ServerLeft {
  Party source;
  Party server;
  std::string_view reason;
  bool is_wish = false;   // of an operator (RSQUIT): whoever has it on his side is asked to end it
};
struct BurstEnded {
  Party server;
};
struct BurstTaken {   // we have heard the end of theirs
  Party by;
};
struct ClockTold {  // at the beginning of a burst
  Timestamp now = 0;
};
struct UserIntroduced {
  Party server;
  std::string_view nick, uid, ident, host, shown_host, address, realname;
  std::string_view account{};  // empty: not logged in
  std::string_view modes{};    // of the user, "+i"
  Timestamp timestamp = 0;
};
struct NickChanged {
  Party who;
  std::string_view nick;
  Timestamp timestamp = 0;
  // Read: solanum says them along when services log somebody in. Empty: they stay.
  std::string_view ident{}, shown_host{}, account{};
};
// The loser of a collision gets its UID for a nick (SAVE).
struct NickSaved {
  Party source, who;
  Timestamp timestamp = 0;  // of the nick that was lost; 0: the line does not say
};
struct UserLeft {
  Party who;
  std::string_view reason;
};
struct UserKilled {
  Party source, who;
  std::string_view reason;
};

struct ChannelMember {
  Party who;
  std::uint8_t status = 0;  // rank_bit of each rank
};
struct ChannelJoined {
  Party source;  // a server; of one member: the member itself will do
  std::string_view channel;
  Timestamp timestamp = 0;
  std::span<const ModeChange> modes;
  std::span<const ChannelMember> members;
  std::string_view topic{};  // where the dialect tells it along; of a new channel
};
struct ChannelLeft {
  Party who;
  std::string_view channel;  // empty: all of them
  std::string_view reason;
};
struct Kicked {
  Party source;
  std::string_view channel;
  Party who;
  std::string_view reason;
  bool is_wish = false;   // the server he is behind is asked to do it (REMOVE)
};
struct Invited {
  Party source, who;
  std::string_view channel;
  Timestamp channel_timestamp = 0;  // 0: the line does not say
};
struct TopicSet {
  Party source;
  std::string_view channel;
  Timestamp channel_timestamp = 0;  // 0: the line does not say
  Timestamp topic_timestamp = 0;    // 0: now
  std::string_view setter, text;
  bool from_server = false;         // to be written: the source is no user
};
struct ModesChanged {
  Party source;
  std::string_view channel;
  Timestamp timestamp = 0;  // 0: the line does not say
  std::span<const ModeChange> changes;
};
struct Said {
  enum class Kind : std::uint8_t { message, notice, only_tags };
  Party source;
  std::string_view target;  // a channel, with the prefix of a rank maybe; or a user
  std::string_view text;
  Kind kind = Kind::message;
  std::string_view tags{};  // as they stand in the line; a dialect writes those that pass
  bool goes_on = false;     // the rest of a message: its id was said already
};
struct AwaySet {
  Party who;
  std::string_view text;  // empty: here again
  Timestamp since = 0;
};
struct UserTextChanged {
  enum class What : std::uint8_t { account, shown_host, host, ident, realname };
  Party source;             // a server; or he himself
  Party who;
  What what = What::account;
  std::string_view value;
  Timestamp nick_timestamp = 0;   // 0: the line does not say
  // Read: InspIRCd tells along what is behind a shown host. Empty: it stays; without a `value` the
  // one that is shown does.
  std::string_view real_host{};
};
struct VisibilityChanged {
  Party who;
  bool invisible = true;    // to who shares no channel with him (+i)
};
struct Pinged {
  Party source, target;
  bool ends_burst = false;   // RFC 2813: the first one does
};
struct Ponged {
  Party source, target;
};
// How long somebody has been silent: asked by a WHOIS from another server.
struct IdleAsked {
  Party asker, who;
};
struct IdleTold {
  Party who, asker;
  Timestamp signed_on = 0;
};
// What somebody asks a server of ours, or one about a person who is behind it.
struct Queried {
  Party asker;
  std::string_view command, target, subject;   // whom it is put to; what it is about
};
// One line of the answer.
struct Replied {
  Party source, asker;
  std::string_view number;
  std::span<const std::string_view> middle;
  std::string_view text;
};
struct LinkError {
  std::string_view text;
};
struct Ignored {};  // known, and of no interest here
// A line that must not be: missing parameters, or a command nobody knows.
struct Malformed {
  std::string_view why;
  bool is_unknown = false;  // a command of which we know nothing says more of us than of the peer
  Party source{};           // of such a one
};
inline Malformed unknown_command(std::string_view source) {
  return {"unknown command", true, {source, {}}};
}

using NetworkEvent =
    std::variant<Said, ServerIntroduced, ServerLeft, BurstEnded, BurstTaken, ClockTold,
                 UserIntroduced, NickChanged, NickSaved, UserLeft, UserKilled, ChannelJoined,
                 ChannelLeft, Kicked, Invited, TopicSet, ModesChanged, AwaySet,
                 UserTextChanged, VisibilityChanged, Pinged, Ponged, IdleAsked, IdleTold, Queried,
                 Replied, LinkError, Ignored, Malformed>;

}  // namespace hanse::irc
