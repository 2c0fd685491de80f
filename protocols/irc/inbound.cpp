// SPDX-License-Identifier: Apache-2.0
#include "protocols/irc/inbound.h"

#include "protocols/irc/outbound.h"

namespace hanse::irc {

Inbound::Inbound(const InboundContext& context, std::shared_ptr<Hub> hub)
    : link_(std::move(hub), nullptr, context.nonce), busy_(context.busy) {}

void Inbound::on(Event event, Instant now, Outbox& out) {
  if (auto* opened = std::get_if<Opened>(&event)) {
    link_.open(std::move(opened->remote_address), opened->remote_port, now, out);
    if (busy_) link_.refuse("too many connections", out);
  } else if (auto* tls = std::get_if<TlsUp>(&event)) {
    link_.tls_up(std::move(tls->facts));
  } else {
    hand_on(link_, event, now, out);
  }
}

}  // namespace hanse::irc
