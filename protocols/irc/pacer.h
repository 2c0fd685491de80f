// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

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
    ++pings_;
    if (since_ping_ > 0) wanted_ = pings_;
    since_ping_ = 0;
  }
  // True: there is room again, where there was none.
  bool answered() {
    const bool was_full = room() == 0;
    if (answers_ < pings_) ++answers_;
    // The answers come in order: behind that of the last piece everything has been read.
    open_bytes_ = waits() ? open_bytes_ - std::min(open_bytes_, limits::paced_piece_bytes)
                          : since_ping_;
    if (!waits()) wait_ = limits::paced_wait_first;
    return was_full && room() > 0;
  }
  // For the answer behind a piece, and not for those to PINGs that only woke the peer: there is
  // always one under way of these when the peer is far away.
  bool waits() const { return answers_ < wanted_; }
  Duration wait() {   // until the next PING, if none is answered
    const Duration now = wait_;
    wait_ = std::min(wait_ * 2, limits::paced_wait_last);
    return now;
  }

 private:
  std::size_t open_bytes_ = 0, since_ping_ = 0;
  std::uint64_t pings_ = 0, answers_ = 0, wanted_ = 0;
  Duration wait_ = limits::paced_wait_first;
};

}  // namespace hanse::irc
