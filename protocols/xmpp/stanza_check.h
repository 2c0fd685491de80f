// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "protocols/wire/xml_element.h"
#include "protocols/xmpp/errors.h"
#include "protocols/xmpp/jid.h"

namespace hanse::xmpp {

// A stanza as far as it can be judged without knowing who sent it (xmpp 4.3 to 4.5).
struct Checked {
  xml::Element stanza;
  Jid from, to;
  std::string from_key, to_key;            // their domains as keys
  std::optional<StreamError> fault;        // the stream ends with it
  std::optional<StanzaError> refusal;      // the stanza goes back, once its sender is believed
};

Checked check_stanza(xml::Element&& stanza);

}  // namespace hanse::xmpp
