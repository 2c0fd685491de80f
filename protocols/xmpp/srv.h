// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "federation/dns.h"
#include "server/base/random.h"

namespace hanse::xmpp {

// One place named by an SRV record of either service.
struct SrvTarget {
  std::string host;              // A-labels
  std::uint16_t port = 0;
  std::uint16_t priority = 0, weight = 0;
  bool tls_first = false;        // of _xmpps-server: direct TLS
  bool secure = false;           // its answer was
  bool operator==(const SrvTarget&) const = default;
};
std::string to_text(const SrvTarget& target);   // "5 0 xmpp.b.example:5270 direct TLS"

// What the answer to one of the two questions says.
struct SrvService {
  std::vector<SrvTarget> targets;
  bool refused = false;          // by ".": not offered where there is no target (xmpp 1.3)
  bool present = false;          // there were records, usable or not
  bool secure = false;
};
SrvService read_service(const DnsAnswer& answer, bool tls_first);

// Both services in one order (XEP-0368, RFC 2782): ascending priority, inside of one a random
// order by weight, whichever service a target is of. A place named twice counts once.
std::vector<SrvTarget> merge_services(const SrvService& direct, const SrvService& starttls,
                                      Random& random);

}  // namespace hanse::xmpp
