// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/dialback.h"

#include <algorithm>

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
  return at == pairs_.end() ? PairState::none : at->second.state;
}

std::vector<DomainPair> PairBook::valid_pairs() const {
  std::vector<DomainPair> out;
  for (const auto& [pair, entry] : pairs_)
    if (entry.state == PairState::valid) out.push_back(pair);
  return out;
}

void PairBook::move_to(Entry& entry, PairState state) {
  valid_count_ -= entry.state == PairState::valid ? 1 : 0;
  requested_count_ -= entry.state == PairState::requested ? 1 : 0;
  entry.state = state;
  valid_count_ += state == PairState::valid ? 1 : 0;
  requested_count_ += state == PairState::requested ? 1 : 0;
}

Result<void> PairBook::request(const DomainPair& pair, Instant until) {
  const PairState now = state(pair);
  if (now == PairState::requested) return Error{Fault::refused, "already being asked"};
  if (now == PairState::valid) return Error{Fault::refused, "already valid"};
  if (requested_count_ >= limits::dialback_verifies_max)  // 3.10
    return Error{Fault::overloaded, "too many pairs are being asked"};
  if (now == PairState::none && pairs_.size() >= limits::dialback_pairs_max)  // 3.14
    return Error{Fault::overloaded, "too many pairs on this stream"};
  Entry& entry = pairs_[pair];
  move_to(entry, PairState::requested);
  entry.until = until;
  return {};
}

Answered PairBook::settle(const DomainPair& pair, bool valid) {
  const auto at = pairs_.find(pair);
  if (at == pairs_.end() || at->second.state != PairState::requested)
    return Answered::one_too_many;  // 3.9
  move_to(at->second, valid ? PairState::valid : PairState::failed);
  return Answered::taken;
}

Result<void> PairBook::grant(const DomainPair& pair) {
  if (state(pair) == PairState::none && pairs_.size() >= limits::dialback_pairs_max)
    return Error{Fault::overloaded, "too many pairs on this stream"};
  move_to(pairs_[pair], PairState::valid);
  return {};
}

Result<void> PairBook::ask_verify(const std::string& stream_id, const DomainPair& pair,
                                  Instant until) {
  if (verifies_.size() >= limits::dialback_verifies_max)
    return Error{Fault::overloaded, "too many verifications on this stream"};
  if (!verifies_.emplace(std::pair(stream_id, pair), until).second)
    return Error{Fault::refused, "already being verified"};
  return {};
}

Answered PairBook::answer_verify(const std::string& stream_id, const DomainPair& pair) {
  if (verifies_.erase(std::pair(stream_id, pair)) > 0) return Answered::taken;
  // 3.11: answers to questions of other streams were once the way to speak for anybody.
  ++strikes_;
  return strikes_ >= limits::dialback_strikes_max ? Answered::one_too_many
                                                  : Answered::unsolicited;
}

PairBook::Expired PairBook::expire(Instant now) {
  Expired out;
  for (auto& [pair, entry] : pairs_) {
    if (entry.state != PairState::requested || entry.until > now) continue;
    move_to(entry, PairState::failed);
    out.pairs.push_back(pair);
  }
  for (auto at = verifies_.begin(); at != verifies_.end();) {
    if (at->second > now) {
      ++at;
      continue;
    }
    out.verifies.push_back(at->first);
    at = verifies_.erase(at);
  }
  return out;
}

std::optional<Instant> PairBook::next_deadline() const {
  std::optional<Instant> next;
  const auto earlier = [&next](Instant at) { next = next ? std::min(*next, at) : at; };
  if (requested_count_ > 0) {
    for (const auto& [pair, entry] : pairs_)
      if (entry.state == PairState::requested) earlier(entry.until);
  }
  for (const auto& [verify, until] : verifies_) earlier(until);
  return next;
}

bool may_share_stream(const TargetSharing& sharing) {
  // Without <errors/> a refused pair would cost the whole stream.
  return sharing.dialback_errors && sharing.same_place &&
         (!sharing.certificate_needed || sharing.certificate_covers);
}

}  // namespace hanse::xmpp
