// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/irc/hub.h"
#include "protocols/state_view.h"

namespace hanse::irc {

// What operators may see of the networks. Reads only; thread: the room's one home.
std::span<const StateView> views();
StatePage view_page(const Hub& hub, std::string_view view, std::size_t from, std::size_t most);

// All that is known of a channel on every network, in lines; none: `what` is no channel here.
std::vector<std::string> explain_channel(const Hub& hub, std::string_view what);

// peer_config.cpp: what the operator of the server at the other end has to configure (irc 11).
std::span<const std::string_view> peer_software();
Result<std::string> write_peer_config(const IrcSettings& settings, const PeerConfigWish& wish);

}  // namespace hanse::irc
