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
  const std::shared_ptr<const IrcSettings>& shared_settings() const { return settings_; }
  Timestamp now() const;
  Side* side(std::string_view network);           // null: not configured
  const std::vector<std::unique_ptr<Side>>& sides() const { return sides_; }
  Relay& relay() { return relay_; }
  const Relay& relay() const { return relay_; }
  // Some other side's that cannot take more just now; null: all have room.
  Side* crowded(const Side& but);

 private:
  const std::shared_ptr<const IrcSettings> settings_;
  std::vector<std::unique_ptr<Side>> sides_;      // as in the settings
  Relay relay_;
};

}  // namespace hanse::irc
