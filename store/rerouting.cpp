// SPDX-License-Identifier: Apache-2.0
#include "store/rerouting.h"

#include <optional>

#include "federation/way.h"

namespace hanse::store {

Rerouting::Rerouting(Database& database, Ledger& ledger)
    : ledger_(ledger),
      groups_(database,
              "SELECT DISTINCT protocol, lane, domain FROM leg INDEXED BY leg_open"
              " WHERE state <= 4 AND state <> 1"),
      waiting_(database,
               "SELECT id, state, size FROM leg INDEXED BY leg_open WHERE state <= 4"
               " AND state <> 1 AND protocol = ? AND lane = ? AND domain = ?"),
      move_(database, "UPDATE leg SET lane = ?2, route = ?3 WHERE id = ?1") {}

void Rerouting::follow(const RouteCommand& rules, Executor* home) {
  rules_ = rules;
  home_ = home;
  if (!rules_.way) return;
  for (const Group& group : groups()) {
    const Address anybody{group.protocol, "", group.domain};
    if (const std::optional<Way> way = rules_.way(group.lane, anybody)) move_group(group, *way);
  }
}

void Rerouting::waits_again(const Leg& leg) {
  if (!rules_.way) return;
  const Address to{std::string(leg.protocol), std::string(leg.local), std::string(leg.domain)};
  const std::optional<Way> way = rules_.way(std::string(leg.lane), to);
  if (way) move(leg.id, leg.protocol, leg.lane, *way, leg.state, leg.size);
}

std::vector<Rerouting::Group> Rerouting::groups() {
  std::vector<Group> out;
  for (groups_.query(); groups_.row();)
    out.push_back({std::string(groups_.text(0)), std::string(groups_.text(1)),
                   std::string(groups_.text(2))});
  return out;
}

void Rerouting::move_group(const Group& group, const Way& way) {
  struct Found {
    DeliveryId id;
    LegState state;
    std::uint64_t size;
  };
  std::vector<Found> legs;
  for (waiting_.query(group.protocol, group.lane, group.domain); waiting_.row();)
    legs.push_back({waiting_.integer(0), static_cast<LegState>(waiting_.integer(1)),
                    static_cast<std::uint64_t>(waiting_.integer(2))});
  for (const Found& leg : legs)
    move(leg.id, group.protocol, group.lane, way, leg.state, leg.size);
}

void Rerouting::move(DeliveryId id, std::string_view protocol, std::string_view from,
                     const Way& to, LegState state, std::uint64_t size) {
  move_.run(id, to.lane, to.route);
  ledger_.move_lane(protocol, from, to.lane, state, size);
  moved_.emplace(protocol, to.lane);
}

RouteCommand rules_of(std::shared_ptr<const Policy> policy,
                      std::function<void(Rerouting::Lanes)> moved) {
  FindWay way = [policy = std::move(policy)](const std::string& lane,
                                             const Address& to) -> std::optional<Way> {
    std::optional<RouteChoice> choice = way_out_of(*policy, lane, to);
    if (!choice) return std::nullopt;
    return Way{std::move(choice->lane), std::move(choice->route)};
  };
  return {std::move(way), std::move(moved)};
}

}  // namespace hanse::store
