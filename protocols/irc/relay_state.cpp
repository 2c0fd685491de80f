// SPDX-License-Identifier: Apache-2.0
#include "protocols/irc/relay_state.h"

namespace hanse::irc {

RelayState::RelayState(std::vector<std::unique_ptr<Side>>& sides, const IrcSettings& settings,
                       std::function<Timestamp()> now)
    : sides_(sides), junctions_(settings.junctions), now_(std::move(now)),
      skew_seconds_max_(settings.clock_skew_seconds_max), persons_(sides.size()),
      spots_(sides.size()), undoings_(sides.size()), wars_(sides.size()), allowances_(sides.size()),
      outlooks_(sides.size(), std::vector<Outlook>(sides.size())) {
  for (const NetworkSettings& one : settings.networks)
    strands_.push_back({true, strands_.size(), one.name, one.pseudo_sid});
  for (const std::string& sid : settings.further_sids) strands_.push_back({false, 0, {}, sid});
}

}  // namespace hanse::irc
