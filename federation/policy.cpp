// SPDX-License-Identifier: Apache-2.0
#include "federation/policy.h"

#include <algorithm>
#include <array>

#include "federation/lane_name.h"
#include "federation/next_hop.h"
#include "server/base/idna.h"
#include "server/base/lookalike.h"

namespace hanse {

namespace {

constexpr std::string_view discover = "discover";

Error problem(const Settings& settings, std::string_view key, const std::string& what) {
  std::string place;
  const auto entry = settings.entries.find(key);
  if (entry != settings.entries.end() && !entry->second.place.file.empty()) {
    const Place& at = entry->second.place;
    place = at.file + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) + ": ";
  }
  return {Fault::never, place + std::string(key) + ": " + what};
}

template <class Enum, std::size_t Count>
Enum by_name(const std::array<Enum, Count>& all, std::string_view (*name)(Enum),
             std::string_view text) {
  for (const Enum one : all)
    if (name(one) == text) return one;
  return all.back();  // the strictest; the option table lets no other word through
}

constexpr std::array peer_states = {PeerState::active, PeerState::probation, PeerState::limited,
                                    PeerState::suspended, PeerState::blocked};
constexpr std::array peer_roles = {PeerRole::downstream, PeerRole::service, PeerRole::upstream,
                                   PeerRole::peer};

UnknownPeers parse_unknown(std::string_view text) {
  if (text == "open") return UnknownPeers::open;
  if (text == "probation") return UnknownPeers::probation;
  return UnknownPeers::reject;
}

Result<std::vector<Network>> read_networks(const Settings& settings, std::string_view key) {
  std::vector<Network> out;
  if (!settings.has(key)) return out;
  for (const std::string& text : settings.list(key)) {
    const Result<Network> network = parse_network(text);
    if (!network) return problem(settings, key, network.error().what);
    out.push_back(*network);
  }
  return out;
}

std::vector<std::string> read_domains(const Settings& settings, std::string_view key) {
  std::vector<std::string> out;
  if (!settings.has(key)) return out;
  for (const std::string& text : settings.list(key)) out.push_back(plain_pattern(text));
  return out;
}

// "SHA256:" and colons between the bytes are how other programs print them.
Result<std::string> read_fingerprint(std::string_view text) {
  if (starts_with_case(text, "sha256:")) text.remove_prefix(7);
  std::string hex;
  for (const char each : text)
    if (each != ':') hex.push_back(each);
  hex = lower_ascii(hex);
  const bool digits = hex.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (hex.size() != 64 || !digits)
    return Error{Fault::never, "not a SHA-256 fingerprint in hex: " + escape_text(text)};
  return hex;
}

// A word that names nothing would be taken for one that never applies.
Result<void> check_protocol(const Settings& settings, std::string_view key,
                            const std::string& word, const std::vector<std::string>& protocols) {
  if (std::find(protocols.begin(), protocols.end(), word) != protocols.end()) return {};
  const std::string near = nearest_word(word, protocols);
  std::string known;
  for (const std::string& one : protocols) known += (known.empty() ? "" : ", ") + one;
  return problem(settings, key,
                 "no protocol is called \"" + escape_text(word) + "\"" +
                     (near.empty() ? "" : "; did you mean " + near + "?") + " Known: " + known);
}

Result<PeerPolicy> read_peer(const Settings& settings,
                             const std::vector<std::string>& protocols) {
  PeerPolicy peer;
  peer.domain = plain_domain(settings.name);
  peer.state = by_name(peer_states, &peer_state_name, settings.text("state"));
  peer.role = by_name(peer_roles, &peer_role_name, settings.text("role"));
  if (settings.has("scopes")) peer.scopes = settings.list("scopes");
  for (const std::string& scope : peer.scopes)
    if (Result<void> good = check_protocol(settings, "scopes", scope, protocols); !good)
      return good.error();
  Result<std::vector<Network>> addresses = read_networks(settings, "addresses");
  if (!addresses) return addresses.error();
  peer.addresses = *std::move(addresses);
  if (settings.has("fingerprints")) {
    for (const std::string& text : settings.list("fingerprints")) {
      Result<std::string> fingerprint = read_fingerprint(text);
      if (!fingerprint) return problem(settings, "fingerprints", fingerprint.error().what);
      peer.fingerprints.push_back(*std::move(fingerprint));
    }
  }
  peer.messages_per_minute_max = settings.integer("max_msgs_per_min");
  peer.require_tls_in = settings.boolean("require_tls_in");
  peer.slow = settings.boolean("slow");
  if (settings.has("tls")) peer.tls_out = parse_tls_level(settings.text("tls"));
  return peer;
}

// smtp M-1. A word without a dot is a slip rather than a domain, and an IPv6 address without its
// brackets may have been meant with a port. Nothing when it is no place.
std::optional<std::string> read_via(const std::string& via) {
  if (via == discover) return via;
  const NextHop hop = parse_next_hop(via);
  switch (hop.kind) {
    case NextHop::Kind::bad: break;
    case NextHop::Kind::domain:
      if (hop.name.find('.') != std::string::npos) return hop.name;
      break;
    case NextHop::Kind::address:
      if (via.starts_with('[') || hop.name.find(':') == std::string::npos)
        return hop.port == 0 ? "[" + hop.name + "]" : via;
      break;
    case NextHop::Kind::host:
    case NextHop::Kind::unix_path: return via;
  }
  return std::nullopt;
}

// smtp T-1
Result<TlsVersion> read_tls_min(const Settings& settings, const Route& route) {
  if (!settings.has("tls_min")) return TlsVersion::usual;
  const TlsVersion least =
      parse_tls_version(settings.text("tls_min")).value_or(TlsVersion::usual);
  if (least < TlsVersion::v1_2 && route.tls != TlsLevel::may)
    return problem(settings, "tls_min", "below 1.2 only with tls = \"may\" in the same route");
  return least;
}

Result<Route> read_route(const Settings& settings, std::size_t number,
                         const std::vector<std::string>& protocols) {
  Route route;
  route.name = "route." + std::to_string(number);
  route.match = plain_pattern(settings.text("match"));
  route.protocol = settings.text_or("protocol", "");
  if (!route.protocol.empty())
    if (Result<void> good = check_protocol(settings, "protocol", route.protocol, protocols); !good)
      return good.error();
  const std::string_view pattern = route.match;
  const std::string_view rest = pattern.starts_with("*.") ? pattern.substr(2) : pattern;
  if (rest.empty() || (pattern != "*" && rest.find('*') != std::string_view::npos))
    return problem(settings, "match", "expected a domain, \"*.domain\" or \"*\"");
  std::optional<std::string> via = read_via(settings.text("via"));
  if (!via)
    return problem(settings, "via", "expected \"discover\", a domain, \"[host]\", \"host:port\", "
                                    "\"tls://host:port\" or \"unix:PATH\"");
  route.via = *std::move(via);
  if (settings.has("tls")) route.tls = parse_tls_level(settings.text("tls"));
  Result<TlsVersion> tls_min = read_tls_min(settings, route);
  if (!tls_min) return tls_min.error();
  route.tls_min = *tls_min;
  if (settings.has("identity")) {
    Result<std::string> identity = to_ascii_domain(settings.text("identity"));
    if (!identity) return problem(settings, "identity", identity.error().what);
    route.identity = *std::move(identity);
  }
  if (settings.has("pin")) {
    Result<std::string> pin = read_fingerprint(settings.text("pin"));
    if (!pin) return problem(settings, "pin", pin.error().what);
    route.pin = *std::move(pin);
  }
  if (route.identity.empty() && route.pin.empty()) return route;
  if (route.tls.value_or(TlsLevel::verify) != TlsLevel::verify)
    return problem(settings, "tls", "a route with `identity` or `pin` is tls = \"verify\"");
  route.tls = TlsLevel::verify;
  return route;
}

Result<ProtocolPolicy> read_protocol(const Settings& settings, std::string_view unknown_default) {
  ProtocolPolicy out;
  out.hosts = read_domains(settings, "hosts");
  Result<std::vector<Network>> networks = read_networks(settings, "relay_from");
  if (!networks) return networks.error();
  out.relay_from = *std::move(networks);
  out.unknown_peers = parse_unknown(settings.text_or("unknown_peers", unknown_default));
  return out;
}

Result<RouteTable> read_routes(const std::vector<Settings>& tables,
                               const std::vector<std::string>& protocols) {
  std::vector<Route> routes;
  for (const Settings& settings : tables) {
    Result<Route> route = read_route(settings, routes.size(), protocols);
    if (!route) return route.error();
    routes.push_back(*std::move(route));
  }
  return RouteTable(std::move(routes));
}

// The first one has the looks: a peer that is configured later may be the one to be warned of.
void learn_looks(Policy& policy) {
  const auto learn = [&policy](const std::string& domain) {
    std::string skeleton = domain_skeleton(domain);
    if (!skeleton.empty()) policy.looks.emplace(std::move(skeleton), domain);
  };
  for (const auto& [name, protocol] : policy.protocols)
    for (const std::string& host : protocol.hosts)
      if (host.find('*') == std::string::npos) learn(host);
  for (const PeerPolicy& peer : policy.peers) learn(peer.domain);
}

HopDemand demand_of_peer(const Policy& policy, std::string_view domain) {
  HopDemand out;
  const PeerPolicy* known = policy.peer(domain);
  if (known == nullptr || !known->tls_out) return out;
  out.tls = *known->tls_out;
  out.rule = "peer." + known->domain;
  return out;
}

// A rule that names no level leaves it to the peer it is for, also behind a place that it names.
HopDemand demand_of_rule(const Policy& policy, const Route& rule, std::string_view domain) {
  HopDemand out = demand_of_peer(policy, domain);
  out.identity = rule.identity;
  out.pin = rule.pin;
  out.tls_min = rule.tls_min;
  if (!rule.tls) return out;
  out.tls = *rule.tls;
  out.rule = rule.name;
  return out;
}

bool leads_to(const Route& rule, std::string_view protocol, std::string_view place) {
  const bool there = rule.via == discover
                         ? parse_next_hop(place).kind == NextHop::Kind::domain &&
                               domain_matches(rule.match, place)
                         : rule.via == place;
  return there && (rule.protocol.empty() || rule.protocol == protocol);
}

// A rule that names no version wants at least 1.2.
TlsVersion stricter(TlsVersion one, TlsVersion other) {
  const auto rank = [](TlsVersion version) {
    return version == TlsVersion::usual ? TlsVersion::v1_2 : version;
  };
  return rank(one) < rank(other) ? other : one;
}

// Several rules may lead to one place, and its lane carries for all of them: what one of them
// demands holds for everything that goes there (smtp X-9). A place may be a domain with mail of its
// own, and a peer.
HopDemand strictest(const Policy& policy, std::string_view protocol, std::string_view place) {
  HopDemand out = demand_of_peer(policy, place);
  bool found = !out.rule.empty();
  for (const Route& rule : policy.routes.routes()) {
    if (!leads_to(rule, protocol, place)) continue;
    const HopDemand one =
        demand_of_rule(policy, rule, rule.via == discover ? place : std::string_view(rule.match));
    out.tls_min = found ? stricter(out.tls_min, one.tls_min) : one.tls_min;
    if (!found || one.tls > out.tls) {
      out.tls = one.tls;
      out.rule = one.rule;
    }
    if (out.identity.empty()) out.identity = rule.identity;
    if (out.pin.empty()) out.pin = rule.pin;
    found = true;
  }
  return out;
}

}  // namespace

const PeerPolicy* Policy::peer(std::string_view domain) const {
  const std::string plain = plain_domain(domain);
  for (const PeerPolicy& one : peers)
    if (equal_ascii_case(one.domain, plain)) return &one;
  return nullptr;
}

const ProtocolPolicy& Policy::protocol(std::string_view name) const {
  static const ProtocolPolicy closed;
  const auto found = protocols.find(name);
  return found == protocols.end() ? closed : found->second;
}

HopDemand Policy::demand_of_lane(std::string_view protocol_name, std::string_view lane) const {
  const LaneName name = split_lane(lane);
  const Route* rule = routes.rule_of_lane(protocol_name, name.target, name.hop);
  if (rule == nullptr) return demand_of_peer(*this, name.target);
  const auto& rules = routes.routes();
  const bool is_place = std::any_of(rules.begin(), rules.end(), [&name](const Route& one) {
    return one.via == name.hop;
  });
  if (name.target == name.hop && is_place) return strictest(*this, protocol_name, name.hop);
  return demand_of_rule(*this, *rule, name.target);
}

// A lane leads to a peer by its name, or by a rule for that very peer: what carries others too, as
// a smart host does, is not slow for its sake.
bool Policy::is_slow(std::string_view protocol_name, std::string_view lane) const {
  const LaneName name = split_lane(lane);
  const auto leads_there = [&](const Route& rule, const PeerPolicy& peer) {
    return rule.match == peer.domain && rule.via == name.hop &&
           (rule.protocol.empty() || rule.protocol == protocol_name);
  };
  return std::any_of(peers.begin(), peers.end(), [&](const PeerPolicy& one) {
    const auto& rules = routes.routes();
    return one.slow && (equal_ascii_case(one.domain, name.target) ||
                        std::any_of(rules.begin(), rules.end(),
                                    [&](const Route& rule) { return leads_there(rule, one); }));
  });
}

bool Policy::hosts(std::string_view protocol_name, std::string_view domain) const {
  const std::vector<std::string>& ours = protocol(protocol_name).hosts;
  return std::any_of(ours.begin(), ours.end(),
                     [&](const std::string& host) { return domain_matches(host, domain); });
}

bool Policy::relays_from(std::string_view protocol_name, std::string_view address) const {
  const std::vector<Network>& networks = protocol(protocol_name).relay_from;
  return std::any_of(networks.begin(), networks.end(),
                     [&](const Network& network) { return contains(network, address); });
}

std::string Policy::looks_like(std::string_view domain) const {
  if (looks.empty() || domain.empty()) return {};
  const auto found = looks.find(domain_skeleton(domain));
  return found == looks.end() || found->second == plain_domain(domain) ? "" : found->second;
}

Result<std::shared_ptr<const Policy>> make_policy(const Configuration& configuration,
                                                  const std::vector<std::string>& protocols) {
  auto policy = std::make_shared<Policy>();
  policy->node_domain = lower_ascii(configuration.table("node").text("domain"));
  policy->rates = std::make_shared<PeerRates>();
  for (const Settings& settings : configuration.tables("peer")) {
    Result<PeerPolicy> peer = read_peer(settings, protocols);
    if (!peer) return peer.error();
    policy->rates->add(*peer);
    policy->peers.push_back(*std::move(peer));
  }
  Result<RouteTable> routes = read_routes(configuration.tables("route"), protocols);
  if (!routes) return routes.error();
  policy->routes = *std::move(routes);
  const std::string& unknown = configuration.table("policy").text("unknown_peers");
  for (const std::string& name : protocols) {
    if (!configuration.has(name)) continue;
    Result<ProtocolPolicy> one = read_protocol(configuration.table(name), unknown);
    if (!one) return one.error();
    policy->protocols.emplace(name, *std::move(one));
  }
  learn_looks(*policy);
  return std::shared_ptr<const Policy>(std::move(policy));
}

}  // namespace hanse
