// SPDX-License-Identifier: Apache-2.0
#include "federation/handed_on.h"

#include "federation/limits.h"

namespace hanse {

namespace {

std::size_t size_of(const std::shared_ptr<const std::string>& bytes) {
  return bytes == nullptr ? 0 : bytes->size();
}

}  // namespace

void HandedOn::keep(const Work& work) {
  let_go();
  if (kept_.size() >= limits::handed_on_items_max || bytes_ >= limits::handed_on_bytes_max)
    drop_first();
  kept_.push_back({work.envelope, work.body.bytes});
  bytes_ += size_of(work.body.bytes);
}

// A work lets go of its envelope last.
void HandedOn::let_go() {
  while (!kept_.empty() && kept_.front().envelope.use_count() == 1) drop_first();
}

void HandedOn::drop_first() {
  bytes_ -= size_of(kept_.front().bytes);
  kept_.pop_front();
}

}  // namespace hanse
