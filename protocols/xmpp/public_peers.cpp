// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/public_peers.h"

#include "protocols/xmpp/limits.h"

namespace hanse::xmpp {

bool PublicPeers::opened(const DomainPair& pair, Way way) {
  const std::lock_guard hold(lock_);
  if (entries_.size() >= limits::public_peers_max && !entries_.contains(pair)) return false;
  Entry& entry = entries_[pair];
  ++(way == Way::incoming ? entry.incoming : entry.outgoing);
  return true;
}

// With its last stream a peer is forgotten, and with it what it had agreed to.
void PublicPeers::closed(const DomainPair& pair, Way way) {
  const std::lock_guard hold(lock_);
  const auto found = entries_.find(pair);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  --(way == Way::incoming ? entry.incoming : entry.outgoing);
  if (entry.incoming + entry.outgoing == 0) entries_.erase(found);
}

std::optional<std::string> PublicPeers::ask(const DomainPair& pair, UtcTime now) {
  const std::lock_guard hold(lock_);
  const auto found = entries_.find(pair);
  if (found == entries_.end()) return std::nullopt;
  Entry& entry = found->second;
  if (entry.asked && now - *entry.asked < limits::public_peer_asked_again_after)
    return std::nullopt;
  entry.asked = now;
  entry.open_question = "may-be-named-" + std::to_string(++questions_);
  return entry.open_question;
}

bool PublicPeers::answered(const DomainPair& pair, std::string_view id, bool agrees) {
  const std::lock_guard hold(lock_);
  const auto found = entries_.find(pair);
  if (found == entries_.end() || id.empty() || found->second.open_question != id) return false;
  found->second.open_question.clear();
  found->second.agrees = agrees;
  return true;
}

std::vector<PublicPeers::Peer> PublicPeers::of(std::string_view local) const {
  const std::lock_guard hold(lock_);
  std::vector<Peer> out;
  for (auto at = entries_.lower_bound({std::string(local), {}});
       at != entries_.end() && at->first.local == local; ++at) {
    const Entry& entry = at->second;
    if (out.size() == limits::public_peers_named_max) break;
    if (entry.agrees)
      out.push_back({at->first.remote, entry.incoming > 0, entry.outgoing > 0});
  }
  return out;
}

}  // namespace hanse::xmpp
