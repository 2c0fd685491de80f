// SPDX-License-Identifier: Apache-2.0
#include "federation/next_hop.h"

#include <algorithm>
#include <span>

#include "server/base/idna.h"
#include "server/base/network_address.h"
#include "server/base/quantity.h"
#include "server/base/text.h"

namespace hanse {

namespace {

constexpr std::string_view unix_prefix = "unix:";
constexpr std::string_view tls_prefix = "tls://";
constexpr std::string_view literal_prefix = "IPv6:";   // RFC 5321 4.1.3

constexpr std::string_view never_dialled[] = {
    "0.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4", "169.254.0.0/16",
    "::/128", "ff00::/8", "fe80::/10",
};
constexpr std::string_view loopback[] = {"127.0.0.0/8", "::1/128"};
constexpr std::string_view no_way_out[] = {"0.0.0.0/0", "::1/128", "fe80::/10"};
constexpr std::string_view private_use[] = {
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7",
};

bool in_any(std::span<const std::string_view> networks, std::string_view address) {
  return std::any_of(networks.begin(), networks.end(), [address](std::string_view text) {
    const Result<Network> network = parse_network(text);
    return network && contains(*network, address);
  });
}

// False when something is there that is no port.
bool take_port(std::string_view text, std::uint16_t& port) {
  if (text.empty()) return true;
  const Result<std::int64_t> number = parse_integer(text.substr(1));
  if (text.front() != ':' || !number || *number < 1 || *number > 65535) return false;
  port = static_cast<std::uint16_t>(*number);
  return true;
}

bool in_network(std::string_view network, std::string_view address) {
  const std::string_view only[] = {network};
  return in_any(only, address);
}

// A listener's address is written as a place to go to is, but for ":25": any IPv4 address.
NextHop listener(const std::string& text) {
  return parse_next_hop(text.starts_with(':') ? "0.0.0.0" + text : text);
}

// Whether a listener at `own` is reached at `address`. The two wildcards stand for the addresses of
// this machine, that of IPv4 for its own family.
bool covers(const DialRules& rules, std::string_view own, std::string_view address) {
  const bool any_v4 = own == "0.0.0.0", any_v6 = own == "::";
  if (!any_v4 && !any_v6) return in_network(own, address);
  if (any_v4 && !in_network("0.0.0.0/0", address)) return false;
  return in_any(loopback, address) ||
         std::any_of(rules.own_addresses.begin(), rules.own_addresses.end(),
                     [address](const std::string& one) { return in_network(one, address); });
}

NextHop named(NextHop::Kind kind, std::string_view name, std::uint16_t port) {
  if (is_ip_address(name)) return {NextHop::Kind::address, std::string(name), port};
  Result<std::string> ascii = to_ascii_domain(name);
  if (!ascii) return {};
  return {kind, *std::move(ascii), port};
}

}  // namespace

NextHop parse_next_hop(std::string_view lane) {
  if (lane.starts_with(unix_prefix)) {
    const std::string_view path = lane.substr(unix_prefix.size());
    if (!path.starts_with('/')) return {};
    return {NextHop::Kind::unix_path, std::string(path), 0};
  }
  if (lane.starts_with(tls_prefix)) {
    NextHop hop = parse_next_hop(lane.substr(tls_prefix.size()));
    if (hop.port == 0 || hop.tls_first) return {};
    hop.tls_first = true;
    return hop;
  }
  std::uint16_t port = 0;
  if (lane.starts_with('[')) {
    const std::size_t end = lane.find(']');
    if (end == lane.npos || !take_port(lane.substr(end + 1), port)) return {};
    std::string_view name = lane.substr(1, end - 1);
    if (starts_with_case(name, literal_prefix)) name.remove_prefix(literal_prefix.size());
    return named(NextHop::Kind::host, name, port);
  }
  if (is_ip_address(lane)) return {NextHop::Kind::address, std::string(lane), 0};
  const std::size_t colon = lane.find(':');
  if (colon == lane.npos) return named(NextHop::Kind::domain, lane, 0);
  if (!take_port(lane.substr(colon), port)) return {};
  return named(NextHop::Kind::host, lane.substr(0, colon), port);
}

bool may_dial(const DialRules& rules, std::string_view address) {
  if (in_any(never_dialled, address)) return false;
  if (!rules.loopback_addresses && in_any(loopback, address)) return false;
  return rules.private_addresses || !in_any(private_use, address);
}

bool may_use_ipv6(const DialRules& rules) {
  return rules.own_addresses.empty() || rules.loopback_addresses ||
         std::any_of(rules.own_addresses.begin(), rules.own_addresses.end(),
                     [](const std::string& address) { return !in_any(no_way_out, address); });
}

bool is_own_endpoint(const DialRules& rules, std::string_view address, std::uint16_t port) {
  return std::any_of(rules.own_endpoints.begin(), rules.own_endpoints.end(),
                     [&](const std::string& text) {
                       const NextHop own = listener(text);
                       return own.kind == NextHop::Kind::address && own.port == port &&
                              covers(rules, own.name, address);
                     });
}

}  // namespace hanse
