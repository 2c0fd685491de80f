// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "federation/dns.h"
#include "server/base/result.h"

namespace hanse {

// DNS messages (RFC 1035) as far as a node needs them: one question out, one answer in. Pure;
// everything is bounded by the message itself and by limits.h.

// Recursion and AD wanted, EDNS (RFC 6891) with our UDP size. Refused: a name that is no name.
Result<std::string> make_dns_query(const DnsQuestion& question, std::uint16_t id);

// The conclusive answer in `message`, with the CNAMEs that are inside it followed, the TTL capped
// (smtp M-12) and AD as the server sent it. SERVFAIL, REFUSED, a cut message, a CNAME loop and
// everything malformed are Errors (try_later).
Result<DnsAnswer> parse_dns_answer(std::string_view message, const DnsQuestion& question);

}  // namespace hanse
