// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "federation/lane_name.h"
#include "server/base/idna.h"
#include "server/base/limits.h"
#include "server/base/text.h"
#include "server/console/ages.h"
#include "server/console/lane_json.h"
#include "server/console/watching.h"

namespace hanse::console {
namespace {

// Its steps as they come, and its verdict as the end of the command.
Ended follow(Node& node, const ProbeWish& wish, const Emit& emit) {
  const Result<std::shared_ptr<TraceFeed>> feed = node.view.probe(wish);
  if (!feed && feed.error().fault == Fault::never) return usage(feed.error().what);
  if (!feed) return ended(feed.error());
  Watching watching(node, *feed, emit);
  Ended out{Exit::problem, "the probe broke off", ""};
  const auto seen = [&out](const TraceLine& line) {
    if (line.kind != TraceLine::Kind::verdict) return true;
    out = line.good ? Ended{} : Ended{Exit::problem, line.text, ""};
    return false;
  };
  const Duration most = limits::probe_time_max + std::chrono::seconds(2);
  if (watching.run(node.clock.now() + most, limits::trace_lines_max, seen) == Watching::End::time)
    return {Exit::timeout, "no verdict in time", ""};
  return out;
}

Ended run_probe(Node& node, const Request& request, const Emit& emit) {
  ProbeWish wish;
  wish.protocol = request.arguments[0];
  wish.host = request.arguments[1];
  wish.domain = request.option("domain");
  wish.from = lower_ascii(request.option("from"));
  wish.prove = request.has("auth");
  return follow(node, wish, emit);
}

std::string peer_text(const Policy& policy, const std::string& protocol,
                      const std::string& domain) {
  const PeerPolicy* peer = policy.peer(domain);
  if (peer == nullptr) {
    switch (policy.protocol(protocol).unknown_peers) {
      case UnknownPeers::reject: return domain + " is not configured; unknown peers: reject";
      case UnknownPeers::probation: return domain + " is not configured; unknown peers: probation";
      case UnknownPeers::open: return domain + " is not configured; unknown peers: open";
    }
  }
  std::string out = domain + " is configured: " + std::string(peer_state_name(peer->state)) + ", " +
                    std::string(peer_role_name(peer->role)) + ", scopes";
  for (const std::string& scope : peer->scopes) out += " " + scope;
  if (peer->scopes.empty()) out += " none";
  if (!peer->fingerprints.empty())
    out += ", " + std::to_string(peer->fingerprints.size()) + " certificates pinned";
  return out;
}

bool leads_to(std::string_view lane, std::string_view domain) {
  const LaneName name = split_lane(lane.substr(0, lane.find('?')));
  return name.target == domain || name.hop == domain;
}

// What the node remembers: the ways there, how they went the last time, what waits. The lane of a
// rule has the name of the place it leads to.
Ended tell_memory(Node& node, const std::string& protocol, const std::string& domain,
                  std::string_view hop, const Emit& emit) {
  const Result<std::vector<LaneStatus>> lanes = node.view.lanes();
  if (!lanes) return ended(lanes.error());
  bool any = false;
  for (const LaneStatus& lane : *lanes) {
    if (lane.protocol != protocol) continue;
    if (lane.lane != hop && !leads_to(lane.lane, domain)) continue;
    any = true;
    Json json = told("lane", lane.lane);
    json["lane"] = lane_json(lane);
    std::string text = lane.lane + ": " + lane_text(json["lane"]);
    if (!lane.story.empty()) text += "; found " + lane.story;
    if (!lane.last_error.empty()) text += "; last error " + lane.last_error;
    if (lane.last_success) text += "; last success " + format_utc(*lane.last_success);
    if (lane.next_try) text += "; next try " + format_utc(*lane.next_try);
    if (lane.waiting > 0) text += "; " + std::to_string(lane.waiting) + " waiting";
    json["text"] = std::move(text);
    emit(std::move(json));
  }
  if (!any) emit(told("lane", "nothing is remembered: no lane has led there of late"));
  const Result<std::vector<LinkRow>> links = node.view.links();
  if (!links) return ended(links.error());
  for (const LinkRow& link : *links) {
    const bool there = link.peer == hop || leads_to(link.peer, domain) || link.claims == domain;
    if (link.protocol != protocol || !there) continue;
    Json json = told("link", link.connection + (link.outgoing ? " to " : " from ") + link.remote +
                                 ", " + (link.tls.empty() ? "no TLS" : link.tls) + ", up since " +
                                 format_utc(link.since));
    json["connection"] = link.connection;
    emit(std::move(json));
  }
  return {};
}

Ended run_explain(Node& node, const Request& request, const Emit& emit) {
  // Lanes, routes and streams have the names that the DNS knows.
  const std::string protocol = request.arguments[0], domain = plain_domain(request.arguments[1]);
  const std::shared_ptr<const Policy> policy = node.view.policy();
  if (policy->protocols.find(protocol) == policy->protocols.end())
    return usage("no protocol " + escape_text(protocol));
  // Something in the protocol's own state, and no domain.
  const auto state = node.view.explain(protocol, request.arguments[1]);
  if (!state) return ended(state.error());
  for (const std::string& line : *state) emit(told("state", line));
  if (!state->empty()) return {};
  emit(told("peer", peer_text(*policy, protocol, domain)));
  if (const std::string known = policy->looks_like(domain); !known.empty())
    emit(told("lookalike", domain + " can be taken for " + known));
  const RouteChoice choice = policy->routes.choose(protocol, domain);
  // As the lane keeps it: several rules may lead to one place, and each has its demands.
  std::string lane = choice.lane;
  if (const NameLane& name = policy->protocol(protocol).lane_name)
    lane = name(plain_domain(request.option("from")), {protocol, {}, domain}, choice);
  const HopDemand demand = policy->demand_of_lane(protocol, lane);
  std::string way = "rule " + choice.route + " -> " + choice.lane + ", TLS " +
                    std::string(tls_level_name(demand.tls));
  if (!demand.identity.empty()) way += ", has to be " + demand.identity;
  if (!demand.pin.empty()) way += ", pinned key " + demand.pin;
  Json route = told("route", std::move(way));
  route["rule"] = choice.route;
  route["hop"] = choice.lane;
  emit(std::move(route));
  Ended memory = tell_memory(node, protocol, domain, choice.lane, emit);
  if (memory.exit != Exit::ok) return memory;
  ProbeWish wish;
  wish.protocol = protocol;
  wish.host = wish.domain = domain;
  wish.from = plain_domain(request.option("from"));
  wish.by_route = true;
  wish.connect = !request.has("no-connect");
  return follow(node, wish, emit);
}

constexpr Parameter probe_parameters[] = {
    {"PROTO", "The protocol.", true},
    {"HOST", "A domain, looked up as a stranger would; or host:port.", true},
};
constexpr Flag probe_flags[] = {
    {"auth", "", "Also prove who we are; else that is where it ends."},
    {"domain", "DOMAIN", "Which domain the place should be; HOST itself when absent."},
    {"from", "DOMAIN", "In whose name; this node's first domain when absent."},
};
constexpr Parameter explain_parameters[] = {
    {"PROTO", "The protocol.", true},
    {"DOMAIN", "The peer's domain; of a protocol that keeps a state, also something in that.", true,
     false, "peer list"},
};
constexpr Flag explain_flags[] = {
    {"no-connect", "", "Only look up and remember; do not connect."},
    {"from", "DOMAIN", "In whose name; this node's first domain when absent."},
};

const Command group[] = {
    {.words = "probe",
     .help = "Looks a host up, connects, secures, and shows step by step what it saw: records, "
             "features, certificate, trust. Sends no message. Exit 1: it could not be used.",
     .parameters = probe_parameters,
     .flags = probe_flags,
     .on_node = run_probe,
     .render = render_watched,
     .live = true},
    {.words = "explain",
     .help = "How this node gets to a domain and why: policy, route, what it remembers, a fresh "
             "lookup in the order to try, certificate, trust, and how it would prove itself.",
     .parameters = explain_parameters,
     .flags = explain_flags,
     .on_node = run_explain,
     .render = render_watched,
     .live = true},
};

}  // namespace

std::span<const Command> probe_commands() { return group; }

}  // namespace hanse::console
