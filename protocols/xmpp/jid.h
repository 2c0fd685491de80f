// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "server/base/result.h"

namespace hanse::xmpp {

// An address of RFC 7622 with its parts as they stand on the wire: prepared, the domain in
// U-labels or as an IP literal. An absent part is empty. Pure; plain ASCII never enters ICU.
struct Jid {
  std::string local, domain, resource;
  bool operator==(const Jid&) const = default;
};

Result<Jid> parse_jid(std::string_view text);       // Fault::never: malformed
std::string to_text(const Jid& jid);
std::string bare(const Jid& jid);                   // without the resource
inline bool is_domain(const Jid& jid) { return jid.local.empty() && jid.resource.empty(); }

// The wire form of a domain: U-labels, lower case, no last dot; "192.0.2.1", "[2001:db8::1]".
Result<std::string> prepare_domain(std::string_view text);

// The same as a key for DNS, certificates and tables: lower-case A-labels. Empty when it is none.
std::string domain_key(std::string_view domain);
std::string prepared_key(std::string_view prepared);   // of what has the wire form: one look

}  // namespace hanse::xmpp
