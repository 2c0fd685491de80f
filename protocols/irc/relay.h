// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "protocols/irc/relay_rules.h"
#include "protocols/irc/side.h"
#include "protocols/irc/watcher.h"

namespace hanse::irc {

// Carries the channels of junctions between sides: each person appears on the others as a puppet
// behind a server that stands for its network (irc 9). Nothing that a puppet of ours does is
// relayed, so nothing comes back to where it came from; what puppets of other nodes do goes on by
// strands (strand.h), which are longer by a hop with each node and never end where they began.
// Where two nodes stand between the same networks only one carries each of them to each other: who
// is there stays, and no people are introduced before the claim to do so stands (answered()).
class Relay final : public Watcher, private RelayRules {
 public:
  Relay(std::vector<std::unique_ptr<Side>>& sides, const IrcSettings& settings,
        std::function<Timestamp()> now);

  // The peer has answered for everything up to that position: claims up to there stand.
  void answered(Side& side, std::uint64_t position);
  bool share_a_junction(const Side& a, const Side& b) const;
  void claim_again(Side& side);   // now and then: those that were yielded to another node

  // What was said to networks that are down, for the queue.
  std::vector<Submission> take_kept() { return std::exchange(kept_, {}); }
  std::vector<RelayNote> take_notes() { return std::exchange(notes_, {}); }
  void upkeep(Side& side);        // every few seconds
  void tell_late(Side& to, const std::string& home, const std::string&, std::string_view text);
  bool may_tell(const Side& to, const LateLine& line);   // false: he is kept out of it there
  void late_over(Side& to);       // all is told
  bool is_heard(const Side& to, std::string_view channel) const;   // somebody of its own is there
  // Who of a junction is thrown out there and not back yet, and until when.
  std::vector<std::string> kept_away(const Side& to, const Junction& junction) const;
  const Quarrel* quarrel_in(const Junction&) const;   // the last one; null: there was none

  // Of a server by which another node brings a network: whether it goes on, or why not.
  std::string onward(const Side& side, const Server& server) const;

  // What an entry of a channel's lists is on another network; nothing: it has no counterpart.
  std::optional<ListEntry> ban_there(const Side& from, Mode list, std::string_view text,
                                     const Side& to) const;

  // The link is lost. To be told before Side::end().
  void side_down(Side& side, std::string_view reason);

  void burst_over(Side& side) override;
  void joined(Side& side, ChannelId channel, std::span<const UserId> users) override;
  void left(Side& side, UserId user, ChannelId channel, std::string_view reason) override;
  void kicked(Side& side, Source source, UserId user, ChannelId channel,
              std::string_view reason) override;
  void user_gone(Side& side, UserId user, std::string_view reason) override;
  void servers_left(Side& side) override;
  void relayed_elsewhere(Side& side, ServerId server) override;
  void servers_gone(Side& side, ServerId server, std::string_view reason) override;
  void nick_changed(Side& side, UserId user) override;
  void away_set(Side& side, UserId user) override;
  void text_changed(Side& side, UserId user, UserText which) override;
  void visibility_changed(Side& side, UserId user) override;
  void sent_away(Side& side, ServerId server, Source source, std::string_view reason) override;
  void invited(Side& side, UserId by, UserId puppet, ChannelId channel) override;
  void topic_set(Side& side, Source source, ChannelId channel) override;
  void modes_changed(Side& side, Source source, ChannelId channel,
                     std::span<const ModeChange> changes) override;
  void said(Side& side, UserId user, const Said& what) override;
  void puppet_saved(Side& side, UserId puppet) override;
  void puppet_lost(Side& side, UserId puppet, Source source, std::string_view reason) override;

 private:
  // ---- relay.cpp ----
  void claim(StrandId id, Side& to);
  void claim_all(Side& to);                 // of whatever comes from the others
  void attach(StrandId id, Side& to);       // the claim stands
  void detach(StrandId id, Side& to, std::string_view reason);
  bool another_does_it(const Side& from, const Side& to) const;
  void yield_to_others(Side& side, std::span<const UserId> users);
  void warn_of_short_nicks(const Side& side);
  std::string free_nick(const Person& person, const Side& to);
  UserId introduce(PersonId id, Side& to);
  void enter_again(PersonId id, Side& to);
  void renew(const PuppetKey& key, Side& to);
  std::string pseudo_sid(const Strand& strand, const Side& to) const;   // empty: none is free
  ServerId add_pseudo_server(StrandId, Side& to, const std::string& name, const std::string& sid);
  void note(Level level, std::string_view event, std::string text);
  PersonId person_of(const Side& home, UserId user);   // made when it is not known
  void remember(PersonId id, const Side& home);        // it goes by a split
  void withdraw(PersonId id, Side& from, std::string_view reason);
  void withdraw_idle(PersonId id, Side& from, std::string_view reason);
  Party actor(Side& from, Source source, Side& to, ChannelId there, bool needs_rank);

  // ---- relay_further.cpp ----
  Side& home_of(StrandId id) { return *sides_[strands_[id].home]; }
  void look_for_ways(Side& side);
  void follow(Side& side, ServerId server);
  std::string why_not(const Side& side, const Server& server) const;   // empty: it may
  void let_go(StrandId id, std::string_view reason);
  void let_go_behind(Side& side, ServerId server, std::string_view reason);
  void note_ways(const Side& side, ServerId above);   // they are about to go
  bool may_go_on(const Strand& strand, const Side& to) const;
  void claim_at_last(Side& side);           // those who waited for others to go

  // ---- relay_channels.cpp ----
  // Every other channel of the junction whose side is up.
  void elsewhere(StrandId id, const Junction& junction,
                 const std::function<void(Side&, const std::string&)>& visit);
  void enter(StrandId, Side& to, const std::string& channel, Timestamp, std::span<const UserId>);
  void let_in(const Junction& junction, Side& to, const std::string& name);
  bool bring(StrandId id, const Junction& junction, ChannelId channel, Side& to,
             const std::string& name, std::span<const UserId> users);
  void meet(Side& from, ChannelId, Side& to, const std::string& name, const Junction& junction);
  void copy_state(Side& from, ChannelId channel, Side& to, const std::string& name);
  void copy_topic(Side& from, ChannelId, Side& to, const std::string& name, bool over_theirs);
  // ---- relay_modes.cpp ----
  void copy_modes(Side& from, ChannelId, Side& to, const std::string& name, bool guards_only);
  std::optional<ModeChange> translated(const Side& from, const ModeChange& change, Side& to,
                                       ChannelId there, std::string& parameter) const;
  void note_unmapped(Side& from, const std::string& channel, std::span<const ModeChange> all,
                     const Side& to);
  void lend_rank(const Side& from, UserId puppet, Side& to, ChannelId there);
  bool translate_rank(const Side&, const Side& to, ChannelId, const ModeChange&,
                      std::string& parameter) const;

  // ---- relay_claims.cpp ----
  void let_rule(Side& side, const Junction& junction, ChannelId channel, UserId first);
  bool may_undo(const Junction& junction, const Side& side, const std::string& what);
  void note_undone(const Junction& junction, const Side& side, const std::string& what);
  void undo_topic(Side& side, const Junction& junction, ChannelId channel);
  void undo_kick(Side& side, const Junction& junction, UserId puppet, ChannelId channel);
  std::optional<ModeChange> inverse(Side& side, const Junction& junction, ChannelId channel,
                                    const ModeChange& change, std::string& parameter) const;
  void undo_modes(Side& side, const Junction&, ChannelId, std::span<const ModeChange> changes);
  // Whether there was anything.
  bool overrule(Side& from, ChannelId, Side& to, const std::string& name, const Junction&);

  // ---- relay_wars.cpp ----
  bool is_war(const Side& side, const Junction& junction, const std::string& what);
  bool is_war(const Side& side, const Junction& junction, const ModeChange& change);

  // ---- relay_losses.cpp ----
  UserId presence(PersonId id, Side& to);   // made when it is not there; no_id: it may not be
  void note_unheard(PersonId id, const Side& to);
  void name_again(Side& side);              // who has a UID for a nick

  // ---- relay_talk.cpp ----
  UserId speaker_in(const Side& side, UserId user, ChannelId, Side& to, const std::string& name);
  void say_privately(Side& side, UserId user, UserId puppet, const Said& what);

  // ---- relay_late.cpp ----
  void keep_for_absent(const Side& side, const Junction& junction, UserId user, const Said& what);
  bool keeps_lines(const Side& from, const Side& to) const;
  void look_out(const Side& lost);
  void seat_keepers(Side& side);
  UserId introduce_late_puppet(Side& at, ServerId server, const std::string& network,
                          std::string_view name);
  UserId herald(Side& to, ServerId server, const std::string& home, const std::string& channel);
};

bool stays_at_home(Mode mode);   // what a network's own services and operators say of a channel
Claim claim_on(Mode mode);
// One that means the same may be there in other words.
ListEntry as_it_is_there(const Side& to, ChannelId there, ListEntry wanted);

}  // namespace hanse::irc
