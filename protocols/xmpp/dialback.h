// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "server/base/result.h"

namespace hanse::xmpp {

// The secret dialback keys are made of, and the one before it while its keys may still come back
// (xmpp 3.8). Whoever rotates it empties `previous` after a day.
struct DialbackSecret {
  std::string current, previous;
};

// XEP-0185 for a db:result of `originating` to `receiving` on the stream to which the receiving
// server gave `stream_id`. Domains in any form; they are hashed as keys.
std::string dialback_key(std::string_view secret, std::string_view receiving,
                         std::string_view originating, std::string_view stream_id);
// The authoritative side (3.12): whether we made that key. In constant time.
bool is_dialback_key(const DialbackSecret& secret, std::string_view receiving,
                     std::string_view originating, std::string_view stream_id,
                     std::string_view key);

// Two domains, as keys: ours and the peer's.
struct DomainPair {
  std::string local, remote;
  auto operator<=>(const DomainPair&) const = default;
};

enum class PairState : std::uint8_t {
  none,
  requested,   // its proof is being judged
  valid,       // stanzas of this pair may pass
  failed,
};

// The pairs of a stream that the peer has opened, and the answers on it that nobody asked for
// (xmpp 3.10 to 3.14). Pure. Owned by an engine.
//   none|failed -> requested -> valid|failed; valid -> requested never (asking again is refused)
class PairBook {
 public:
  PairState state(const DomainPair& pair) const;
  std::size_t valid_count() const { return valid_count_; }   // 3.13: was it the only one

  Result<void> request(const DomainPair& pair);        // by a db:result
  void settle(const DomainPair& pair, bool valid);     // its end; nothing when it is not requested
  // Proven without dialback: SASL EXTERNAL, or the certificate that covers it too (3.10, 3.14).
  Result<void> grant(const DomainPair& pair);

  // An answer nobody asked for. True: it is one too many, the stream has to end (3.11).
  bool strike();

 private:
  void move_to(PairState& entry, PairState state);

  std::map<DomainPair, PairState> pairs_;
  std::size_t valid_count_ = 0, requested_count_ = 0;
  unsigned strikes_ = 0;
};

}  // namespace hanse::xmpp
