// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "federation/ports.h"

namespace hanse::xmpp {

// What was sent on one stream and not yet acknowledged, in order. Counts as XEP-0198 does, modulo
// 2^32, whether the peer acknowledges by that or by an answer that came after. Pure.
class Unacknowledged {
 public:
  // A stanza was sent; `targets` are the deliveries that its acknowledgement settles, none for
  // stanzas that nobody keeps.
  void sent(std::vector<DeliveryId> targets);

  // The peer has handled `handled` stanzas of this stream: the deliveries that are settled by it.
  // Nothing when it claims more than was sent (xmpp 6.1).
  std::optional<std::vector<DeliveryId>> acknowledged(std::uint32_t handled);

  // The peer counts from here on: what was sent before is acknowledged by whatever it says next.
  void count_anew();
  std::vector<DeliveryId> rest();            // all that is open, oldest first; forgets it
  std::uint32_t count() const { return sent_; }
  std::uint32_t open() const { return sent_ - handled_; }
  bool keeps_any() const { return !waiting_.empty(); }

 private:
  struct Stanza {
    std::uint32_t number;                    // count() after it was sent
    std::vector<DeliveryId> targets;
  };
  std::deque<Stanza> waiting_;               // only those with targets
  std::uint32_t sent_ = 0, handled_ = 0;
};

std::string write_enable();
std::string write_request();
std::string write_answer(std::uint32_t handled);
std::optional<std::uint32_t> read_handled(std::string_view text);

}  // namespace hanse::xmpp
