// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "protocols/irc/side.h"
#include "protocols/irc/watcher.h"

namespace hanse::irc {

// Brings the model of a side in line with what its peer says, and tells the watcher. A peer speaks
// for what is behind it and for nothing else (irc 7). mirror.cpp: servers and users;
// mirror_channels.cpp: channels.
class Mirror {
 public:
  // What to think of a line: dropped ones are counted, a fatal one ends the link; an odd one is
  // dropped and no fault of the peer, and a noted one counts and is for the log.
  struct Verdict {
    enum class Kind : std::uint8_t { good, noted, odd, dropped, fatal };
    Kind kind = Kind::good;
    std::string_view why{};
  };

  Mirror(Side& side, Watcher& watcher, std::int64_t skew_seconds_max)
      : side_(side), watcher_(watcher), skew_seconds_max_(skew_seconds_max) {}

  Verdict take(const NetworkEvent& event, Timestamp now);

 private:
  Verdict handle(const Said& event);
  Verdict handle(const ServerIntroduced& event);
  Verdict handle(const ServerLeft& event);
  Verdict handle(const BurstEnded& event);
  Verdict handle(const BurstTaken&) { return {}; }
  Verdict handle(const ClockTold& event);
  Verdict handle(const UserIntroduced& event);
  Verdict handle(const NickChanged& event);
  Verdict handle(const NickSaved& event);
  Verdict handle(const UserLeft& event);
  Verdict handle(const UserKilled& event);
  Verdict handle(const ChannelJoined& event);
  Verdict handle(const ChannelLeft& event);
  Verdict handle(const Kicked& event);
  Verdict handle(const Invited& event);
  Verdict handle(const TopicSet& event);
  Verdict handle(const ModesChanged& event);
  Verdict handle(const AwaySet& event);
  Verdict handle(const UserTextChanged& event);
  Verdict handle(const VisibilityChanged& event);
  Verdict handle(const Pinged& event);
  Verdict handle(const Ponged&) { return {}; }
  Verdict handle(const IdleAsked& event);
  Verdict handle(const IdleTold&) { return {}; }
  Verdict handle(const Queried& event);
  Verdict handle(const Replied&) { return {}; }
  Verdict handle(const LinkError&);
  Verdict handle(const Ignored&) { return {}; }
  Verdict handle(const Malformed& event);

  // Somebody behind the peer; nothing: unknown, or ours, which cannot come from there.
  std::optional<Source> source_of(const Party& party) const;
  // A line in the name of nobody who may say it, or about nobody: no fault of the peer where he was
  // there a moment ago.
  Verdict nobody(const Party& who,
                 std::string_view why = "a source that is not behind this link") const;
  UserId their_user(const Party& party) const;
  UserId any_user(const Party& party) const;
  // True: the nick is free now, for somebody of that timestamp. `loses`: for nobody.
  struct Contest {
    bool free = true, loses = false;
  };
  UserText told_apart_by() const {
    return side_.facts().same_by_address ? UserText::address : UserText::host;
  }
  // `place`: where he is from, as far as that network tells people apart by it.
  Contest contest(std::string_view nick, UserId contender, Timestamp timestamp,
                  std::string_view ident, std::string_view place);
  void lose(UserId puppet);
  void remove(UserId user, std::string_view reason);
  void leave(UserId user, ChannelId channel, std::string_view reason);
  void leave_to_puppets(UserId user, ChannelId channel);
  bool put_out(Source by, UserId user, ChannelId channel, std::string_view reason);
  void set_text(UserId user, UserTextChanged::What what, std::string_view value);
  void set_modes(ChannelId channel, std::span<const ModeChange> changes);
  void add_ranks(unsigned status, std::string_view who, std::vector<ModeChange>& out) const;
  Verdict about_nothing();
  void forget_modes(Source source, ChannelId channel, Timestamp older);

  Side& side_;
  Watcher& watcher_;
  const std::int64_t skew_seconds_max_;
  Timestamp now_ = 0;
  std::vector<UserId> joined_;   // of one line
};

}  // namespace hanse::irc
