// SPDX-License-Identifier: Apache-2.0
#include "protocols/irc/relay.h"

#include <algorithm>

#include "protocols/irc/limits.h"
#include "protocols/irc/origin_mark.h"
#include "protocols/irc/puppet_names.h"
#include "server/base/text.h"

namespace hanse::irc {
namespace {

// Who comes by fewer nodes goes before; whoever comes by more gives way when he sees him.
bool is_taken(const Strand& strand, const Side& to) {
  return std::ranges::any_of(to.model().servers(), [&](const Server& one) {
    return one.present && one.relayed_network == strand.network &&
           (strand.hops > 0 || one.relayed_hops == 0);
  });
}

}  // namespace

Relay::Relay(std::vector<std::unique_ptr<Side>>& sides, const IrcSettings& settings,
             std::function<Timestamp()> now)
    : RelayRules(sides, settings, std::move(now)) {}

// ---- sides ----

// Nobody is introduced before the peer has told its whole network: only then is it known which
// names are free there.
void Relay::burst_over(Side& side) {
  auto& spots = spots_[side.index()];
  spots.clear();
  outlooks_[side.index()].assign(sides_.size(), {std::nullopt, now_()});
  for (const Junction& junction : junctions_) {
    for (const Junction::Member& member : junction.members) {
      if (member.network == side.index())
        spots.emplace(fold(side.facts().casemap, member.channel), &junction);
    }
  }
  for (const auto& other : sides_) {
    if (other.get() != &side && other->linked()) claim(side.index(), *other);
  }
  warn_of_short_nicks(side);
  claim_all(side);
  look_for_ways(side);
  seat_keepers(side);
}

bool Relay::share_a_junction(const Side& a, const Side& b) const {
  return std::ranges::any_of(junctions_, [&](const Junction& junction) {
    const auto has = [&](const Side& side) {
      return std::ranges::any_of(junction.members, [&](const Junction::Member& one) {
        return one.network == side.index();
      });
    };
    return has(a) && has(b);
  });
}

bool Relay::another_does_it(const Side& from, const Side& to) const {
  const std::string& network = from.settings().name;
  return std::ranges::any_of(to.model().servers(), [&](const Server& one) {
    return one.present && one.relayed_network == network;
  });
}

// A claim that does not stand yet gives way. If the other one does so too, then at the same moment,
// and of both only the one whose name comes first claims again as soon as the other has gone.
void Relay::relayed_elsewhere(Side& side, ServerId server) {
  if (!side.linked()) return;
  const Server theirs = side.model().server(server);
  for (StrandId id = 0; id < strands_.size(); ++id) {
    Side::Claim& ours = side.claim(id);
    const unsigned hops = strands_[id].hops;
    if (strands_[id].network != theirs.relayed_network || ours.server == no_id) continue;
    if (theirs.relayed_hops > hops) {   // it will give way, and may not have done so yet
      ours.waits |= !ours.stands();
      continue;
    }
    if (theirs.relayed_hops == hops && ours.stands()) continue;
    detach(id, side, "another node relays this network");
    ours.yielded = theirs.relayed_hops == hops && theirs.relayed_by < side.settings().own_name;
    ours.yielded_at = now_();
  }
  follow(side, server);
  seat_keepers(side);
}

// Where a network is more than one server two claims may stand that did not see each other in time:
// the people behind the other one tell.
void Relay::yield_to_others(Side& side, std::span<const UserId> users) {
  for (const UserId user : users) {
    const Server& server = side.model().server(side.model().user(user).server);
    if (server.relayed_by.empty() || server.relayed_by >= side.settings().own_name) continue;
    const std::string network = server.relayed_network;
    const unsigned hops = server.relayed_hops;
    for (StrandId id = 0; id < strands_.size(); ++id) {
      if (strands_[id].network != network || strands_[id].hops != hops || !is_attached(id, side))
        continue;
      detach(id, side, "another node relays this network");
      side.claim(id).yielded = true;
      side.claim(id).yielded_at = now_();
    }
  }
}

// The other node may be among them.
void Relay::servers_left(Side& side) {
  if (!side.linked()) return;
  for (StrandId id = 0; id < strands_.size(); ++id) {
    // It was not one that gave way at the same moment as we.
    Side::Claim& ours = side.claim(id);
    if (now_() - ours.yielded_at >= limits::yield_settled_seconds) ours.yielded = false;
  }
  claim_at_last(side);
  claim_all(side);
  look_for_ways(side);
  seat_keepers(side);
}

void Relay::claim_again(Side& side) {
  if (!side.linked()) return;
  for (StrandId id = 0; id < strands_.size(); ++id) side.claim(id).yielded = false;
  claim_all(side);
  look_for_ways(side);
  name_again(side);
  seat_keepers(side);
}

void Relay::claim_all(Side& to) {
  for (StrandId id = 0; id < strands_.size(); ++id) claim(id, to);
}

void Relay::claim(StrandId id, Side& to) {
  const Strand& strand = strands_[id];
  Side& from = home_of(id);
  Side::Claim& ours = to.claim(id);
  if (!strand.live || &from == &to || !from.linked() || ours.server != no_id || ours.yielded ||
      !share_a_junction(from, to) || is_taken(strand, to) || !may_go_on(strand, to) ||
      now_() < to.sent_away_until(strand.network))
    return;
  const std::string& own_name = to.settings().own_name;
  const std::string name = strand.hops == 0 ? from.settings().pseudo_name
                                            : strand.network + "." + own_name;
  const std::string sid = pseudo_sid(strand, to);
  const bool waits = another_does_it(from, to) && strand.hops == 0;   // from further away
  const ServerId server = add_pseudo_server(id, to, name, sid);
  if (server == no_id) return;
  // Between two nodes there is nobody but those who come from further away: none of its own.
  const bool is_between = strand.hops == 0 && from.model().server(from.peer()).is_node;
  to.write(ServerIntroduced{to.ourselves(), name, sid,
                            is_between ? "link of " + own_name
                                       : origin_text(strand.network, own_name, strand.hops)});
  to.write(BurstEnded{to.party_of_server(server)});
  ours = {server, to.want_answer(), from.want_answer(), waits, false, false, false, 0, {}};
}

void Relay::answered(Side& side, std::uint64_t position) {
  if (!side.linked()) return;
  for (Outlook& one : outlooks_[side.index()]) {
    if (one.answer_to && *one.answer_to <= position) one = {std::nullopt, now_()};
  }
  for (StrandId id = 0; id < strands_.size(); ++id) {
    if (!strands_[id].live) continue;
    for (const auto& to : sides_) {
      if (!to->linked() || to->index() == strands_[id].home) continue;
      Side::Claim& ours = to->claim(id);
      if (ours.server == no_id || ours.stands()) continue;
      ours.heard_here |= to.get() == &side && ours.position <= position;
      ours.heard_home |= &home_of(id) == &side && ours.home_position <= position;
      if (ours.stands()) attach(id, *to);
    }
  }
}

// The people of one side appear on another, all at once.
void Relay::attach(StrandId id, Side& to) {
  Side& from = home_of(id);
  for (const Junction& junction : junctions_) {
    for (const Junction::Member& member : junction.members) {
      if (member.network != from.index()) continue;
      const ChannelId channel = from.model().find_channel(member.channel);
      if (channel == no_id) continue;
      std::vector<UserId> natives;
      for (const UserId user : from.model().channel(channel).members) {
        if (strand_of(from, user) == id) natives.push_back(user);
      }
      const Channel& place = from.model().channel(channel);
      const bool alone = id == from.index() && (place.told_empty || place.has(Mode::permanent));
      elsewhere(id, junction, [&](Side& side, const std::string& name) {
        if (&side != &to || (natives.empty() && !alone)) return;
        const bool opened = id == from.index() && overrule(from, channel, to, name, junction);
        meeting_ = true;
        const bool was_there = !bring(id, junction, channel, to, name, natives);
        meeting_ = false;
        if (was_there) meet(from, channel, to, name, junction);
        if (opened) let_in(junction, to, name);
      });
    }
  }
  seat_keepers(from);
}

// One line, and a split like any other.
void Relay::detach(StrandId id, Side& to, std::string_view reason) {
  const ServerId server = to.pseudo(id);
  if (!to.linked() || server == no_id) return;
  to.write(ServerLeft{to.ourselves(), to.party_of_server(server), reason});
  for (PersonId who = 0; who < persons_.size(); ++who) {
    if (persons_.is_free(who) || persons_.at(who).strand != id) continue;
    if (const UserId puppet = persons_.on(who, to.index()); puppet != no_id)
      to.note_departed(puppet, now_());
    persons_.vanish(who, to.index());
  }
  to.model().split(server);
  to.claim(id) = {};
}

// On the others the server that stands for the lost network goes, and everybody with it.
void Relay::side_down(Side& side, std::string_view reason) {
  const std::size_t index = side.index();
  if (side.phase() != Side::Phase::down) {
    look_out(side);
    note_ways(side, side.us());
    let_go_behind(side, side.us(), reason);
  }
  for (const auto& other : sides_) {
    if (other.get() == &side) continue;
    detach(index, *other, reason);
    other->claim(index).yielded = false;   // what was agreed on was about this link
  }
  for (PersonId id = 0; id < persons_.size(); ++id) {
    if (persons_.is_free(id)) continue;
    if (persons_.at(id).home == index) {
      remember(id, side);
      persons_.forget(id);
      continue;
    }
    persons_.vanish(id, index);
  }
  spots_[index].clear();
  losing_ = &side;
  for (const auto& other : sides_) {
    if (other.get() != &side) seat_keepers(*other);
  }
  losing_ = nullptr;
}

// Some of its servers left it: its people go one by one, the others of it stay.
void Relay::servers_gone(Side& side, ServerId server, std::string_view reason) {
  const Network& model = side.model();
  // What clients take for a split: the two servers that lost each other.
  std::string split = model.server(model.server(server).uplink).name + " " +
                      model.server(server).name;
  if (reason.find(' ') != std::string_view::npos && reason.find('.') != std::string_view::npos &&
      std::ranges::count(reason, ' ') == 1)
    split = reason;
  note_ways(side, server);
  let_go_behind(side, server, split);
  for (PersonId id = 0; id < persons_.size(); ++id) {
    if (persons_.is_free(id) || persons_.at(id).home != side.index()) continue;
    const UserId user = persons_.at(id).user;
    if (!model.is_behind(model.user(user).server, server)) continue;
    remember(id, side);
    user_gone(side, user, split);
  }
}

// ---- persons ----

UserId Relay::introduce(PersonId id, Side& to) {
  const Person& person = persons_.at(id);
  const Side& home = *sides_[person.home];
  if (!is_attached(person.strand, to)) return no_id;
  const User& native = home.model().user(person.user);
  const DialectFacts& facts = to.facts();
  const std::string nick = free_nick(person, to);
  if (nick.empty()) return no_id;
  const ServerId server = to.pseudo(person.strand);
  const std::string uid = to.make_uid(server);
  const Timestamp since = name_time(to, native.timestamp);
  const std::string ident = text_there(id, to, UserText::ident);
  const std::string host = text_there(id, to, UserText::shown_host);
  const std::string realname = text_there(id, to, UserText::realname);
  const std::string account = text_there(id, to, UserText::account);
  const std::string away(native.texts.get(UserText::away));
  const UserId puppet = to.model().add_user(
      server, {nick, {}, uid, ident, host, host, facts.no_address, realname, account, away},
      since);
  if (puppet == no_id) return no_id;
  to.model().set_invisible(puppet, native.invisible);
  to.model().set_signed_on(puppet, native.since());
  persons_.appear(id, to.index(), puppet);
  if (person.abroad[to.index()].losses > 0) persons_.at(id).abroad[to.index()].back_at = now_();
  to.write(UserIntroduced{to.party_of_server(server), nick, uid, ident, host, host,
                          facts.no_address, realname, account,
                          native.invisible ? "+i" : "+", since});
  if (!away.empty()) to.write(AwaySet{to.party_of(puppet), away, now_()});
  return puppet;
}

void Relay::withdraw(PersonId id, Side& from, std::string_view reason) {
  const UserId puppet = persons_.on(id, from.index());
  if (puppet == no_id) return;
  from.note_departed(puppet, now_());
  from.write(UserLeft{from.party_of(puppet), reason});
  persons_.vanish(id, from.index());
  from.model().remove_user(puppet);
}

// A puppet in no channel has nothing to do there, but to hear the answer to what it said.
void Relay::withdraw_idle(PersonId id, Side& from, std::string_view reason) {
  const UserId puppet = persons_.on(id, from.index());
  if (puppet == no_id || !from.model().user(puppet).channels.empty()) return;
  const auto spoke = loners_.find({id, from.index()});
  if (spoke == loners_.end() || now_() - spoke->second >= limits::puppet_idle_seconds)
    withdraw(id, from, reason);
}

void Relay::user_gone(Side& side, UserId user, std::string_view reason) {
  const PersonId id = persons_.find(side.index(), user);
  if (id == no_id) return;
  for (const auto& other : sides_) {
    if (other.get() != &side && other->linked()) withdraw(id, *other, reason);
  }
  persons_.forget(id);
}

// Who acts on the other side for somebody: his puppet, or the server of his network.
Party Relay::actor(Side& from, Source source, Side& to, ChannelId there, bool needs_rank) {
  if (source.user != no_id) {
    const PersonId id = persons_.find(from.index(), source.user);
    const UserId puppet = id == no_id ? no_id : persons_.on(id, to.index());
    if (puppet != no_id) {
      if (needs_rank) lend_rank(from, puppet, to, there);
      return to.party_of(puppet);
    }
  }
  return pseudo_party(from.index(), to);
}

}  // namespace hanse::irc
