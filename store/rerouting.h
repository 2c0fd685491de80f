// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "federation/policy.h"
#include "store/commands.h"
#include "store/database.h"
#include "store/ledger.h"

namespace hanse::store {

// Keeps what waits in the lane that the rules in force lead to. When the rules change everything
// that waits is looked through; what is under way then, when it comes back. Thread: the store's.
class Rerouting {
 public:
  Rerouting(Database& database, Ledger& ledger);

  void follow(const RouteCommand& rules, Executor* home);
  // One that waits again: in which lane it was, and what it is.
  struct Leg {
    DeliveryId id;
    LegState state;
    std::string_view protocol, lane;
    std::uint64_t size;
    std::string_view local, domain;
  };
  void waits_again(const Leg& leg);

  using Lanes = std::set<std::pair<std::string, std::string>>;   // protocol, lane
  Lanes take_moved() { return std::exchange(moved_, {}); }       // what to tell after the commit
  Executor* home() const { return home_; }
  const std::function<void(Lanes)>& told() const { return rules_.moved; }

 private:
  struct Group {
    std::string protocol, lane, domain;
  };
  std::vector<Group> groups();
  void move_group(const Group& group, const Way& way);
  void move(DeliveryId id, std::string_view protocol, std::string_view from, const Way& to,
            LegState state, std::uint64_t size);

  Ledger& ledger_;
  Statement groups_, waiting_, move_;
  RouteCommand rules_;
  Executor* home_ = nullptr;
  Lanes moved_;
};

// What is in a lane that its policy does not choose goes to the one it does.
RouteCommand rules_of(std::shared_ptr<const Policy> policy,
                      std::function<void(Rerouting::Lanes)> moved);

}  // namespace hanse::store
