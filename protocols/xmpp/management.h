// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "federation/ports.h"

namespace hanse::xmpp {

// What is known of a stream's stanzas when it is lost.
struct Sent {
  std::uint32_t count = 0, acknowledged = 0;
  std::vector<std::pair<std::uint32_t, std::string>> open;   // count() after each, and which it was
  std::vector<std::string> arrived;   // of streams before it; the lane has them still, or again
};

// What was sent on one stream and not yet acknowledged, in order. Counts as XEP-0198 does, modulo
// 2^32, whether the peer acknowledges by that or by an answer that came after. Pure.
class Unacknowledged {
 public:
  // A stanza was sent; `targets` are the deliveries that its acknowledgement settles, none for
  // stanzas that nobody keeps. `which` tells it from others, also when it comes again.
  // What is `fleeting` is worth nothing later but on a stream that goes on from this one.
  void sent(std::vector<DeliveryId> targets, std::string which = {}, bool fleeting = false);

  // The peer has handled `handled` stanzas of this stream: the deliveries that are settled by it.
  // Nothing when it claims more than was sent (xmpp 6.1).
  std::optional<std::vector<DeliveryId>> acknowledged(std::uint32_t handled);

  Sent left() const;
  // A session that goes on: the peer had handled so many. Before anything is sent.
  void go_on(std::uint32_t handled) { sent_ = handled_ = handled; }

  // The peer counts from here on: what was sent before is acknowledged by whatever it says next.
  void count_anew();
  struct Open {
    DeliveryId id;
    bool fleeting;
  };
  std::vector<Open> rest();                  // all that is open, oldest first; forgets it
  std::vector<Open> take_only();             // the same, if that is one stanza; else nothing
  std::uint32_t count() const { return sent_; }
  std::uint32_t open() const { return sent_ - handled_; }
  bool keeps_any() const { return !waiting_.empty(); }

 private:
  struct Stanza {
    std::uint32_t number;                    // count() after it was sent
    std::vector<DeliveryId> targets;
    std::string which;
    bool fleeting;
  };
  std::deque<Stanza> waiting_;               // only those with targets
  std::uint32_t sent_ = 0, handled_ = 0;
};

// Of those that were open, the ones that the peer says it has handled, and the others; nothing when
// it claims more than was sent.
struct Handled {
  std::vector<std::string> yes, no;
};
std::optional<Handled> handled_of(const Sent& sent, std::uint32_t handled);

std::string write_enable();
std::string write_request();
std::string write_answer(std::uint32_t handled);
std::optional<std::uint32_t> read_handled(std::string_view text);

}  // namespace hanse::xmpp
