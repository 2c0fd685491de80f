// SPDX-License-Identifier: Apache-2.0
#include "federation/peer_gauges.h"

namespace hanse {

namespace {

// Labels: peer, the configured ones; state, see peer_state_name().
void show(const PeerPolicy& peer, Metrics& metrics, bool is_so) {
  metrics
      .gauge("hanse_peer_state", "1 for the state a configured peer is in.",
             {{"peer", peer.domain}, {"state", peer_state_name(peer.state)}})
      .set(is_so ? 1 : 0);
  metrics
      .gauge("hanse_peer_slow", "1 for a configured peer that is retried less often.",
             {{"peer", peer.domain}})
      .set(is_so && peer.slow ? 1 : 0);
}

}  // namespace

void show_peers(const Policy* before, const Policy& now, Metrics& metrics) {
  if (before == &now) return;
  if (before != nullptr)
    for (const PeerPolicy& peer : before->peers) show(peer, metrics, false);
  for (const PeerPolicy& peer : now.peers) show(peer, metrics, true);
}

}  // namespace hanse
