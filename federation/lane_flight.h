// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "federation/dial_plan.h"
#include "federation/lane.h"
#include "federation/lane_ledger.h"

namespace hanse {

// A work in the lane's hands and how often a link has given it back.
struct LaneItem {
  Work work;
  unsigned returns = 0;
  std::uint64_t place = 0;                  // among all that came to the lane; 0: not placed yet
  DeliveryId after = 0;                     // live, latest: goes behind the store's up to this
  Instant patience_end = Instant::max();    // live, latest
  bool claimed = false, passive = false;    // has waited in the store; is worth no dial

  DeliveryId id() const { return work.targets.front().id; }
  bool stored() const { return id() > 0; }
  bool patient() const { return patience_end != Instant::max(); }
};

struct LaneCopy;

// A work on a link: which of its recipients are still open, and what is known of the others.
struct LaneFlight {
  LaneItem item;
  LaneLedger::Try tried;
  std::vector<bool> settled;               // of one recipient it is empty
  std::size_t open = 0;
  std::vector<Settlement> settlements;
  std::vector<Target> given_back;
  std::uint64_t rules = 0;       // those it left under
  Outcome last_return;
  bool judged = false, delivered = false;   // the peer said something, said yes
  bool put_by = false;           // what came back of it is for the store
  std::shared_ptr<LaneCopy> copy;   // null: none is made for the store
  bool is_settled(std::size_t at) const { return !settled.empty() && settled[at]; }
  DeliveryId id_on_link(std::size_t at) const;
};

// What the store knows, or will know, of a work that was on its link for too long. Until then
// nothing that is heard of it counts: the store could not be told.
struct LaneCopy {
  enum class Phase : std::uint8_t { waiting, storing, kept, failed };
  Phase phase = Phase::waiting;
  std::vector<DeliveryId> ids_on_link, ids;   // its link's and the store's
  std::vector<std::pair<std::size_t, Outcome>> heard;   // which target, and what
  std::unique_ptr<LaneFlight> ended;          // the link is done with it

  bool is_pending() const { return phase == Phase::waiting || phase == Phase::storing; }
};

inline DeliveryId LaneFlight::id_on_link(std::size_t at) const {
  return copy == nullptr ? item.work.targets[at].id : copy->ids_on_link[at];
}

// What cannot leave and waits to be stored.
struct LaneSpill {
  LaneItem item;
  std::string why;
  std::shared_ptr<LaneCopy> copy = nullptr;   // of a work that is on a link all the same
};

struct LaneLink {
  // waiting: adopted, and another has its place
  enum class Phase : std::uint8_t { dialling, waiting, ready, closing, closed };
  std::unique_ptr<Link> link;    // null: it was given up and is to be forgotten
  Phase phase = Phase::dialling;
  DialPlan::Step step;
  Instant ready_at{}, idle_since{};
  std::size_t served = 0;
  bool useful = false;           // the peer judged at least one message on it
  bool spent = false;            // it gave a work back: nothing more goes there
  bool adopted = false;          // of the peer's making: never dialled, never retired for age
  bool guest = false;            // adopted, beside links of ours
  ServedLink* lent = nullptr;    // `link` again, when adopted
  std::deque<LaneFlight> flights;
};

}  // namespace hanse
