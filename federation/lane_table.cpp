// SPDX-License-Identifier: Apache-2.0
#include "federation/lane_table.h"

#include <algorithm>

#include "federation/lane_name.h"
#include "federation/next_hop.h"
#include "federation/peer_gauges.h"
#include "federation/retry.h"
#include "federation/way.h"
#include "server/base/limits.h"

namespace hanse {

LaneTable::LaneTable(const ExchangeParts& parts, LaneHost& host)
    : wall_(parts.clock),
      parts_{parts.clock,  parts.random, parts.timers,  parts.queue, parts.resolver,
             parts.dialer, parts.log,    parts.metrics, bodies_,     wall_, host},
      sweep_at_(limits::lanes_sweep_least) {}

Lane* LaneTable::get(const std::string& protocol, const std::string& lane) {
  LaneKey key(protocol, lane);
  const auto known = lanes_.find(key);
  if (known != lanes_.end()) return known->second.get();
  if (!traits_.contains(protocol)) return nullptr;
  if (lanes_.size() >= sweep_at_) forget_idle();
  if (lanes_.size() >= limits::lanes_max) return nullptr;
  // Only configured peers appear in labels; the rest of the world is one.
  const PeerPolicy* peer = peer_of_lane(*policy_, protocol, lane);
  const std::string label = peer == nullptr ? "other" : peer->domain;
  auto made = std::make_unique<Lane>(lane, traits_of(key), demand_of(key), parts_, label);
  if (is_held(lane)) made->hold(true);
  if (draining_) made->drain(false);
  return lanes_.emplace(std::move(key), std::move(made)).first->second.get();
}

Lane* LaneTable::find(std::string_view protocol, std::string_view lane) const {
  const auto known = lanes_.find(LaneKey(protocol, lane));
  return known == lanes_.end() ? nullptr : known->second.get();
}

void LaneTable::each(std::string_view protocol, std::string_view lane,
                     const std::function<void(Lane&)>& visit) const {
  for (const auto& [key, one] : lanes_)
    if ((protocol.empty() || key.first == protocol) && (lane.empty() || key.second == lane))
      visit(*one);
}

void LaneTable::each_to(std::string_view protocol, std::string_view name,
                        const std::function<void(Lane&)>& visit) const {
  if (name.starts_with('>')) return each_to_all(protocol, name.substr(1), visit);
  const LaneKey first(protocol, name);
  for (auto at = lanes_.lower_bound(first);
       at != lanes_.end() && at->first.first == protocol && at->first.second.starts_with(name);
       ++at) {
    if (leads_where(at->first.second, name)) visit(*at->second);
  }
}

void LaneTable::each_to_all(std::string_view protocol, std::string_view target,
                            const std::function<void(Lane&)>& visit) const {
  for (auto at = lanes_.lower_bound(LaneKey(protocol, ""));
       at != lanes_.end() && at->first.first == protocol; ++at) {
    const LaneName name = split_lane(at->first.second);
    if (!name.sender.empty() && name.target == target) visit(*at->second);
  }
}

const LaneTraits* LaneTable::traits(std::string_view protocol) const {
  const auto found = traits_.find(protocol);
  return found == traits_.end() ? nullptr : found->second.get();
}

std::vector<std::shared_ptr<const LaneTraits>> LaneTable::all_traits() const {
  std::vector<std::shared_ptr<const LaneTraits>> out;
  for (const auto& [protocol, one] : traits_) out.push_back(one);
  return out;
}

void LaneTable::apply(std::shared_ptr<const Policy> policy,
                      const std::vector<std::shared_ptr<const LaneTraits>>& traits) {
  show_peers(policy_.get(), *policy, parts_.metrics);
  const std::shared_ptr<const Policy> before = std::exchange(policy_, std::move(policy));
  for (const auto& one : traits) {
    traits_[one->protocol] = one;
    slow_traits_[one->protocol] = slowed(one);
  }
  for (const auto& [key, lane] : lanes_) {
    lane->apply(traits_of(key), demand_of(key));
    const bool held = is_held(key.second);
    const PeerPolicy* peer = peer_of(key.second);
    if (is_barred(peer)) lane->hold(true);   // what stands to it ends
    lane->hold(held);
    // xmpp 4.6: what waits for it goes back now, whenever it was to be tried again.
    if (is_barred(peer) && !held && !is_barred(before->peer(peer->domain))) lane->wake();
  }
}

std::shared_ptr<const LaneTraits> LaneTable::traits_of(const LaneKey& key) const {
  return (policy_->is_slow(key.first, key.second) ? slow_traits_ : traits_).at(key.first);
}

// A lane that no rule leads to any more ends. Whatever is still said on it is said as the rules of
// its domain demand, and to nobody where only a rule knew who that is (smtp X-9).
HopDemand LaneTable::demand_of(const LaneKey& key) const {
  const auto& [protocol, lane] = key;
  const LaneName name = split_lane(lane);
  HopDemand out = policy_->demand_of_lane(protocol, lane);
  if (policy_->routes.rule_of_lane(protocol, name.target, name.hop) != nullptr) return out;
  if (name.target != name.hop) {
    const RouteChoice now = policy_->routes.choose(protocol, name.target);
    return policy_->demand_of_lane(protocol, pair_lane(name.sender, name.target, now.lane));
  }
  const NextHop hop = parse_next_hop(name.hop);
  if (hop.port == 0 && hop.kind != NextHop::Kind::unix_path) return out;
  out.tls = TlsLevel::verify;
  out.rule = "no rule";
  return out;
}

const PeerPolicy* LaneTable::peer_of(std::string_view lane) const {
  return policy_->peer(split_lane(lane).target);
}

// What is for a barred peer waits until it is active again. Who has a lane with each of us hears
// at once that the peer is blocked (xmpp 4.6).
bool LaneTable::is_held(std::string_view lane) const {
  const PeerPolicy* peer = peer_of(lane);
  return is_barred(peer) &&
         (peer->state == PeerState::suspended || split_lane(lane).sender.empty());
}

void LaneTable::drain(bool now) {
  draining_ = true;
  for (const auto& [key, lane] : lanes_) lane->drain(now);
}

bool LaneTable::drained() const {
  return std::all_of(lanes_.begin(), lanes_.end(),
                     [](const auto& entry) { return entry.second->drained(); });
}

std::vector<LaneStatus> LaneTable::statuses() const {
  std::vector<LaneStatus> out;
  out.reserve(lanes_.size());
  for (const auto& [key, lane] : lanes_) out.push_back(lane->status());
  return out;
}

// Looked through each time the table has doubled, so that it costs nothing in between.
void LaneTable::forget_idle() {
  std::erase_if(lanes_, [](const auto& entry) { return entry.second->idle(); });
  sweep_at_ = std::min(std::max(2 * lanes_.size(), limits::lanes_sweep_least), limits::lanes_max);
}

}  // namespace hanse
