// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/plants.h"

#include <utility>

namespace hanse::sim {

std::optional<Plant> parse_plant(std::string_view text) {
  if (text == "ack-before-commit") return Plant::ack_before_commit;
  if (text == "forget-leg") return Plant::forget_leg;
  if (text == "overtake") return Plant::overtake;
  if (text == "count-ahead") return Plant::count_ahead;
  return std::nullopt;
}

std::unique_ptr<Queue> plant_queue(Plant plant, Queue& below, Executor& home, const Clock& clock) {
  if (plant == Plant::ack_before_commit) return std::make_unique<HastyQueue>(below, home);
  if (plant == Plant::overtake) return std::make_unique<OvertakingQueue>(below, clock);
  return nullptr;
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

// Those of ordered lanes are due at the beginning of time.
void OvertakingQueue::settle(std::vector<Settlement> settlements) {
  for (Settlement& each : settlements) {
    const bool goes_back = each.outcome.disposition == Disposition::deferred ||
                           each.outcome.disposition == Disposition::returned;
    if (goes_back && each.retry_at == UtcTime{} && each.id % 2 == 0)
      each.retry_at = clock_.utc() + std::chrono::seconds(20);
  }
  below_.settle(std::move(settlements));
}

}  // namespace hanse::sim
