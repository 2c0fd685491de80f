// SPDX-License-Identifier: Apache-2.0
// The servers that stand for networks: their ids, and when one may not be there.
#include <algorithm>

#include "protocols/irc/limits.h"
#include "protocols/irc/relay.h"

namespace hanse::irc {

void Relay::note(Level level, std::string_view event, std::string text) {
  notes_.push_back({level, event, std::move(text)});
}

// The configured one, or the next of the range that nobody there has, and no network of ours.
std::string Relay::pseudo_sid(const Strand& strand, const Side& to) const {
  const auto is_free = [&](const std::string& sid) {
    return to.model().find_server(to.own_sid(sid)) == no_id;
  };
  if (!to.facts().has_ids || strand.sid.empty() || is_free(strand.sid))
    return to.own_sid(strand.sid);
  for (const char sign : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")) {
    const std::string sid = strand.sid.substr(0, strand.sid.size() - 1) + sign;
    const bool ours =
        std::ranges::find(strands_, sid, &Strand::sid) != strands_.end() ||
        std::ranges::any_of(sides_, [&](const auto& one) { return one->settings().sid == sid; });
    if (!ours && is_free(sid)) return to.own_sid(sid);
  }
  // Those that are kept for networks further away, as long as none needs them.
  for (const Strand& one : strands_) {
    if (!one.live && is_free(one.sid)) return to.own_sid(one.sid);
  }
  return {};
}

// no_id: it may not be. That is tried again now and then, and said once.
ServerId Relay::add_pseudo_server(StrandId id, Side& to, const std::string& name,
                                  const std::string& sid) {
  const std::string& network = strands_[id].network;
  const bool no_sid = sid.empty() && to.facts().has_ids;
  std::string why;
  if (to.model().find_server(name) != no_id) why = "a server called " + name + " is there already";
  else if (no_sid) why = "no server id of [irc] sid_range is free there";
  const ServerId server = why.empty() ? to.model().add_server(name, sid, to.us()) : no_id;
  if (server != no_id) {
    const std::string wanted = to.own_sid(strands_[id].sid);
    if (sid != wanted)
      note(Level::warning, "irc.server_id", "another server of " + to.settings().name +
                                                " has the id " + wanted + ": " + name +
                                                " takes " + sid);
    return server;
  }
  if (why.empty()) why = "there are too many servers";
  std::string& told = to.claim(id).obstacle;
  if (told != why)
    note(Level::warning, "irc.no_server",
         "nobody of " + network + " appears on " + to.settings().name + ": " + why);
  told = std::move(why);
  return no_id;
}

// irc 7: the operators of a network decide whom they have on it. The others stay.
void Relay::sent_away(Side& side, ServerId server, Source source, std::string_view reason) {
  const Party by = source.user != no_id ? side.party_of(source.user)
                                        : side.party_of_server(source.server);
  for (StrandId id = 0; id < strands_.size(); ++id) {
    if (side.pseudo(id) != server) continue;
    const std::string& network = strands_[id].network;
    note(Level::warning, "irc.sent_away",
         std::string(by.name) + " has sent " + network + " away from " + side.settings().name +
             " (" + std::string(reason) + "), for " +
             std::to_string(limits::sent_away_seconds / 60) + " minutes");
    detach(id, side, reason);
    side.send_away(network, now_() + limits::sent_away_seconds);
    side.claim(id).obstacle = "its server was sent away by an operator there";
  }
  seat_keepers(side);
}

}  // namespace hanse::irc
