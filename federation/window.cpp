// SPDX-License-Identifier: Apache-2.0
#include "federation/window.h"

#include "server/base/limits.h"

namespace hanse {

void Ramp::begin(Instant now) {
  active_ = true;
  slot_end_ = now + limits::ramp_slot;
  allowed_ = limits::ramp_first_works;
  started_ = 0;
}

bool Ramp::may_start(Instant now) {
  while (active_ && now >= slot_end_) {
    slot_end_ += limits::ramp_slot;
    allowed_ *= 2;
    started_ = 0;
    active_ = allowed_ <= limits::ramp_last_works;
  }
  return !active_ || started_ < allowed_;
}

}  // namespace hanse
