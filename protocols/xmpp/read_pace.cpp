// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/read_pace.h"

#include <algorithm>

namespace hanse::xmpp {

namespace {

Duration time_for(std::size_t bytes, std::int64_t per_second) {
  return std::chrono::duration_cast<Duration>(
      std::chrono::duration<double>(static_cast<double>(bytes) / static_cast<double>(per_second)));
}

}  // namespace

// Empty is a bucket that takes the whole burst's time to be full.
Instant ReadPace::read_again_at() const {
  return full_at_ - time_for(limits::read_burst_bytes_max, rate_);
}

void ReadPace::read(std::size_t bytes, Instant now, Outbox& out) {
  if (rate_ <= 0) return;
  full_at_ = std::max(full_at_, now) + time_for(bytes, rate_);
  if (asked_ != 0 || read_again_at() <= now) return;
  bell_ = std::make_shared<Bell>();
  asked_ = out.ask(Heed{bell_, false});
  out.set_timer(timer_, read_again_at());
}

// What came meanwhile, because it was on its way already, is waited for as well.
void ReadPace::rang(Instant now, Outbox& out) {
  if (bell_ == nullptr) return;
  if (read_again_at() > now) return out.set_timer(timer_, read_again_at());
  bell_->ring();
  bell_.reset();
}

bool ReadPace::answered(AskId id) {
  if (asked_ == 0 || id != asked_) return false;
  asked_ = 0;
  return true;
}

}  // namespace hanse::xmpp
