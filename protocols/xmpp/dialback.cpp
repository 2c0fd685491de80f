// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/dialback.h"

#include "protocols/xmpp/jid.h"
#include "server/base/digest.h"
#include "server/base/encoding.h"
#include "server/base/limits.h"

namespace hanse::xmpp {

std::string dialback_key(std::string_view secret, std::string_view receiving,
                         std::string_view originating, std::string_view stream_id) {
  // XEP-0185 3: the HMAC's key is the digest as text, not its octets.
  std::string message = domain_key(receiving);
  message.append(" ").append(domain_key(originating)).append(" ").append(stream_id);
  return hex(hmac_sha256(sha256_hex(secret), message));
}

bool is_dialback_key(const DialbackSecret& secret, std::string_view receiving,
                     std::string_view originating, std::string_view stream_id,
                     std::string_view key) {
  // Without a secret, or without domains, there is nothing that could have been ours.
  if (domain_key(receiving).empty() || domain_key(originating).empty()) return false;
  bool ours = false;
  for (const std::string* one : {&secret.current, &secret.previous}) {
    if (one->empty()) continue;
    const std::string made = dialback_key(*one, receiving, originating, stream_id);
    ours = equal_constant_time(made, key) || ours;
  }
  return ours;
}

PairState PairBook::state(const DomainPair& pair) const {
  const auto at = pairs_.find(pair);
  return at == pairs_.end() ? PairState::none : at->second;
}

void PairBook::move_to(PairState& entry, PairState state) {
  valid_count_ -= entry == PairState::valid ? 1 : 0;
  requested_count_ -= entry == PairState::requested ? 1 : 0;
  entry = state;
  valid_count_ += state == PairState::valid ? 1 : 0;
  requested_count_ += state == PairState::requested ? 1 : 0;
}

Result<void> PairBook::request(const DomainPair& pair) {
  const PairState now = state(pair);
  if (now == PairState::requested) return Error{Fault::refused, "already being asked"};
  if (now == PairState::valid) return Error{Fault::refused, "already valid"};
  if (requested_count_ >= limits::dialback_verifies_max)  // 3.10
    return Error{Fault::overloaded, "too many pairs are being asked"};
  if (now == PairState::none && pairs_.size() >= limits::dialback_pairs_max)  // 3.14
    return Error{Fault::overloaded, "too many pairs on this stream"};
  move_to(pairs_[pair], PairState::requested);
  return {};
}

void PairBook::settle(const DomainPair& pair, bool valid) {
  const auto at = pairs_.find(pair);
  if (at == pairs_.end() || at->second != PairState::requested) return;
  move_to(at->second, valid ? PairState::valid : PairState::failed);
}

Result<void> PairBook::grant(const DomainPair& pair) {
  if (state(pair) == PairState::none && pairs_.size() >= limits::dialback_pairs_max)
    return Error{Fault::overloaded, "too many pairs on this stream"};
  move_to(pairs_[pair], PairState::valid);
  return {};
}

bool PairBook::strike() {
  // 3.11: answers to questions of other streams were once the way to speak for anybody.
  return ++strikes_ >= limits::dialback_strikes_max;
}

}  // namespace hanse::xmpp
