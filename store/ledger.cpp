// SPDX-License-Identifier: Apache-2.0
#include "store/ledger.h"

#include "server/base/limits.h"

namespace hanse::store {

Ledger::Ledger(Metrics& metrics, std::uint64_t lane_legs_max, std::uint64_t lane_bytes_max)
    : metrics_(metrics), legs_max_(lane_legs_max), bytes_max_(lane_bytes_max) {}

void Ledger::add(std::string_view protocol, std::string_view lane, LegState state,
                 std::uint64_t size) {
  changes_.push_back({&lane_of(protocol, lane), &protocol_of(protocol), state, state, true, size});
  count(changes_.back(), false);
}

void Ledger::move(std::string_view protocol, std::string_view lane, LegState from, LegState to,
                  std::uint64_t size) {
  changes_.push_back({&lane_of(protocol, lane), &protocol_of(protocol), from, to, false, size});
  count(changes_.back(), false);
}

// Out of the one as if it had ended, which nobody counts, and into the other.
void Ledger::move_lane(std::string_view protocol, std::string_view from, std::string_view to,
                       LegState state, std::uint64_t size) {
  move(protocol, from, state, LegState::delivered, size);
  add(protocol, to, state, size);
}

void Ledger::keep() {
  forget_reserved();
  for (const Change& change : changes_) judge(*change.lane);
  changes_.clear();
  // Lanes without legs are forgotten together, when there are many.
  if (lanes_.size() > limits::lanes_max) {
    std::erase_if(lanes_, [](const auto& lane) { return lane.second.open == 0; });
  }
  for (auto& [name, protocol] : protocols_) {
    for (std::size_t state = 0; state < leg_states; ++state) {
      if (is_open(static_cast<LegState>(state))) {
        protocol.gauges[state]->set(static_cast<double>(protocol.legs[state]));
      }
    }
  }
  metrics_.gauge("hanse_queue_bytes", "Bytes of queued messages.")
      .set(static_cast<double>(bytes_));
}

void Ledger::take_back() {
  forget_reserved();
  while (!changes_.empty()) {
    count(changes_.back(), true);
    changes_.pop_back();
  }
}

std::uint64_t Ledger::waiting(std::string_view protocol, std::string_view lane) {
  return lane_of(protocol, lane).second.waiting;
}

bool Ledger::at_bound(std::string_view protocol, std::string_view lane) {
  const Lane& one = lane_of(protocol, lane).second;
  return one.open + one.reserved_legs >= legs_max_ ||
         one.bytes + one.reserved_bytes >= bytes_max_;
}

void Ledger::reserve(std::string_view protocol, std::string_view lane, std::uint64_t size) {
  Lane& one = lane_of(protocol, lane).second;
  if (one.reserved_legs == 0) reserved_.push_back(&one);
  ++one.reserved_legs;
  one.reserved_bytes += size;
}

void Ledger::forget_reserved() {
  for (Lane* const lane : reserved_) lane->reserved_legs = lane->reserved_bytes = 0;
  reserved_.clear();
}

Ledger::Lanes::value_type& Ledger::lane_of(std::string_view protocol, std::string_view lane) {
  key_.assign(protocol).append("/").append(lane);
  return *lanes_.try_emplace(key_).first;
}

Ledger::Protocol& Ledger::protocol_of(std::string_view name) {
  const auto found = protocols_.find(name);
  if (found != protocols_.end()) return found->second;
  Protocol& made = protocols_.emplace(name, Protocol{}).first->second;
  for (std::size_t state = 0; state < leg_states; ++state) {
    if (!is_open(static_cast<LegState>(state))) continue;
    made.gauges[state] = &metrics_.gauge(
        "hanse_queue_messages", "Recipients in the queue.",
        {{"proto", name}, {"state", leg_state_name(static_cast<LegState>(state))}});
  }
  return made;
}

void Ledger::count(const Change& change, bool backwards) {
  const std::uint64_t one = backwards ? ~std::uint64_t{0} : 1;   // adds 1, or takes 1 away
  const std::uint64_t size = change.size * one;
  Lane& lane = change.lane->second;
  if (!change.added) {
    change.protocol->legs[static_cast<std::size_t>(change.from)] -= static_cast<std::int64_t>(one);
    if (is_waiting(change.from)) lane.waiting -= one;
    if (is_open(change.from)) {
      lane.open -= one;
      lane.bytes -= size;
      bytes_ -= size;
    }
  }
  change.protocol->legs[static_cast<std::size_t>(change.to)] += static_cast<std::int64_t>(one);
  if (is_waiting(change.to)) lane.waiting += one;
  if (is_open(change.to)) {
    lane.open += one;
    lane.bytes += size;
    bytes_ += size;
  }
}

void Ledger::judge(Lanes::value_type& entry) {
  Lane& lane = entry.second;
  if (!lane.full && (lane.open >= legs_max_ || lane.bytes >= bytes_max_)) {
    lane.full = true;
    full_.insert(entry.first);
  } else if (lane.full && lane.open < legs_max_ / 5 * 4 && lane.bytes < bytes_max_ / 5 * 4) {
    lane.full = false;
    full_.erase(entry.first);
  }
}

}  // namespace hanse::store
