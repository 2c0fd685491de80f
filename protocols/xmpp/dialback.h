// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/base/result.h"
#include "server/base/time.h"

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
  requested,   // a db:result is on its way; one answer is awaited
  valid,       // stanzas of this pair may pass
  failed,
};

enum class Answered : std::uint8_t {
  taken,         // it was asked for, once
  unsolicited,   // nobody asked: ignore it and say so in the log
  one_too_many,  // unsolicited, and the stream is to be closed: not-authorized
};

// The pairs of one direction of one stream, and the verifications asked on it (xmpp 3.9 to 3.14).
// A stream with bidi has two of these. Pure: time comes in as values. Owned by an engine.
//   none|failed -> requested -> valid|failed; valid -> requested never (asking again is refused)
class PairBook {
 public:
  PairState state(const DomainPair& pair) const;
  bool is_valid(const DomainPair& pair) const { return state(pair) == PairState::valid; }
  std::size_t valid_count() const { return valid_count_; }   // 3.13: was it the only one
  std::vector<DomainPair> valid_pairs() const;

  // db:result: sent by us on a stream we opened, or received on one we accepted.
  Result<void> request(const DomainPair& pair, Instant until);
  // Its end. On a stream we opened an answer nobody asked for closes at once (3.9).
  Answered settle(const DomainPair& pair, bool valid);
  // Proven without dialback: SASL EXTERNAL, or the certificate that covers it too (3.10, 3.14).
  Result<void> grant(const DomainPair& pair);

  // db:verify on a stream we opened to the authoritative server of pair.remote, about the key that
  // came on the stream with that id.
  Result<void> ask_verify(const std::string& stream_id, const DomainPair& pair, Instant until);
  Answered answer_verify(const std::string& stream_id, const DomainPair& pair);   // 3.11
  std::size_t verifies_open() const { return verifies_.size(); }

  // What has waited too long, taken out: pairs are failed, verifications forgotten. A late answer
  // to one of these counts as unsolicited.
  struct Expired {
    std::vector<DomainPair> pairs;
    std::vector<std::pair<std::string, DomainPair>> verifies;
  };
  Expired expire(Instant now);
  std::optional<Instant> next_deadline() const;

 private:
  struct Entry {
    PairState state = PairState::none;
    Instant until{};
  };

  void move_to(Entry& entry, PairState state);

  std::map<DomainPair, Entry> pairs_;
  std::map<std::pair<std::string, DomainPair>, Instant> verifies_;
  std::size_t valid_count_ = 0, requested_count_ = 0;
  unsigned strikes_ = 0;
};

// Whether a further domain of the peer may be asked for on a stream to another one (3.14).
struct TargetSharing {
  bool dialback_errors = false;       // the peer advertised <errors/>
  bool same_place = false;            // it resolves to the address and port of this stream
  bool certificate_needed = true;     // policy asks for a verified certificate
  bool certificate_covers = false;    // that of this stream proves it
};
bool may_share_stream(const TargetSharing& sharing);

}  // namespace hanse::xmpp
