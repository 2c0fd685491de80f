// SPDX-License-Identifier: Apache-2.0
#include "federation/routes.h"

#include <algorithm>

#include "server/base/idna.h"
#include "server/base/text.h"

namespace hanse {

namespace {

constexpr std::string_view discover = "discover";

bool applies(const Route& route, std::string_view protocol) {
  return route.protocol.empty() || route.protocol == protocol;
}

}  // namespace

bool domain_matches(std::string_view pattern, std::string_view domain) {
  if (pattern == "*") return true;
  std::string plain;
  if (std::any_of(domain.begin(), domain.end(), [](char c) { return (c & 0x80) != 0; }))
    domain = plain = plain_domain(domain);
  if (!pattern.starts_with("*.")) return equal_ascii_case(pattern, domain);
  const std::string_view below = pattern.substr(1);
  if (domain.size() <= below.size()) return false;
  return equal_ascii_case(below, domain.substr(domain.size() - below.size()));
}

std::string plain_pattern(std::string_view pattern) {
  const std::string_view wild = pattern.substr(0, pattern.starts_with("*.") ? 2 : 0);
  return std::string(wild) + plain_domain(pattern.substr(wild.size()));
}

RouteChoice RouteTable::choose(std::string_view protocol, std::string_view domain) const {
  for (const Route& route : routes_) {
    if (!applies(route, protocol) || !domain_matches(route.match, domain)) continue;
    const bool found_by_name = route.via == discover;
    return {found_by_name ? plain_domain(domain) : route.via, route.name,
            route.tls.value_or(TlsLevel::may), found_by_name, route.identity, route.pin};
  }
  return {plain_domain(domain), std::string(discover), TlsLevel::may, true, {}, {}};
}

bool RouteTable::names(std::string_view protocol, std::string_view domain) const {
  for (const Route& route : routes_)
    if (applies(route, protocol) && route.match != "*" && domain_matches(route.match, domain))
      return true;
  return false;
}

const Route* RouteTable::rule_of_lane(std::string_view protocol, std::string_view target,
                                      std::string_view hop) const {
  const Route* first = nullptr;
  for (const Route& route : routes_) {
    if (!applies(route, protocol)) continue;
    if (route.via == discover ? !domain_matches(route.match, hop) : route.via != hop) continue;
    const bool for_it = target != hop && domain_matches(route.match, target);
    if (for_it) return &route;
    if (first == nullptr) first = &route;
  }
  return first;
}

}  // namespace hanse
