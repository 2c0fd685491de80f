// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hanse {

// What the name of a lane means: a domain to be looked up, or a place named by the operator.
struct NextHop {
  enum class Kind : std::uint8_t {
    domain,      // "b.example": to be discovered
    host,        // "mx.b.example:25", "[mx.b.example]": addresses only (M-1)
    address,     // "192.0.2.1:25", "[192.0.2.1]", "[IPv6:2001:db8::1]:25"
    unix_path,   // "unix:/run/mail.sock"
    bad,
  };
  Kind kind = Kind::bad;
  std::string name;          // domain and host as A-labels, address or path
  std::uint16_t port = 0;    // 0: not said
  bool tls_first = false;    // "tls://192.0.2.1:5270": TLS from the first octet; with a port only
};
NextHop parse_next_hop(std::string_view lane);

// Where a node may go of its own accord; each protocol reads it from its settings.
struct DialRules {
  std::vector<std::string> own_endpoints;   // "192.0.2.1:25": where this node itself listens
  std::vector<std::string> own_addresses{};   // what "[::]:25" and "0.0.0.0:25" cover
  bool ipv6 = true;
  bool private_addresses = true, loopback_addresses = false;   // smtp M-5
};
// Whether an address that was found, not configured, may be dialled.
bool may_dial(const DialRules& rules, std::string_view address);
// smtp M-8: false where this machine has addresses, and no global one of IPv6.
bool may_use_ipv6(const DialRules& rules);
// smtp M-6: whether this node itself listens there.
bool is_own_endpoint(const DialRules& rules, std::string_view address, std::uint16_t port);

}  // namespace hanse
