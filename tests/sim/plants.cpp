// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/plants.h"

#include <utility>

namespace hanse::sim {

std::optional<Plant> parse_plant(std::string_view text) {
  if (text == "ack-before-commit") return Plant::ack_before_commit;
  if (text == "forget-leg") return Plant::forget_leg;
  return std::nullopt;
}

void HastyQueue::accept(Acceptance acceptance, std::function<void(Result<Accepted>)> committed) {
  Accepted hasty;
  for (std::size_t leg = 0; leg < acceptance.legs.size(); ++leg) hasty.ids.push_back(--last_);
  home_.post([committed, hasty] { committed(hasty); });
  below_.accept(std::move(acceptance), [this, hasty](Result<Accepted> accepted) {
    if (!accepted) return;
    for (std::size_t leg = 0; leg < hasty.ids.size(); ++leg) {
      real_[hasty.ids[leg]] = accepted->ids[leg];
      const auto early = early_.extract(hasty.ids[leg]);
      if (!early.empty()) settle(early.mapped());
    }
  });
}

void HastyQueue::settle(std::vector<Settlement> settlements) {
  std::vector<Settlement> known;
  for (Settlement& each : settlements) {
    const auto real = real_.find(each.id);
    if (real != real_.end()) each.id = real->second;
    if (each.id > 0) known.push_back(std::move(each));
    else early_[each.id].push_back(std::move(each));
  }
  if (!known.empty()) below_.settle(std::move(known));
}

}  // namespace hanse::sim
