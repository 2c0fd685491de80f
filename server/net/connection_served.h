// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "server/net/connection.h"

namespace hanse::net {

// The lane's side of a link that a peer made: who hears its news, and where. All but `home` is the
// lane's shard's own.
struct ServedPort {
  explicit ServedPort(Executor& home_used) : home(home_used) {}
  Executor& home;
  LinkEvents* lane = nullptr;            // null: the lane has let go
  Link* link = nullptr;
};

// What only an incoming connection has that carries the works of lanes. The lanes may live on
// other shards: works come and news go by their mailboxes, in order. A lane numbers what the store
// does not know by itself, so those get numbers of the connection's own.
struct Connection::Served {
  struct Settled { DeliveryId id; Outcome outcome; };
  using News = std::variant<Settled, LinkEnd>;
  struct Berth {
    std::string lane;
    bool beside = false;
    std::shared_ptr<ServedPort> port = nullptr;    // null: the lane has not taken it yet
    std::vector<News> news = {};
    bool left = false;                             // the lane has let go
  };
  struct UnderWay { std::size_t berth; DeliveryId id; };

  void give_back(std::size_t berth, const Work& work);
  void accept(std::size_t berth, Work& work);
  void settled(DeliveryId id, Outcome outcome);
  void end(const LinkEnd& end);                    // once
  void tell();

  std::vector<Berth> berths;
  std::unordered_map<DeliveryId, UnderWay> under_way;
  DeliveryId last_own = 0;
  bool ended = false;
};

}  // namespace hanse::net
