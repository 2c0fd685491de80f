// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocols/irc/link.h"
#include "protocols/protocol.h"

namespace hanse::irc {

// A server that we call. The lane is its network's.
class Outbound final : public Engine {
 public:
  Outbound(const OutboundContext& context, std::shared_ptr<Hub> hub);
  void on(Event event, Instant now, Outbox& out) override;

 private:
  void begin(Outbox& out);

  const NetworkSettings* const network_;   // null: not configured
  const Side* const side_;                 // null likewise
  ServerLink link_;
  const bool look_only_;
};

// Nobody was there to hear us: no engine was made.
void note_unreachable(Hub& hub, std::string_view network, std::string_view why);

// What means the same whichever side called.
void hand_on(ServerLink& link, Event& event, Instant now, Outbox& out);

}  // namespace hanse::irc
