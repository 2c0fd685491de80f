// SPDX-License-Identifier: Apache-2.0
#include "protocols/irc/outbound.h"

namespace hanse::irc {

Outbound::Outbound(const OutboundContext& context, std::shared_ptr<Hub> hub)
    : network_(hub->settings().network(context.lane)),
      link_(std::move(hub), network_, context.nonce) {}

void Outbound::on(Event event, Instant now, Outbox& out) {
  if (auto* opened = std::get_if<Opened>(&event)) {
    link_.open(std::move(opened->remote_address), now, out);
    if (network_ == nullptr) return link_.refuse("no such network is configured", out);
    if (network_->tls == LinkTls::off) return link_.start(out);
    out.start_tls({.name = network_->peer, .identity = network_->own_name});
  } else if (auto* tls = std::get_if<TlsUp>(&event)) {
    link_.tls_up(std::move(tls->facts));
    link_.start(out);
  } else {
    hand_on(link_, event, now, out);
  }
}

void hand_on(ServerLink& link, Event& event, Instant now, Outbox& out) {
  if (const auto* bytes = std::get_if<Received>(&event)) {
    link.received(bytes->bytes, now, out);
  } else if (const auto* rung = std::get_if<Rang>(&event)) {
    link.rang(rung->timer, now, out);
  } else if (const auto* answered = std::get_if<Answered>(&event)) {
    link.heard(answered->id, now, out);
  } else if (std::holds_alternative<Drain>(event)) {
    link.drain(out);
  } else if (const auto* closed = std::get_if<Closed>(&event)) {
    link.closed(closed->why);
  } else if (const auto* work = std::get_if<Deliver>(&event)) {
    // A network is a state that is kept, not a place messages are sent to.
    for (const Target& target : work->work.targets)
      out.settle(target.id, {Disposition::failed, Fault::never, "5.3.3",
                             "nothing is delivered over this protocol", {}, {}});
  }
}

}  // namespace hanse::irc
