// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "federation/link.h"
#include "protocols/protocol.h"
#include "tests/sim/channel.h"
#include "tests/sim/network.h"
#include "tests/sim/setup.h"

namespace hanse::sim {

// What a dialling machine lends to its links.
struct DialerParts {
  ChannelParts channel;
  Network& network;
  Services& services;
  std::string address;            // where it dials from
  int node;                       // for the auditor; Auditor::sender for a sender
  RoomOf room;
};

// Outgoing connections of one shard or of a sender: connect, session, and news for the lane in
// their order, each as a work of its own.
class SimDialer final : public Dialer {
 public:
  explicit SimDialer(DialerParts parts)
      : parts_(std::make_shared<const DialerParts>(std::move(parts))) {}
  std::unique_ptr<Link> dial(DialRequest request, LinkEvents& events) override;

 private:
  const std::shared_ptr<const DialerParts> parts_;   // links may live longer
};

}  // namespace hanse::sim
