// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "protocols/xmpp/dialback.h"
#include "protocols/xmpp/settings.h"
#include "protocols/xmpp/stanza_check.h"

namespace hanse::xmpp {

// What a domain of ours answers by itself (xmpp 11): discovery, ping, version, time, uptime. It has
// no users: whatever else wants an answer is told so. Nothing: the stanza is not to be answered.
// Pure; `now` is what the clock on the wall shows.
std::optional<xml::Element> serve(const Checked& asked, const XmppSettings& settings,
                                  UtcTime now);

// XEP-0485: the question to a peer whether others may name it, and what it answered.
xml::Element whether_public(const DomainPair& pair, std::string_view id);
bool agrees_to_be_public(const xml::Element& answer);

}  // namespace hanse::xmpp
