// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "protocols/irc/relay.h"
#include "protocols/irc/settings.h"
#include "protocols/irc/side.h"

namespace hanse::irc {

// What the engines of this room share: the networks, and the relay between them. Thread: the
// room's one home (Protocol::one_home), so nothing here is locked.
class Hub {
 public:
  explicit Hub(std::shared_ptr<const IrcSettings> settings);

  const IrcSettings& settings() const { return *settings_; }
  Timestamp now() const;
  Side* side(std::string_view network);           // null: not configured
  const std::vector<std::unique_ptr<Side>>& sides() const { return sides_; }
  Relay& relay() { return relay_; }
  const Relay& relay() const { return relay_; }
  // One that what is read from that side may be written to, and that has no room just now; null:
  // there is room.
  Side* crowded(const Side& from);

 private:
  const std::shared_ptr<const IrcSettings> settings_;
  std::vector<std::unique_ptr<Side>> sides_;      // as in the settings
  Relay relay_;
};

}  // namespace hanse::irc
