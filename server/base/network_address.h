// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "server/base/result.h"

namespace hanse {

// An address or network in text form: "192.0.2.7", "2001:db8::1", "10.0.0.0/8".
struct Network {
  std::uint8_t bytes[16] = {};  // IPv4 as ::ffff:a.b.c.d
  int prefix_bits = 128;        // counted in the 16-byte form
};
Result<Network> parse_network(std::string_view text);

// False when `address` is not an address. An IPv4 address (also written as ::ffff:a.b.c.d) is only
// in IPv4 networks: "::/0" means every IPv6 address and nothing else.
bool contains(const Network& network, std::string_view address);
bool is_ip_address(std::string_view text);

// The one way to write an address (RFC 5952); empty when it is none.
std::string canonical_address(std::string_view text);

// The name whose PTR record names an IP address: "7.2.0.192.in-addr.arpa"; empty for no address.
std::string reverse_name(std::string_view ip_address);

}  // namespace hanse
