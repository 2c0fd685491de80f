// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "server/base/time.h"

namespace hanse::net {

// How many connections each source has opened within the last minute, about: those of the minute
// at hand, and of the one before it the part that still lies within sixty seconds. Bounded: sources
// beyond limits::rate_prefixes_max in one minute are not counted. Thread: its owner's.
class ConnectionRates {
 public:
  std::size_t count(const std::string& source, Instant now);   // with this one; 0: not counted

 private:
  void turn_minute(Instant now);

  std::unordered_map<std::string, std::uint32_t> at_hand_, before_;
  std::optional<Instant> began_;    // the minute at hand
};

}  // namespace hanse::net
