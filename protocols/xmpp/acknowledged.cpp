// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/acknowledged.h"

#include <algorithm>
#include <utility>

namespace hanse::xmpp {

void Acknowledged::committed(AskId id) {
  const auto found = std::find_if(waiting_.begin(), waiting_.end(),
                                  [id](const Waiting& one) { return one.id == id; });
  if (found == waiting_.end()) return;
  found->done = true;
  while (!waiting_.empty() && waiting_.front().done) waiting_.pop_front();
}

bool Acknowledged::answer_is_due() {
  // The numbers wrap around: what is behind the other is told by the sign of the difference.
  if (!owed_ || static_cast<std::int32_t>(handled() - *owed_) < 0) return false;
  owed_.reset();
  return true;
}

std::optional<SubmitsOpen::Open> SubmitsOpen::remove(AskId id) {
  const auto found = open_.find(id);
  if (found == open_.end()) return std::nullopt;
  Open one = std::move(found->second);
  bytes_ -= one.bytes;
  open_.erase(found);
  return one;
}

}  // namespace hanse::xmpp
