// SPDX-License-Identifier: Apache-2.0
// Which lanes there are, where each leads, and what the core has to know of them.

#include "federation/lane_name.h"
#include "protocols/xmpp/discover.h"
#include "protocols/xmpp/jid.h"
#include "protocols/xmpp/settings.h"

namespace hanse::xmpp {

namespace {

// A lane that nobody can dial: its peer connects to us.
class Waiting final : public Discovery {
 public:
  std::optional<Ask> next() override { return std::nullopt; }
  void on(const DnsQuestion&, const Result<DnsAnswer>&) override {}
  bool done() const override { return true; }
  Result<std::vector<Endpoint>> endpoints() override { return std::vector<Endpoint>{}; }
  std::string status() const override { return {}; }
  std::string story() const override { return "waits for the component to connect"; }
};

// xmpp 4.6: nobody goes to a peer that is blocked, and who writes to it is told so.
class Blocked final : public Discovery {
 public:
  std::optional<Ask> next() override { return std::nullopt; }
  void on(const DnsQuestion&, const Result<DnsAnswer>&) override {}
  bool done() const override { return true; }
  Result<std::vector<Endpoint>> endpoints() override {
    return Error{Fault::never, "the peer is blocked here"};
  }
  std::string status() const override { return "5.7.1"; }
  std::string story() const override { return "blocked"; }
};

std::unique_ptr<Discovery> discover(const XmppSettings& settings, std::string_view lane,
                                    Random& random) {
  const LaneName name = split_lane(lane);
  if (settings.peer_blocked.contains(name.target)) return std::make_unique<Blocked>();
  const auto component = settings.components.find(name.target);
  if (component == settings.components.end() || name.sender != "*")
    return std::make_unique<DomainDiscovery>(lane, settings.dial, random);
  if (lane == lane_to_gateway(component->second)) return std::make_unique<Waiting>();
  return std::make_unique<DomainDiscovery>(
      pair_lane("*", component->first, component->second.address), settings.dial, random);
}

}  // namespace

// One link in order; what it carries at once is bounded by what the peer may leave unacknowledged.
std::shared_ptr<const LaneTraits> read_traits(const Configuration& configuration,
                                              std::shared_ptr<const XmppSettings> settings) {
  const Settings& table = configuration.table("xmpp");
  auto out = std::make_shared<LaneTraits>();
  out->protocol = "xmpp";
  out->ordered = true;
  out->memory_items_max = 10'000;               // xmpp 5.5
  out->link_window = 4096;
  out->links_first = out->links_max = 1;
  out->works_per_link_max = SIZE_MAX;
  out->link_age_max = std::chrono::hours(24 * 365);
  out->idle_keep = settings->idle_close_after;  // xmpp 9.1
  out->endpoints_tried_max = out->sessions_tried_max = limits::addresses_max;   // xmpp 1.5
  out->host_patience = std::chrono::seconds(2);
  out->may_means = TlsLevel::encrypt;           // xmpp 3.1
  out->retry = table.durations("retry");
  out->breaker_waits = table.durations("retry");
  out->looks_again = true;   // xmpp 5.2
  out->breaker_failures = 1;
  out->lifetime = out->report_lifetime = table.duration("lifetime");
  out->startup_spread = std::chrono::seconds(5);
  for (const auto& [domain, component] : settings->components)
    if (component.role == Component::Role::connect)
      out->standing.insert(pair_lane("*", domain));
  out->lane_name = [settings](std::string_view from, const Address& to,
                              const RouteChoice& choice) {
    return lane_of(*settings, from, to, choice.lane);
  };
  out->discover = [settings](const std::string& lane, Random& random) {
    return discover(*settings, lane, random);
  };
  return out;
}

std::string lane_to_gateway(const Component& component) {
  std::string lane = pair_lane("*", component.domain);
  if (component.role == Component::Role::connect) lane.append("?").append(gateway_purpose);
  return lane;
}

// A component's lane is the same for all who write to it: there is one connection to it. What one
// that we connect as says goes to its server, but for what it says to itself.
std::string lane_of(const XmppSettings& settings, std::string_view from, const Address& to,
                    std::string_view hop) {
  const std::string key = prepared_key(to.domain), own = prepared_key(from);
  const auto component = settings.components.find(key);
  if (component != settings.components.end() && component->second.gateway_comes())
    return lane_to_gateway(component->second);
  const auto self = settings.components.find(own);
  if (self != settings.components.end() && self->second.role == Component::Role::connect &&
      key != own)
    return pair_lane("*", own);
  std::string lane = pair_lane(own, key, hop == to.domain ? key : hop);
  if (to.local == verify_local) lane.append("?").append(verify_purpose);
  return lane;
}

}  // namespace hanse::xmpp
