// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "federation/exchange.h"
#include "protocols/xmpp/errors.h"
#include "protocols/xmpp/settings.h"

namespace hanse::xmpp {

// The stanza that tells a sender of a failure (xmpp 4.6): an error from whom it wrote to.
// Fault::never: the stanza is one that no error may answer.
Result<Submission> make_report(const XmppSettings& settings, const Reportable& failed,
                               std::string_view head);

// What an outcome means to the sender of a stanza.
StanzaError stanza_error_of(const Outcome& outcome);

}  // namespace hanse::xmpp
