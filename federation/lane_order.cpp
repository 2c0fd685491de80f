// SPDX-License-Identifier: Apache-2.0
// What waits in memory keeps its place among what is on disk (xmpp 4.7). The store numbers works in
// the order in which they came to the lane; so a live or latest one need only know the last number
// before it, and what is claimed with a number up to that goes first.

#include <algorithm>
#include <limits>
#include <utility>

#include "federation/lane_state.h"

namespace hanse {

namespace {

constexpr DeliveryId whatever_is_there = std::numeric_limits<DeliveryId>::max();

// Claimed ones have the place of the one that they go before.
bool goes_before(const LaneItem& one, const LaneItem& other) {
  if (one.place != other.place) return one.place < other.place;
  return !one.patient() && (other.patient() || one.id() < other.id());
}

}  // namespace

void Lane::State::put_back(LaneItem item) {
  const auto before = std::lower_bound(ready.begin(), ready.end(), item, goes_before);
  insert(before, std::move(item));
}

void Lane::State::push_claimed(LaneItem item) {
  const DeliveryId id = item.id();
  newest = std::max(newest, id);
  if (!traits->ordered || patient == 0) return push_back(std::move(item));
  const auto before = std::partition_point(
      ready.begin(), ready.end(),
      [id](const LaneItem& one) { return !one.patient() || one.after < id; });
  if (before != ready.end()) item.place = before->place;
  else item.place = ++last_place;
  insert(before, std::move(item));
}

bool Lane::State::falls_in_behind() const {
  return traits->ordered && (regress || storing > 0 || !stored.nothing());
}

// What is behind a work of another kind has nothing before it in the store, or that would be here.
// What is on a link and only copied to the store has gone before.
bool Lane::State::must_wait() const {
  return traits->ordered && ready.size() == patient &&
         (!stored.nothing() || storing + spill.size() > copies);
}

DeliveryId Lane::State::newest_before(const Work& work) {
  if (work.after == 0) return unseen ? whatever_is_there : newest;
  if (work.after > newest) stored.due_now();   // of that nobody has told us yet
  newest = std::max(newest, work.after);
  seen(work.after);
  return work.after;
}

// What came before now, and waits for whatever was there, has that before it and no more.
void Lane::State::seen(DeliveryId up_to) {
  for (auto one = ready.rbegin(); one != ready.rend() && one->after == whatever_is_there; ++one)
    one->after = up_to;
}

// The store has numbered what came at this place. What came after it waits for it; what came before
// it does not.
void Lane::State::numbered(std::uint64_t place, DeliveryId id) {
  newest = std::max(newest, id);
  for (auto one = ready.rbegin(); one != ready.rend(); ++one) {
    if (one->place > place) {
      if (one->patient()) one->after = std::max(one->after, id);
    } else {
      if (!one->patient() || one->after != whatever_is_there) return;
      one->after = id - 1;
    }
  }
}

}  // namespace hanse
