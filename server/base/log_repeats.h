// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "server/base/level.h"
#include "server/base/time.h"

namespace hanse {

// What the same event said again and again: the first one is written, then a count once a minute.
// The same means: same event and same peer, or the same message where no peer is named.
// Bounded: with log_repeats_max events in memory the oldest is told at once and forgotten.
// Thread: under the lock of the Log that owns it.
class LogRepeats {
 public:
  struct Summary {
    Level level = Level::warning;
    std::string event, message, peer;
    std::uint64_t repeats = 0;
  };

  // True when this one is to be counted instead of written.
  bool held_back(Level level, std::string_view event, std::string_view message,
                 std::string_view peer, Instant now);

  // The next summary that is due. Call until empty.
  std::optional<Summary> due(Instant now);

 private:
  struct Seen {
    std::string key;
    Summary summary;
    Instant since;  // when it was last written, as itself or as a summary
  };
  using Order = std::list<Seen>;  // oldest `since` first

  Order seen_;
  std::unordered_map<std::string_view, Order::iterator> by_key_;  // views of Seen::key
};

}  // namespace hanse
