// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "federation/discovery.h"
#include "server/base/text.h"
#include "server/base/time.h"

namespace hanse {

enum class PeerState : std::uint8_t { active, probation, limited, suspended, blocked };
enum class PeerRole : std::uint8_t { peer, upstream, downstream, service };
enum class UnknownPeers : std::uint8_t { reject, probation, open };

std::string_view peer_state_name(PeerState state);
std::string_view peer_role_name(PeerRole role);

// A configured peer and what it may do ([peer."b.example"]). Absent scope means no.
struct PeerPolicy {
  std::string domain;
  PeerState state = PeerState::active;
  PeerRole role = PeerRole::peer;
  std::vector<std::string> scopes;          // protocol names
  std::vector<Network> addresses;           // it may come from here
  std::vector<std::string> fingerprints;    // SHA-256 of its certificate or its key, in hex
  std::int64_t messages_per_minute_max = 0; // 0: no limit
  bool require_tls_in = false;              // smtp T-4
  std::optional<TlsLevel> tls_out;
  bool slow = false;                        // retried less often (smtp Q-5)
};

// What the other side says it is, and where it comes from. Nothing in it is proven.
struct Claim {
  std::string protocol;
  std::string domain;               // the peer's domain; empty: anonymous (mail from anywhere)
  std::string name;                 // what it called itself
  std::string address;              // IP address of the connection
  std::string certificate_sha256;   // of the certificate it showed, empty without
  std::string key_sha256{};         // of that one's public key, where it is known
  bool outgoing = false;            // we dialled it
  bool needs_no_disk = false;       // while space is low it is of use, less what has to be kept
  TlsLevel level = TlsLevel::off;   // what our side demands of this hop
  std::string hop_pin{};            // likewise: SHA-256 of the public key it must show
};

// One fact somebody checked.
struct Evidence {
  std::string_view kind;            // "network", "pin", "pkix", "tls"
  bool passed = false;
  std::string detail;
};

enum class Verdict : std::uint8_t { accept, refuse, defer };

struct TrustDecision {
  Verdict verdict = Verdict::refuse;
  std::string peer;                 // the configured peer this is, empty: unknown
  std::string why;
  std::vector<Evidence> evidence;
  Fault fault = Fault::refused;     // defer: overloaded when this node has no room just now
};

// Which configured peer the claim belongs to: by pinned certificate, by proven name, by network.
// Somebody else's pin is no way around the pins of the name that is claimed.
const PeerPolicy* recognise(std::span<const PeerPolicy> peers, const Claim& claim,
                            std::span<const Evidence> evidence);

// Pure. policy == nullptr: nobody we know; `unknown` says what such a peer may do.
TrustDecision decide(const PeerPolicy* policy, UnknownPeers unknown, const Claim& claim,
                     std::span<const Evidence> evidence);

}  // namespace hanse
