// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <variant>
#include <vector>

#include <deque>

#include "server/net/connection.h"

namespace hanse::net {

// What only an outgoing connection has: its order, its lane, and what the lane is still to hear.
struct Connection::Dialled {
  struct Ready {};
  struct Settled { DeliveryId id; Outcome outcome; };
  using News = std::variant<Ready, Settled, LinkEnd>;

  // Once. What an engine that failed left unsettled is settled here, so that no delivery hangs.
  void end(LinkEnd end);
  void end_unconnected(Fault fault, std::string what, bool orderly = false);
  void give_back(const Work& work);

  DialRequest request;
  LinkEvents* lane = nullptr;            // null: the lane has let go
  Link* link = nullptr;
  std::deque<News> news;
  std::deque<DeliveryId> under_way;
  bool ended = false;
};

}  // namespace hanse::net
