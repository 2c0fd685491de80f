// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>

#include "protocols/protocol.h"
#include "tests/sim/channel.h"
#include "tests/sim/setup.h"

namespace hanse::sim {

// The incoming connections of one shard or one edge.
class Doors {
 public:
  using ServicesOf = std::function<std::shared_ptr<Services>(Stream& stream)>;

  Doors(ChannelParts parts, RoomOf room, ServicesOf services)
      : parts_(parts), room_(std::move(room)), services_(std::move(services)) {}

  // TLS first: where the listener expects it so.
  void adopt(End end, const std::string& protocol, InboundContext context);
  void drain();
  void cut() { sessions_.clear(); }
  std::size_t open() const { return sessions_.size(); }

 private:
  struct Inside {
    std::shared_ptr<Services> services;
    std::unique_ptr<Channel> channel;
  };

  ChannelParts parts_;
  const RoomOf room_;
  const ServicesOf services_;
  std::map<std::uint64_t, Inside> sessions_;   // by the stream's number
};

}  // namespace hanse::sim
