// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>

#include "protocols/protocol.h"
#include "server/base/fixed_limit.h"

namespace hanse::xmpp {

struct XmppSettings;

const Protocol& protocol();
std::shared_ptr<const XmppSettings> settings_of(const ProtocolRoom& room);   // of ours
std::span<const FixedLimit> fixed_limits();   // all of limits.h

}  // namespace hanse::xmpp
