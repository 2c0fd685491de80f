// SPDX-License-Identifier: Apache-2.0
// Networks that other nodes bring to ours: their people go on from here to our other networks, so
// that the ends of a row of nodes hear each other (irc 9). Of a network one way leads through a
// node, and on each side one server stands for it, so that a line goes everywhere once:
// - a network of ours, or one that we bring, never comes in by another node;
// - each node counts one hop more, and beyond `hops_max` it ends: who chases his own tail stops;
// - who comes by fewer nodes goes before, whoever comes by more gives way and is waited for;
// - a new way counts only when nothing can be under way any more on one that was there before.
#include <algorithm>

#include "protocols/irc/limits.h"
#include "protocols/irc/relay.h"

namespace hanse::irc {

// ---- ways ----

// Why people behind that server go no further.
std::string Relay::why_not(const Side& side, const Server& server) const {
  for (const auto& one : sides_) {
    if (one->settings().name == server.relayed_network)
      return one.get() == &side ? "its own people come back to it, by a node that gives it another "
                                  "name: nodes must call a network the same"
                                : "a network of that name is linked here";
  }
  if (server.relayed_by == side.settings().own_name) return "it was this node that brought them";
  if (server.relayed_hops + 1 > limits::hops_max) return "they have come by too many nodes";
  for (const Strand& strand : strands_) {
    if (strand.live && strand.network == server.relayed_network)
      return "they come by " + sides_[strand.home]->settings().name;
  }
  const auto last = last_ways_.find(server.relayed_network);
  if (last != last_ways_.end() && last->second.side != side.index() &&
      now_() - last->second.lost < limits::further_pause_seconds)
    return "they have come by " + sides_[last->second.side]->settings().name + " until just now";
  if (spots_[side.index()].empty()) return "no [junction] has a channel of " + side.settings().name;
  return {};
}

std::string Relay::onward(const Side& side, const Server& server) const {
  std::string to;
  for (StrandId id = sides_.size(); id < strands_.size(); ++id) {
    const Strand& strand = strands_[id];
    if (!strand.live || strand.home != side.index() ||
        &side.model().server(strand.way_in) != &server)
      continue;
    for (const auto& other : sides_) {
      if (is_attached(id, *other)) to += (to.empty() ? "" : ", ") + other->settings().name;
    }
    return to.empty() ? "and goes on from here to nobody" : "and goes on from here to " + to;
  }
  const std::string why = why_not(side, server);
  return "and does not go on from here: " + (why.empty() ? "all ids of sid_range are used" : why);
}

void Relay::look_for_ways(Side& side) {
  for (ServerId id = 0; id < side.model().servers().size(); ++id) follow(side, id);
}

void Relay::follow(Side& side, ServerId id) {
  const Server& server = side.model().server(id);
  if (!server.present || server.relayed_network.empty() || !why_not(side, server).empty()) return;
  const auto slot = std::find_if(strands_.begin() + static_cast<std::ptrdiff_t>(sides_.size()),
                                 strands_.end(), [](const Strand& one) { return !one.live; });
  if (slot == strands_.end()) return;
  *slot = {true, side.index(), server.relayed_network, slot->sid, server.relayed_hops + 1, id};
  for (const auto& other : sides_) {
    if (other.get() != &side && other->linked())
      claim(static_cast<StrandId>(slot - strands_.begin()), *other);
  }
}

// One way in is lost, and with it all that went on from it.
void Relay::let_go(StrandId id, std::string_view reason) {
  Strand& strand = strands_[id];
  for (const auto& other : sides_) {
    if (other->index() == strand.home) continue;
    detach(id, *other, reason);
    if (other->phase() != Side::Phase::down) other->claim(id) = {};
  }
  for (PersonId who = 0; who < persons_.size(); ++who) {
    if (persons_.is_free(who) || persons_.at(who).strand != id) continue;
    remember(who, *sides_[strand.home]);
    persons_.forget(who);
  }
  last_ways_[strand.network] = {strand.home, now_()};
  strand = {false, 0, {}, strand.sid};
}

void Relay::let_go_behind(Side& side, ServerId server, std::string_view reason) {
  for (StrandId id = sides_.size(); id < strands_.size(); ++id) {
    const Strand& strand = strands_[id];
    if (strand.live && strand.home == side.index() &&
        side.model().is_behind(strand.way_in, server))
      let_go(id, reason);
  }
}

// What others brought to a side until now may still have lines under way.
void Relay::note_ways(const Side& side, ServerId above) {
  const Timestamp now = now_();
  const auto is_old = [now](Timestamp at) { return now - at >= limits::further_pause_seconds; };
  std::erase_if(brought_by_others_, [&](const auto& one) { return is_old(one.second); });
  std::erase_if(last_ways_, [&](const auto& one) { return is_old(one.second.lost); });
  const std::vector<Server>& servers = side.model().servers();
  for (ServerId id = 0; id < servers.size(); ++id) {
    const Server& one = servers[id];
    if (one.present && !one.relayed_network.empty() &&
        one.relayed_by != side.settings().own_name && side.model().is_behind(id, above))
      brought_by_others_[{one.relayed_network, side.index()}] = now;
  }
}

// irc 9: two of our nodes on one network: whoever brings these people is there himself, and does
// what he thinks right.
bool Relay::may_go_on(const Strand& strand, const Side& to) const {
  if (strand.hops == 0) return true;
  const Server& way_in = sides_[strand.home]->model().server(strand.way_in);
  if (to.model().find_server(way_in.relayed_by) != no_id) return false;
  const auto known = brought_by_others_.find({strand.network, to.index()});
  return known == brought_by_others_.end() ||
         now_() - known->second >= limits::further_pause_seconds;
}

// Whoever carried it on from further away is gone: what he told still counts as told.
void Relay::claim_at_last(Side& side) {
  for (StrandId id = 0; id < sides_.size(); ++id) {
    Side::Claim& ours = side.claim(id);
    if (ours.server == no_id || !ours.waits || another_does_it(*sides_[id], side)) continue;
    ours.waits = ours.heard_here = ours.heard_home = false;
    ours.position = side.want_answer();
    ours.home_position = sides_[id]->want_answer();
  }
}

}  // namespace hanse::irc
