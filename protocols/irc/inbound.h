// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocols/irc/link.h"
#include "protocols/protocol.h"

namespace hanse::irc {

// A server that connects to us; which one, its first lines say.
class Inbound final : public Engine {
 public:
  Inbound(const InboundContext& context, std::shared_ptr<Hub> hub);
  void on(Event event, Instant now, Outbox& out) override;

 private:
  ServerLink link_;
  const bool busy_;
};

}  // namespace hanse::irc
