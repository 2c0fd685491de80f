// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "protocols/protocol.h"
#include "protocols/xmpp/settings.h"

namespace hanse::xmpp {

// What the DNS must say for peers to find the domains this node answers for (xmpp 1.2). None where
// nothing listens.
std::vector<DnsWish> wished_records(const XmppSettings& settings);

}  // namespace hanse::xmpp
