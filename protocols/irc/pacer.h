// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>

#include "protocols/irc/limits.h"

namespace hanse::irc {

// For a peer that reads no more than a little at each wake-up and sleeps on with the rest unread
// (irc 3.4, InspIRCd): what is sent is followed by a PING now and then, no more is sent than some
// pieces beyond the last answer, and while one is missing the peer is woken by further PINGs.
class Pacer {
 public:
  // How much may be sent now.
  std::size_t room() const {
    return open_bytes_ >= limits::paced_bytes_max ? 0 : limits::paced_piece_bytes;
  }
  // True: a PING is due behind it.
  bool sent(std::size_t bytes) {
    open_bytes_ += bytes;
    since_ping_ += bytes;
    return since_ping_ >= limits::paced_piece_bytes / 2;
  }
  void pinged() {
    ++pings_open_;
    since_ping_ = 0;
  }
  // True: there is room again, where there was none.
  bool answered() {
    const bool was_full = room() == 0;
    if (pings_open_ > 0) --pings_open_;
    // The answers come in order: with the last of them everything has been read.
    open_bytes_ = pings_open_ == 0 ? since_ping_
                                   : open_bytes_ - std::min(open_bytes_, limits::paced_piece_bytes);
    wait_ = limits::paced_wait_first;
    return was_full && room() > 0;
  }
  bool waits() const { return pings_open_ > 0; }
  Duration wait() {   // until the next PING, if none is answered
    const Duration now = wait_;
    wait_ = std::min(wait_ * 2, limits::paced_wait_last);
    return now;
  }

 private:
  std::size_t open_bytes_ = 0, since_ping_ = 0;
  unsigned pings_open_ = 0;
  Duration wait_ = limits::paced_wait_first;
};

}  // namespace hanse::irc
