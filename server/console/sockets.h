// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "server/base/result.h"
#include "server/base/time.h"

// The few calls on plain sockets that console and metrics need. Every wait has a deadline and
// ends at once when the `stop` descriptor becomes readable (-1: none).
namespace hanse::console {

class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor();
  int get() const { return number_; }
  bool valid() const { return number_ >= 0; }

 private:
  int number_;
};

enum class Waited : std::uint8_t { ready, timeout, stopped };
Waited wait_for(int descriptor, short events, int stop, Instant deadline);

// Reads lines that end in '\n', never more than `line_bytes_max` ahead.
class LineReader {
 public:
  LineReader(int descriptor, int stop, std::size_t line_bytes_max)
      : descriptor_(descriptor), stop_(stop), line_bytes_max_(line_bytes_max) {}

  // Without the '\n'. try_later: the time is over; never: closed; overloaded: too long.
  Result<std::string> next(Instant deadline);

 private:
  Result<void> fill(Instant deadline);

  int descriptor_, stop_;
  std::size_t line_bytes_max_;
  std::string held_;
  std::size_t searched_ = 0;   // no '\n' before this
};

// Gives up when nothing moves for `patience`.
Result<void> write_all(int descriptor, std::string_view bytes, int stop, Duration patience);

// A pipe whose reading end becomes readable for good once close_writer() was called.
class StopSignal {
 public:
  StopSignal();
  int descriptor() const { return reader_.get(); }
  void raise() { writer_ = Descriptor(); }

 private:
  Descriptor reader_, writer_;
};

std::string error_text(int number);   // of errno

}  // namespace hanse::console
