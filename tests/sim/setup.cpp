// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/setup.h"

#include <stdexcept>

#include "server/config/config.h"
#include "server/config/node_options.h"
#include "tests/sim/ircd.h"

namespace hanse::sim {

namespace {

constexpr int edge_base = 100, sender_base = 200;

std::string address(int last) { return "192.0.2." + std::to_string(last); }

const config::Schema& schema() {
  static const config::Schema known = [] {
    config::Schema out;
    out.add(config::node_option_tables());
    out.add(federation_option_tables());
    out.add(store::option_tables());
    for (const Protocol* protocol : protocols()) out.add(protocol->tables);
    return out;
  }();
  return known;
}

std::string quoted(const std::string& text) { return "\"" + text + "\""; }

std::string pick(Random& random, std::initializer_list<const char*> choices) {
  return *(choices.begin() + random.below(choices.size()));
}

std::string peer_table(int number) {
  return "[peer." + quoted(node_domain(number)) +
         "]\nscopes = [\"smtp\", \"xmpp\"]\naddresses = [" + quoted(node_address(number)) + "]\n";
}

std::string route_table(const std::string& match, const std::string& via, const std::string& tls) {
  return "[[route]]\nmatch = " + quoted(match) + "\nprotocol = \"smtp\"\nvia = " + quoted(via) +
         "\n" + (tls.empty() ? "" : "tls = " + quoted(tls) + "\n");
}

std::string stream_route(const std::string& match, const std::string& via) {
  return "[[route]]\nmatch = " + quoted(match) + "\nprotocol = \"xmpp\"\nvia = " +
         quoted(via + ":5269") + "\n";
}

// The node is the face of its domain; the server behind it may send to anywhere.
std::string stream_tables(const NodePlan& plan) {
  return "[xmpp]\nunknown_peers = \"open\"\nhosts = [" + quoted(node_host(plan.number)) +
         "]\nrelay_from = [" + quoted(edge_address(plan.number)) + "]\ntrust = " +
         quoted(plan.xmpp_trust) + "\nretry = " + plan.xmpp_retry + "\n";
}

}  // namespace

std::string node_domain(int number) { return "n" + std::to_string(number) + ".example"; }
std::string node_host(int number) { return "mx." + node_domain(number); }
std::string node_address(int number) { return address(number); }
std::string edge_address(int number) { return address(edge_base + number); }
std::string sender_address(int number) { return address(sender_base + number); }

NodePlan draw_plan(int number, int nodes, const Speaks& speaks, Random& random) {
  NodePlan plan;
  plan.speaks_xmpp = speaks.xmpp;
  plan.number = number;
  if (nodes > 2 && random.below(3) == 0) {
    const int other = 1 + static_cast<int>(random.below(static_cast<std::uint64_t>(nodes)));
    if (other != number) plan.backs_up.push_back(other);
  }
  plan.edge_tls = pick(random, {"off", "may", "may", "encrypt"});
  plan.retry = pick(random, {R"(["30s", "1m", "5m", "20m"])", R"(["5m", "10m", "20m", "40m"])",
                             R"(["10s", "10s", "60s"])"});
  plan.breaker_last = pick(random, {"10m", "30m", "4h"});
  plan.recipients_per_transaction = random.below(3) == 0 ? 2 : 50;
  plan.connections_max = 1 + static_cast<int>(random.below(20));
  plan.knows_peers = random.below(2) == 0;
  if (random.below(6) == 0) plan.destination_messages_max = 10;
  plan.xmpp_retry = pick(random, {R"(["5s", "30s", "2m", "5m"])", R"(["1s"])", R"(["20s", "1m"])"});
  return plan;
}

std::string configuration_text(const NodePlan& plan, int nodes) {
  const std::string own = node_domain(plan.number);
  std::string hosts = quoted(own), peers;
  std::string routes = route_table(own, edge_address(plan.number) + ":25", plan.edge_tls);
  for (const int other : plan.backs_up) {
    hosts += ", " + quoted(node_domain(other));
    routes += route_table(node_domain(other), "discover", "");
  }
  if (plan.speaks_xmpp) {
    peers = stream_tables(plan);
    routes += stream_route(own, edge_address(plan.number));
    routes += stream_route(domain_round, node_address(plan.number));
  }
  for (int other = 1; other <= nodes && plan.knows_peers; ++other)
    if (other != plan.number) peers += peer_table(other);
  return "[node]\ndomain = " + quoted(node_host(plan.number)) +
         "\ndata_dir = \"/queue\"\n"
         "[policy]\nunknown_peers = " + quoted(plan.knows_peers ? "reject" : "open") +
         "\n[store]\ndestination_messages_max = " + std::to_string(plan.destination_messages_max) +
         "\n[smtp]\nhosts = [" + hosts + "]\nrelay_from = [" +
         quoted(sender_address(plan.number)) + "]\nretry = " + plan.retry +
         "\nbreaker_last = " + quoted(plan.breaker_last) +
         "\nrecipients_per_transaction = " + std::to_string(plan.recipients_per_transaction) +
         "\nconnections_max = " + std::to_string(plan.connections_max) +
         "\ncheck_sender_domain = " + (plan.checks_senders ? "true\n" : "false\n") + peers +
         routes + plan.irc;
}

bool is_linked(IrcShape shape, int node, int network) {
  if (shape == IrcShape::full || shape == IrcShape::misnamed) return true;
  return network == node - 1 || network == node % 3;
}

std::string irc_text(int number, IrcShape shape) {
  const std::string sign = std::to_string(10 - number);
  std::string out = "[irc]\nsid = " + quoted(sign + "RL") + "\nsid_range = " +
                    quoted(sign + "R?") + "\nretry = [\"5s\", \"10s\"]\n";
  std::string members;
  for (int each = 0; each < 3; ++each) {
    if (!is_linked(shape, number, each)) continue;
    const bool other = shape == IrcShape::misnamed && number == 2;
    const std::string name = (other ? "other" : "net") + std::to_string(each);
    out += "[irc.network." + name + "]\ndialect = " + quoted(tongue(each).dialect()) +
           "\npeer = " + quoted(tongue(each).server_name()) + "\naddr = " +
           quoted(Ircd::address(each) + ":" + std::to_string(irc_port)) +
           "\ntls = \"off\"\nsend_password = \"env:HANSE_SIM_WORD\"\n"
           "receive_password = \"env:HANSE_SIM_WORD\"\nautoconnect = true\n";
    members += (members.empty() ? "" : ", ") +
               quoted(std::string("irc:") + irc_channel + "%" + name);
  }
  return out + "[junction.dev]\nmembers = [" + members + "]\n";
}

std::string backend_text(int number, int nodes) {
  const std::string node = node_address(number);
  std::string routes = stream_route(node_domain(number), node);
  for (int other = 1; other <= nodes; ++other) {
    if (other != number) routes += stream_route(node_domain(other), node);
    routes += stream_route(node_host(other), node);
  }
  return "[node]\ndomain = " + quoted("edge." + node_domain(number)) +
         "\ndata_dir = \"/queue\"\n[xmpp]\nhosts = []\ntrust = \"dialback\"\n" + routes +
         stream_route(domain_unknown, node) + stream_route(domain_round, node);
}

Setup take_apart(const std::string& text, const Clock& clock) {
  const config::Loaded loaded =
      config::parse(text, "sim.toml", schema(), config::system_secrets("."));
  if (!loaded.configuration)
    throw std::runtime_error(config::problem_text(loaded.problems.front()) + "\n" + text);
  Setup out;
  out.configuration = loaded.configuration;
  const config::NodeRead node = config::read_node_settings(*out.configuration);
  if (!node.problems.empty())
    throw std::runtime_error(config::problem_text(node.problems.front()));
  std::vector<std::string> names;
  for (const Protocol* protocol : protocols()) {
    names.emplace_back(protocol->name);
    Result<std::shared_ptr<const ProtocolRoom>> room =
        protocol->open(*out.configuration, {node.settings.domain, &clock, node.settings.domain});
    if (!room) throw std::runtime_error(room.error().what);
    out.traits.push_back((*room)->lane_traits());
    out.reports.emplace(protocol->name, [room = *room](const Reportable& failed,
                                                       std::string_view head, UtcTime now) {
      return room->report(failed, head, now);
    });
    out.rooms.emplace(protocol->name, *room);
  }
  Result<std::shared_ptr<const Policy>> policy = make_policy(*out.configuration, names);
  if (!policy) throw std::runtime_error(policy.error().what);
  auto complete = std::make_shared<Policy>(**policy);
  for (const auto& traits : out.traits)
    if (const auto known = complete->protocols.find(traits->protocol);
        known != complete->protocols.end())
      known->second.lane_name = traits->lane_name;
  out.policy = std::move(complete);
  out.store = store::read_settings(*out.configuration);
  return out;
}

}  // namespace hanse::sim
