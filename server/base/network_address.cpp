// SPDX-License-Identifier: Apache-2.0
#include "server/base/network_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include "server/base/text.h"

namespace hanse {
namespace {

constexpr std::uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr int mapped_bits = 96;

// Fills the 16-byte form; returns the bits of the family as it was written, 0 when not an address.
int read_address(std::string_view text, std::uint8_t (&bytes)[16]) {
  char terminated[INET6_ADDRSTRLEN];
  if (text.size() >= sizeof terminated || text.find('\0') != text.npos) return 0;
  std::copy(text.begin(), text.end(), terminated);
  terminated[text.size()] = '\0';
  if (inet_pton(AF_INET, terminated, bytes + 12) == 1) {
    std::memcpy(bytes, mapped_prefix, sizeof mapped_prefix);
    return 32;
  }
  return inet_pton(AF_INET6, terminated, bytes) == 1 ? 128 : 0;
}

bool is_mapped(const std::uint8_t (&bytes)[16]) {
  return std::memcmp(bytes, mapped_prefix, sizeof mapped_prefix) == 0;
}

Error not_a_network(std::string_view text) {
  return Error{Fault::never, "not an IP address or network: \"" + escape_text(text, 64) + "\""};
}

}  // namespace

Result<Network> parse_network(std::string_view text) {
  Network network;
  const std::size_t slash = text.find('/');
  const int family_bits = read_address(text.substr(0, slash), network.bytes);
  if (family_bits == 0) return not_a_network(text);
  if (slash == text.npos) return network;
  const Result<std::int64_t> prefix = parse_integer(text.substr(slash + 1));
  if (!prefix || *prefix < 0 || *prefix > family_bits) return not_a_network(text);
  network.prefix_bits = 128 - family_bits + static_cast<int>(*prefix);
  return network;
}

bool contains(const Network& network, std::string_view address) {
  std::uint8_t bytes[16];
  if (read_address(address, bytes) == 0) return false;
  if (is_mapped(bytes) && network.prefix_bits < mapped_bits) return false;
  const auto whole = static_cast<std::size_t>(network.prefix_bits / 8);
  const int rest = network.prefix_bits % 8;
  if (std::memcmp(network.bytes, bytes, whole) != 0) return false;
  return rest == 0 || ((network.bytes[whole] ^ bytes[whole]) >> (8 - rest)) == 0;
}

bool is_ip_address(std::string_view text) {
  std::uint8_t bytes[16];
  return read_address(text, bytes) != 0;
}

std::string canonical_address(std::string_view text) {
  std::uint8_t bytes[16];
  const int family_bits = read_address(text, bytes);
  if (family_bits == 0) return {};
  char written[INET6_ADDRSTRLEN];
  const bool v4 = family_bits == 32;
  const char* out = inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? bytes + 12 : bytes, written,
                              sizeof written);
  return out == nullptr ? std::string() : std::string(out);
}

std::string reverse_name(std::string_view ip_address) {
  const Result<Network> network = parse_network(ip_address);
  if (!network || !is_ip_address(ip_address)) return {};
  std::string name;
  if (ip_address.find(':') == std::string_view::npos) {
    for (int at = 15; at >= 12; --at) name += std::to_string(network->bytes[at]) + '.';
    return name + "in-addr.arpa";
  }
  constexpr std::string_view digits = "0123456789abcdef";   // RFC 3596 2.5
  for (int at = 15; at >= 0; --at) {
    name.append({digits[network->bytes[at] & 15u], '.', digits[network->bytes[at] >> 4], '.'});
  }
  return name + "ip6.arpa";
}

}  // namespace hanse
