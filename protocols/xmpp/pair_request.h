// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "federation/dns.h"
#include "protocols/engine.h"
#include "protocols/xmpp/dialback.h"
#include "protocols/xmpp/source_bounds.h"

namespace hanse::xmpp {

// A db:result of the peer on its way to an answer. The questions are first those to the DNS, then
// one to the authoritative server, if the certificate says nothing, and then one to trust.
struct PairRequest {
  std::string from, to;       // as on the wire
  DomainPair pair;
  std::string key;
  SourceSlot slot{};          // while the authoritative server is asked
  AskId ask = 0;
  bool by_dialback = false;
  bool again = false;         // of a session that goes on: nobody waits for a word about it
};

// A question to the DNS about a domain that comes to us.
struct PeerLookup {
  AskId id;
  std::string key;            // of the domain
  DnsQuestion question;
  bool background;
};

}  // namespace hanse::xmpp
