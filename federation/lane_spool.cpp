// SPDX-License-Identifier: Apache-2.0
// Swift works that should have gone and are in memory still: a peer that stops reading must neither
// fill it nor take them along when the node dies (xmpp 9.5).

#include <algorithm>
#include <utility>

#include "federation/lane_state.h"
#include "federation/limits.h"

namespace hanse {

namespace {

bool is_in_memory_only(const LaneItem& item) { return !item.stored() && !item.patient(); }

bool is_in_memory_only(const LaneFlight& flight) {
  return is_in_memory_only(flight.item) && flight.copy == nullptr;
}

}  // namespace

// What is on a link is as old as its time there; what waits behind it is not older.
Instant Lane::State::oldest_swift() const {
  Instant oldest = Instant::max();
  for (const auto& link : links) {
    const auto first = std::find_if(link->flights.begin(), link->flights.end(),
                                    [](const auto& flight) { return is_in_memory_only(flight); });
    if (first != link->flights.end()) oldest = std::min(oldest, first->tried.began);
  }
  const bool waits = attempting && std::any_of(ready.begin(), ready.end(), [](const auto& item) {
    return is_in_memory_only(item);
  });
  return waits ? std::min(oldest, attempt_began) : oldest;
}

void Lane::State::look_at_swift(Instant now) {
  const Instant oldest = oldest_swift();
  swift_look = oldest == Instant::max() ? oldest : oldest + limits::swift_in_memory_max;
  if (now < swift_look) return;
  swift_look = now + limits::swift_in_memory_max;   // should the disk be full
  if (parts.host.may_store()) spool();
}

// In their order: those on links, as copies, then those behind them. What comes after that follows,
// as long as anything of it is under way.
void Lane::State::spool() {
  const std::size_t before = storing + spill.size();
  for (const auto& link : links)
    for (LaneFlight& flight : link->flights)
      if (is_in_memory_only(flight)) copy(flight);
  for (std::size_t count = ready.size(); count > 0; --count) {
    LaneItem item = pop_front();
    if (is_in_memory_only(item)) store(std::move(item), "its peer takes nothing");
    else push_back(std::move(item));
  }
  attempt_works = std::min(attempt_works, ready.size());
  regress = traits->ordered;
  parts.log.write(Level::info, "queue.spooled", "not gone in time: put on disk",
                  {{"proto", protocol}, {"peer", name},
                   {"messages", static_cast<std::int64_t>(storing + spill.size() - before)}});
}

void Lane::State::copy(LaneFlight& flight) {
  Work& work = flight.item.work;
  flight.copy = std::make_shared<LaneCopy>();
  for (const Target& target : work.targets) flight.copy->ids_on_link.push_back(target.id);
  ++copies;
  LaneSpill spilled{LaneItem{.work = work, .place = flight.item.place}, {}, flight.copy};
  work.hold = nullptr;   // until the copy is kept
  if (spill.empty() && storing < limits::lane_storing_items_max)
    return store_now(std::move(spilled));
  spill.push_back(std::move(spilled));
}

// It went while its copy waited: the store need never hear of it.
bool Lane::State::is_needless(const LaneSpill& spilled) {
  if (spilled.copy == nullptr || spilled.copy->ended == nullptr) return false;
  const auto& heard = spilled.copy->heard;
  return std::all_of(heard.begin(), heard.end(), [](const auto& one) {
    return one.second.disposition == Disposition::delivered ||
           one.second.disposition == Disposition::failed;
  });
}

void Lane::State::copied(const std::shared_ptr<LaneCopy>& copy, const Result<Accepted>& accepted) {
  --copies;
  copy->phase = accepted ? LaneCopy::Phase::kept : LaneCopy::Phase::failed;
  if (accepted) copy->ids = accepted->ids;
  if (copy->ended == nullptr) return;
  LaneFlight flight = std::move(*copy->ended);
  copy->ended.reset();
  flight.copy = copy;
  conclude(std::move(flight));
}

bool Lane::State::land(LaneFlight& flight) {
  const std::shared_ptr<LaneCopy> copy = std::move(flight.copy);
  flight.copy = nullptr;
  if (copy->is_pending()) {
    copy->ended = std::make_unique<LaneFlight>(std::move(flight));
    return false;
  }
  for (std::size_t at = 0; at < copy->ids.size(); ++at)
    flight.item.work.targets[at].id = copy->ids[at];
  for (auto& [at, outcome] : copy->heard) judge(flight, at, std::move(outcome));
  return true;
}

}  // namespace hanse
