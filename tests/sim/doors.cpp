// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/doors.h"

#include "server/base/digest.h"

namespace hanse::sim {

void Doors::adopt(End end, const std::string& protocol, InboundContext context) {
  const std::uint64_t number = end.stream().number();
  context.nonce = sha256("inbound " + std::to_string(number));  // the same whenever replayed
  Inside& inside = sessions_[number];
  inside.services = services_(end.stream());
  inside.channel = std::make_unique<Channel>(
      parts_, std::move(end), protocol, room_(protocol)->inbound(context), *inside.services,
      nullptr, [this, number] { sessions_.erase(number); });
  if (!context.tls_first) return inside.channel->open();
  TlsWish wish;
  wish.ask_certificate = true;
  inside.channel->open_with_tls(wish);
}

void Doors::drain() {
  for (auto& [number, inside] : sessions_)
    if (!inside.channel->session().closed()) inside.channel->session().drain();
}

}  // namespace hanse::sim
