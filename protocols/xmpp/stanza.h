// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "federation/exchange.h"
#include "protocols/wire/xml_element.h"
#include "protocols/xmpp/jid.h"

namespace hanse::xmpp {

bool is_stanza(const xml::Element& element);        // {jabber:server}message|presence|iq

// What the table of xmpp 5 makes of a stanza whose next hop may be down.
struct Handling {
  Flow flow = Flow::live;
  Duration patience{};           // live, latest; below 0: nobody is dialled for its sake
  bool silent = false;           // nobody is told when it cannot be carried
  bool durable_class = false;    // worth the disk: swift may become durable
};
Handling handling_of(const xml::Element& stanza);

// The stanza as the core carries it: envelope with canonical bytes. `from` and `to` are its
// prepared addresses. A message of the durable class is `swift`, or `durable` when somebody was
// promised an acknowledgement for it.
struct Carried {
  const xml::Element& stanza;
  const Jid& from;
  const Jid& to;
  bool promised = false;
  bool bounces = false;          // nothing waits long for where it goes (XmppSettings::peer_bounce)
};
Submission to_submission(const Carried& carried);
// Our own answer to a stanza of the durable class, which its sender takes to be in good hands:
// somebody is dialled for it, also if it is an error, which is not so for those of others (9.4).
void tell_for_sure(const xml::Element& original, Submission& answer);

// Canonical bytes, as they stand in an envelope's body and on a stream: default namespace
// jabber:server, nothing else declared around it.
std::string stanza_bytes(const xml::Element& stanza);
Result<xml::Element> read_stanza(std::string_view bytes);

// Worth keeping: it is delivered only when the peer has it. What else there is may get lost.
bool is_kept(const Envelope& envelope);

// Canonical bytes as they go out at `now`: with <delay/>, if they were kept longer than 30 s
// (xmpp 5.4). `by`: who kept them.
void append_stanza(const Envelope& envelope, std::string_view bytes, std::string_view by,
                   UtcTime now, std::string& out);
std::string with_delay(std::string_view bytes, std::string_view by, UtcTime stamp);

// RFC 3339 in UTC with milliseconds, as XEP-0082 wants it.
std::string date_time(UtcTime at);

}  // namespace hanse::xmpp
