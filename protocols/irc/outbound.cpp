// SPDX-License-Identifier: Apache-2.0
#include "protocols/irc/outbound.h"

namespace hanse::irc {

Outbound::Outbound(const OutboundContext& context, std::shared_ptr<Hub> hub)
    : network_(hub->settings().network(context.lane)), side_(hub->side(context.lane)),
      link_(std::move(hub), network_, context.nonce), look_only_(context.look_only) {}

void Outbound::on(Event event, Instant now, Outbox& out) {
  if (auto* opened = std::get_if<Opened>(&event)) {
    link_.open(std::move(opened->remote_address), opened->remote_port, now, out);
    if (network_ == nullptr) return link_.refuse("no such network is configured", out);
    if (network_->tls == LinkTls::off) return begin(out);
    out.start_tls({.name = network_->peer, .identity = network_->own_name});
  } else if (auto* tls = std::get_if<TlsUp>(&event)) {
    link_.tls_up(std::move(tls->facts));
    begin(out);
  } else if (look_only_ && std::holds_alternative<Drain>(event)) {
    out.hang_up();   // nothing was said: there is nothing to take leave of
  } else {
    hand_on(link_, event, now, out);
  }
}

// The first word of most dialects is the password.
void Outbound::begin(Outbox& out) {
  if (!look_only_) return link_.start(out);
  if (Result<void> good = link_.tls_suffices(*network_); !good)
    return link_.refuse(good.error().what, out);
  if (const std::string& trouble = side_->trouble().what; !trouble.empty())
    out.note(Level::info, "irc.look", "the last handshake or link ended so: " + trouble);
  out.note(Level::info, "irc.look", "here the handshake would begin, as " + network_->own_name +
                                        " with " + network_->peer);
  out.ready();
}

void note_unreachable(Hub& hub, std::string_view network, std::string_view why) {
  Side* side = hub.side(network);
  if (side == nullptr || side->phase() != Side::Phase::down) return;
  const NetworkSettings& there = side->settings();
  side->note_end(for_us({{}, why, there.own_name, there.peer, there.name}), hub.now());
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
    link.closed(closed->why, out);
  } else if (const auto* work = std::get_if<Deliver>(&event)) {
    link.deliver(work->work, now, out);
  }
}

}  // namespace hanse::irc
