// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "protocols/irc/network.h"

namespace hanse::irc {

using StrandId = std::size_t;
constexpr StrandId no_strand = static_cast<StrandId>(-1);

// Whose people this node carries: the natives of one of its networks, in which case the strand has
// the number of that side, or those of a network further away, whom another node brings to one of
// ours (irc 9). Such a network comes in by one server and goes out to all other sides.
struct Strand {
  bool live = false;
  std::size_t home = 0;       // the side they come in by
  std::string network;        // whose people; what the node before us calls it
  std::string sid;            // of the server that stands for them, on every side
  unsigned hops = 0;          // nodes before this one; 0: natives of `home`
  ServerId way_in = no_id;    // who brings them to `home`; no_id: they are natives
};

}  // namespace hanse::irc
