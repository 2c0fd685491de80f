// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

namespace hanse {

using Duration = std::chrono::microseconds;

// Elapsed time of this process: deadlines, timers, rates. Never jumps, means nothing on disk.
struct ElapsedTag {
  using rep = Duration::rep;
  using period = Duration::period;
  using duration = Duration;
  static constexpr bool is_steady = true;
};
using Instant = std::chrono::time_point<ElapsedTag, Duration>;

// Wall time: for what is stored, shown or sent. May jump either way (operations D8).
using UtcTime = std::chrono::sys_time<std::chrono::milliseconds>;

// Both clocks as one injected value. Thread: any (implementations are stateless or single-threaded
// in the simulator).
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
  virtual UtcTime utc() const = 0;
};

class SystemClock final : public Clock {
 public:
  Instant now() const override {
    return Instant(std::chrono::duration_cast<Duration>(
        std::chrono::steady_clock::now().time_since_epoch()));
  }
  UtcTime utc() const override {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now());
  }
};

constexpr std::int64_t to_unix_ms(UtcTime at) { return at.time_since_epoch().count(); }
constexpr UtcTime from_unix_ms(std::int64_t at) { return UtcTime(std::chrono::milliseconds(at)); }

}  // namespace hanse
