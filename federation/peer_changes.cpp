// SPDX-License-Identifier: Apache-2.0
#include "federation/peer_changes.h"

#include <string>

namespace hanse {

namespace {

// A peer that no table names has no state of its own.
struct Standing {
  explicit Standing(const PeerPolicy* peer) {
    if (peer == nullptr) return;
    state = peer_state_name(peer->state);
    for (const std::string& scope : peer->scopes) scopes += (scopes.empty() ? "" : " ") + scope;
  }
  bool operator==(const Standing&) const = default;

  std::string_view state = "unknown";
  std::string scopes;
};

void tell(const std::string& peer, const Standing& before, const Standing& now, Log& log) {
  if (before == now) return;
  const bool same_state = before.state == now.state;
  const std::string what = same_state ? "its scopes are others now"
                                      : std::string(before.state) + " before, now " +
                                            std::string(now.state);
  log.write(Level::info, "peer.state_changed", what,
            {{"peer", peer}, {"state", now.state}, {"state_before", before.state},
             {"scopes", now.scopes}, {"scopes_before", before.scopes}});
}

}  // namespace

bool must_come_again(const Policy& before, const Policy& now, std::string_view protocol,
                     std::string_view peer) {
  const PeerPolicy* was = before.peer(peer);
  const PeerPolicy* is = now.peer(peer);
  if (is != nullptr && is->state == PeerState::blocked) return true;
  if (was == nullptr && is == nullptr)
    return before.protocol(protocol).unknown_peers != now.protocol(protocol).unknown_peers;
  return was == nullptr || is == nullptr || was->scopes != is->scopes ||
         was->fingerprints != is->fingerprints || was->require_tls_in != is->require_tls_in;
}

void tell_peer_changes(const Policy& before, const Policy& now, Log& log) {
  for (const PeerPolicy& peer : now.peers)
    tell(peer.domain, Standing(before.peer(peer.domain)), Standing(&peer), log);
  for (const PeerPolicy& peer : before.peers)
    if (now.peer(peer.domain) == nullptr)
      tell(peer.domain, Standing(&peer), Standing(nullptr), log);
}

}  // namespace hanse
