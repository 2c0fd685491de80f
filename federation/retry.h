// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "federation/lane.h"

namespace hanse {

// `delay` moved by at most `percent` either way, so that many of the same do not fall together.
Duration jittered(Duration delay, unsigned percent, Random& random);

// `least` or more, by at most as many percent as the waits of a lane are moved.
Duration lengthened(Duration least, const LaneTraits& traits, Random& random);

// The wait of one recipient after its try number `attempt` (smtp Q-5).
Duration retry_delay(const LaneTraits& traits, unsigned attempt, Random& random);

// The wait of a whole lane after `failures` failed attempts in a row (operations section 2).
Duration lane_delay(const LaneTraits& traits, unsigned failures, Random& random);

// The longest wait the traits can lead to; a wall clock that jumped never makes a lane wait more.
Duration longest_delay(const LaneTraits& traits);

// What a lane to a slow peer lives by: neither a message nor the lane itself tries again sooner
// than LaneTraits::retry_slow says (smtp Q-5). The same as they were where that is empty.
std::shared_ptr<const LaneTraits> slowed(std::shared_ptr<const LaneTraits> traits);

// What the reply of an expired outcome begins with; the last one that was heard follows.
inline constexpr std::string_view expired_prefix = "lifetime over; last: ";

// Over its lifetime and tried twice: a clock that jumps expires nothing by itself (D8).
bool given_up(UtcTime now, UtcTime expires, unsigned attempts);

}  // namespace hanse
