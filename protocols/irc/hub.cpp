// SPDX-License-Identifier: Apache-2.0
#include "protocols/irc/hub.h"

namespace hanse::irc {
namespace {

std::vector<std::unique_ptr<Side>> make_sides(const IrcSettings& settings) {
  std::vector<std::unique_ptr<Side>> out;
  const std::size_t strands = settings.networks.size() + settings.further_sids.size();
  for (const NetworkSettings& one : settings.networks)
    out.push_back(std::make_unique<Side>(out.size(), strands, one));
  return out;
}

}  // namespace

Hub::Hub(std::shared_ptr<const IrcSettings> settings)
    : settings_(std::move(settings)), sides_(make_sides(*settings_)),
      relay_(sides_, *settings_, [this] { return now(); }) {}

Timestamp Hub::now() const { return to_unix_ms(settings_->clock->utc()) / 1000; }

Side* Hub::side(std::string_view network) {
  for (const auto& one : sides_) {
    if (one->settings().name == network) return one.get();
  }
  return nullptr;
}

Side* Hub::crowded(const Side& from) {
  for (const auto& one : sides_) {
    if (one.get() != &from && one->outgoing().holds_others() &&
        relay_.share_a_junction(from, *one))
      return one.get();
  }
  return nullptr;
}

}  // namespace hanse::irc
