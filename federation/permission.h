// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "federation/policy.h"

namespace hanse {

// May this peer send to this address through us? (smtp I-1, A-7)
struct PermissionQuestion {
  Claim claim;
  std::string peer;         // from the TrustDecision; empty: unknown
  Address from, to;
  bool served = false;      // the protocol itself leads on to `to`, or stands for `from`
  // The engine itself is who it is for. Its peer's rate alone is asked about, and this one counts
  // at once: no message will come of it.
  bool answered_here = false;
};

struct Permission {
  enum class Answer : std::uint8_t {
    yes,
    no_relay,        // neither our domain nor a peer that may relay
    no_such_address, // our domain, but no way to the address
    not_now,         // route disabled or unsure: temporary
    full,            // the destination's queue is full: temporary
    peer_refused,    // trust says no to the peer itself
    peer_limited,    // the peer's rate is used up: temporary
  };
  Answer answer = Answer::no_relay;
  std::string why;          // "relay_from 127.0.0.0/8", "host a.example", for people
  RouteChoice route;
  bool counted = false;     // the peer has a rate: it is asked again for the next one
};

// Pure. `lane_full` tells whether the destination's queue is at its bound.
Permission permit(const Policy& policy, const PermissionQuestion& question,
                  const std::function<bool(std::string_view lane)>& lane_full);

}  // namespace hanse
