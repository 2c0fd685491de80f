// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "federation/exchange.h"

namespace hanse {

using LaneKey = std::pair<std::string, std::string>;   // protocol, lane

// The lanes of one shard: made when first needed, forgotten when idle. Thread: the shard.
class LaneTable {
 public:
  LaneTable(const ExchangeParts& parts, LaneHost& host);

  Lane* get(const std::string& protocol, const std::string& lane);  // null: unknown, or too many
  Lane* find(std::string_view protocol, std::string_view lane) const;
  // Empty protocol or lane: all of them.
  void each(std::string_view protocol, std::string_view lane,
            const std::function<void(Lane&)>& visit) const;
  // The lane of that name, and those that lead there by a place of their own; of lanes_to() all.
  void each_to(std::string_view protocol, std::string_view name,
               const std::function<void(Lane&)>& visit) const;
  const LaneTraits* traits(std::string_view protocol) const;
  std::vector<std::shared_ptr<const LaneTraits>> all_traits() const;

  void apply(std::shared_ptr<const Policy> policy,
             const std::vector<std::shared_ptr<const LaneTraits>>& traits);
  void drain(bool now);
  bool drained() const;
  std::vector<LaneStatus> statuses() const;

 private:
  void each_to_all(std::string_view protocol, std::string_view target,
                   const std::function<void(Lane&)>& visit) const;
  void forget_idle();
  const PeerPolicy* peer_of(std::string_view lane) const;   // whom it leads to by its name
  bool is_held(std::string_view lane) const;
  HopDemand demand_of(const LaneKey& key) const;
  std::shared_ptr<const LaneTraits> traits_of(const LaneKey& key) const;

  BodyBudget bodies_;            // outlives the lanes
  SteadyWall wall_;
  LaneParts parts_;
  std::shared_ptr<const Policy> policy_;
  std::map<std::string, std::shared_ptr<const LaneTraits>, std::less<>> traits_, slow_traits_;
  std::map<LaneKey, std::unique_ptr<Lane>> lanes_;
  std::size_t sweep_at_;
  bool draining_ = false;
};

}  // namespace hanse
