// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "federation/discovery.h"
#include "federation/message.h"
#include "federation/ports.h"

namespace hanse {

// One [[route]]: next hop by destination.
struct Route {
  std::string name;       // "route.0", for people
  std::string match;      // "a.example", "*.sub.example" or "*"
  std::string protocol;   // empty: any
  std::string via;        // "discover", or a place or domain as parse_next_hop() reads it
  std::optional<TlsLevel> tls;
  std::string identity{}, pin{};   // as in HopDemand; they go with TlsLevel::verify
  TlsVersion tls_min = TlsVersion::usual;
};

struct RouteChoice {
  std::string lane;       // the via, or the domain itself when it is to be discovered
  std::string route;      // "route.0" or "discover"
  TlsLevel tls = TlsLevel::may;
  bool discovered = false;   // the lane is a domain; the DNS knows its hosts
  std::string identity{}, pin{};
};

// Names the lane that carries from a domain of ours to an address, once the way is chosen.
// Empty: it is named as the route says.
using NameLane =
    std::function<std::string(std::string_view from, const Address& to, const RouteChoice&)>;

// First match wins; no match: discover by DNS. Pure and immutable.
class RouteTable {
 public:
  RouteTable() = default;
  explicit RouteTable(std::vector<Route> routes) : routes_(std::move(routes)) {}

  RouteChoice choose(std::string_view protocol, std::string_view domain) const;
  bool names(std::string_view protocol, std::string_view domain) const;  // by a rule, not by "*"
  // The first rule that leads to this hop for this domain, else for any; null: none. `target` is
  // the hop itself where a lane does not know for whom it is.
  const Route* rule_of_lane(std::string_view protocol, std::string_view target,
                            std::string_view hop) const;
  const std::vector<Route>& routes() const { return routes_; }

 private:
  std::vector<Route> routes_;
};

// "a.example" matches itself, "*.a.example" everything below it, "*" everything. Any case, and an
// international domain in either form; patterns are plain (plain_pattern).
bool domain_matches(std::string_view pattern, std::string_view domain);
std::string plain_pattern(std::string_view pattern);

}  // namespace hanse
