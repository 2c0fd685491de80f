// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "federation/queue_admin.h"
#include "server/base/metrics.h"

namespace hanse::store {

constexpr std::size_t leg_states = 9;
constexpr bool is_open(LegState state) { return state <= LegState::quarantine; }
constexpr bool is_waiting(LegState state) {
  return state == LegState::ready || state == LegState::deferred;
}

// What the store counts in memory: legs and bytes of every lane that has open legs, legs by
// protocol and state. Nothing per message. Changes of a transaction that fails are taken back.
// The bytes of a message are shared out among its legs, so that sums are what the disk holds.
class Ledger {
 public:
  Ledger(Metrics& metrics, std::uint64_t lane_legs_max, std::uint64_t lane_bytes_max);

  void add(std::string_view protocol, std::string_view lane, LegState state, std::uint64_t size);
  void move(std::string_view protocol, std::string_view lane, LegState from, LegState to,
            std::uint64_t size);
  // It waits as before, in another lane.
  void move_lane(std::string_view protocol, std::string_view from, std::string_view to,
                 LegState state, std::uint64_t size);
  void keep();                          // the transaction is committed: publish
  void take_back();                     // it is not

  std::uint64_t waiting(std::string_view protocol, std::string_view lane);
  // With the room that is reserved for legs about to come, until keep() or take_back().
  bool at_bound(std::string_view protocol, std::string_view lane);
  void reserve(std::string_view protocol, std::string_view lane, std::uint64_t size);
  // "protocol/lane" at their bound: entered at the bound, left below four fifths of it.
  const std::set<std::string>& full_lanes() const { return full_; }

 private:
  struct Lane {
    std::uint64_t open = 0, waiting = 0, bytes = 0;
    std::uint64_t reserved_legs = 0, reserved_bytes = 0;
    bool full = false;
  };
  struct Protocol {
    std::array<std::int64_t, leg_states> legs{};
    std::array<Gauge*, leg_states> gauges{};
  };
  using Lanes = std::unordered_map<std::string, Lane>;
  struct Change {
    Lanes::value_type* lane;
    Protocol* protocol;
    LegState from, to;
    bool added;
    std::uint64_t size;
  };

  Lanes::value_type& lane_of(std::string_view protocol, std::string_view lane);
  Protocol& protocol_of(std::string_view name);
  void count(const Change& change, bool backwards);
  void forget_reserved();
  void judge(Lanes::value_type& lane);

  Metrics& metrics_;
  const std::uint64_t legs_max_, bytes_max_;
  Lanes lanes_;
  std::map<std::string, Protocol, std::less<>> protocols_;
  std::vector<Change> changes_;
  std::vector<Lane*> reserved_;
  std::set<std::string> full_;
  std::uint64_t bytes_ = 0;
  std::string key_;                     // kept to spare an allocation per leg
};

}  // namespace hanse::store
