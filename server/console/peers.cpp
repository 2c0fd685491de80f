// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <set>

#include "federation/lane_name.h"
#include "server/base/text.h"
#include "server/console/commands.h"
#include "server/console/lane_json.h"

namespace hanse::console {
namespace {

Json peer_json(const PeerPolicy& peer) {
  return {{"peer", peer.domain},
          {"state", peer_state_name(peer.state)},
          {"role", peer_role_name(peer.role)},
          {"scopes", peer.scopes},
          {"max_msgs_per_min", peer.messages_per_minute_max},
          {"require_tls_in", peer.require_tls_in},
          {"slow", peer.slow},
          {"tls", peer.tls_out ? tls_level_name(*peer.tls_out) : ""},
          {"pins", peer.fingerprints}};
}

// The lanes that carry messages to this domain. Lanes of a fixed next hop have its name.
Json lanes_of(const std::vector<LaneStatus>& lanes, const Policy& policy,
              const std::string& domain) {
  Json found = Json::array();
  for (const LaneStatus& lane : lanes) {
    const LaneName name = split_lane(lane.lane);
    if (name.target == domain || policy.routes.choose(lane.protocol, domain).lane == name.hop) {
      found.push_back(lane_json(lane));
    }
  }
  return found;
}

// Whether a lane leads to this domain by its own name, and not only because a route for all does.
bool names_it(const LaneStatus& lane, std::string_view domain) {
  const LaneName name = split_lane(lane.lane);
  return lane.lane == domain || name.target == domain || name.hop == domain;
}

std::string key_of(const Json& lane) {
  return text_of(lane, "protocol") + "/" + text_of(lane, "lane");
}

// By the domain or place they lead to, without those that lead to configured peers.
std::map<std::string, Json> other_lanes(const std::vector<LaneStatus>& lanes,
                                        const std::set<std::string>& of_peers) {
  std::map<std::string, Json> others;
  for (const LaneStatus& lane : lanes) {
    const LaneName name = split_lane(lane.lane);
    Json json = lane_json(lane);
    if (!name.purpose.empty() || of_peers.contains(key_of(json))) continue;
    Json& found = others[std::string(name.target)];
    if (found.is_null()) found = Json::array();
    found.push_back(std::move(json));
  }
  return others;
}

Ended run_list(Node& node, const Request&, const Emit& emit) {
  const std::shared_ptr<const Policy> policy = node.view.policy();
  const Result<std::vector<LaneStatus>> lanes = node.view.lanes();
  std::set<std::string> of_peers;
  for (const PeerPolicy& peer : policy->peers) {
    Json json = peer_json(peer);
    json["looks_like"] = policy->looks_like(peer.domain);
    if (lanes) json["lanes"] = lanes_of(*lanes, *policy, peer.domain);
    for (const Json& lane : member_of(json, "lanes")) of_peers.insert(key_of(lane));
    if (!emit(std::move(json))) return {};
  }
  if (!lanes) return {};
  for (auto& [name, found] : other_lanes(*lanes, of_peers)) {
    const bool go_on = emit({{"peer", name},
                             {"state", "not configured"},
                             {"looks_like", policy->looks_like(name)},
                             {"lanes", std::move(found)}});
    if (!go_on) break;
  }
  return {};
}

std::string list_text(const Json& list) {
  std::string out;
  for (const Json& item : list) {
    const auto* text = item.get_ptr<const Json::string_t*>();
    if (text != nullptr) out += (out.empty() ? "" : ",") + escape_text(*text);
  }
  return out.empty() ? "-" : out;
}

std::string slow_text(const Json& peer) { return flag_of(peer, "slow") ? ", slow" : ""; }

std::string lookalike_text(std::span<const Json> items) {
  std::string out;
  for (const Json& item : items)
    if (const std::string known = text_of(item, "looks_like"); !known.empty())
      out += "warn   " + text_of(item, "peer") + " can be taken for " + known + "\n";
  return out;
}

std::string render_list(std::span<const Json> items, const Style& style) {
  TextTable table({"peer", "state", "role", "scopes", "msgs/min", "lane"});
  for (const Json& item : items) {
    const Json& lanes = member_of(item, "lanes");
    const std::int64_t rate = number_of(item, "max_msgs_per_min");
    table.add({text_of(item, "peer"), text_of(item, "state") + slow_text(item),
               text_of(item, "role"), list_text(member_of(item, "scopes")),
               rate == 0 ? "-" : std::to_string(rate),
               lanes.is_array() && !lanes.empty() ? lane_text(lanes.front()) : "idle"});
  }
  return table.text(style) + lookalike_text(items);
}

std::uint64_t waiting_for(Node& node, const std::string& domain) {
  Selector selector;
  selector.dest = domain;
  const Result<QueuePage> page = node.queue.list(selector, "", 1);
  return page ? page->matching : 0;
}

Ended run_show(Node& node, const Request& request, const Emit& emit) {
  const std::string domain = lower_ascii(request.arguments.front());
  const std::shared_ptr<const Policy> policy = node.view.policy();
  const PeerPolicy* peer = policy->peer(domain);
  const Result<std::vector<LaneStatus>> lanes = node.view.lanes();
  if (!lanes) return ended(lanes.error());
  Json found = lanes_of(*lanes, *policy, domain);
  const bool is_lane = std::any_of(lanes->begin(), lanes->end(), [&domain](const auto& lane) {
    return names_it(lane, domain);
  });
  if (peer == nullptr && !is_lane) {
    return {Exit::not_found, "no peer and no lane " + escape_text(domain), ""};
  }
  Json json = peer == nullptr ? Json{{"peer", domain}, {"state", "not configured"}}
                              : peer_json(*peer);
  json["looks_like"] = policy->looks_like(domain);
  json["lanes"] = std::move(found);
  json["waiting"] = waiting_for(node, domain);
  emit(std::move(json));
  return {};
}

std::string render_show(std::span<const Json> items, const Style&) {
  std::string out;
  for (const Json& item : items) {
    out += "peer     " + text_of(item, "peer") + "\nstate    " + text_of(item, "state") +
           slow_text(item) + "\n";
    if (!member_of(item, "role").is_null()) {
      out += "role     " + text_of(item, "role") + "\nscopes   " +
             list_text(member_of(item, "scopes")) + "\npins     " +
             list_text(member_of(item, "pins")) + "\n";
    }
    out += lookalike_text(std::span(&item, 1));
    out += "waiting  " + std::to_string(number_of(item, "waiting")) + "\n";
    for (const Json& lane : member_of(item, "lanes")) {
      out += "lane     " + text_of(lane, "protocol") + " " + text_of(lane, "lane") + ": " +
             lane_text(lane) + "\n";
      if (const std::string story = text_of(lane, "story"); !story.empty()) {
        out += "found    " + story + "\n";
      }
    }
  }
  return out;
}

constexpr Parameter peer_parameter[] = {
    {"PEER", "The peer's domain.", true, false, "peer list"},
};

const Command group[] = {
    {.words = "peer list",
     .help = "Peers, what they may do and how the way to them is: the configured ones, then "
             "whoever else messages went to of late.",
     .on_node = run_list,
     .render = render_list},
    {.words = "peer show",
     .help = "One peer: its rights, its lanes, what waits for it.",
     .parameters = peer_parameter,
     .on_node = run_show,
     .render = render_show},
};

}  // namespace

std::span<const Command> peer_commands() { return group; }

}  // namespace hanse::console
