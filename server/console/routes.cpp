// SPDX-License-Identifier: Apache-2.0
#include "federation/way.h"
#include "protocols/protocol.h"
#include "server/base/text.h"
#include "server/console/commands.h"

namespace hanse::console {
namespace {

constexpr std::size_t pin_shown_max = 16;   // in a table; told in full elsewhere

std::string_view answer_name(Permission::Answer answer) {
  switch (answer) {
    case Permission::Answer::yes: return "yes";
    case Permission::Answer::no_relay: return "no_relay";
    case Permission::Answer::no_such_address: return "no_such_address";
    case Permission::Answer::not_now: return "not_now";
    case Permission::Answer::full: return "full";
    case Permission::Answer::peer_refused: return "peer_refused";
    case Permission::Answer::peer_limited: return "peer_limited";
  }
  return "no";
}

Ended run_list(Node& node, const Request&, const Emit& emit) {
  for (const Route& route : node.view.policy()->routes.routes()) {
    if (!emit({{"route", route.name},
               {"match", route.match},
               {"protocol", route.protocol},
               {"via", route.via},
               {"tls", route.tls ? tls_level_name(*route.tls) : ""},
               {"tls_min", tls_version_name(route.tls_min)},
               {"identity", route.identity},
               {"pin", route.pin}})) {
      break;
    }
  }
  return {};
}

std::string render_list(std::span<const Json> items, const Style& style) {
  TextTable table({"route", "match", "protocol", "via", "tls", "identity", "pin"});
  for (const Json& item : items) {
    table.add({text_of(item, "route"), text_of(item, "match"), text_of(item, "protocol"),
               text_of(item, "via"), text_of(item, "tls"), text_of(item, "identity"),
               text_of(item, "pin").substr(0, pin_shown_max)});
  }
  return table.text(style) + "What matches no rule is discovered by DNS.\n";
}

// "user@b.example", "b.example" or "<>": as far as the core understands any address.
Address read_address(std::string_view text, const std::string& protocol) {
  if (text == "<>") return {protocol, "", ""};
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos) return {protocol, "", lower_ascii(text)};
  return {protocol, std::string(text.substr(0, at)), lower_ascii(text.substr(at + 1))};
}

Result<std::string> read_protocol(const Policy& policy, const Request& request) {
  if (policy.protocols.empty()) return Error{Fault::never, "no protocol is configured"};
  if (!request.has("proto")) {
    for (const Protocol* one : protocols())   // in the order of the registry
      if (policy.protocols.contains(one->name)) return std::string(one->name);
    return policy.protocols.begin()->first;
  }
  const std::string wanted = request.option("proto");
  if (policy.protocols.count(wanted) != 0) return wanted;
  return Error{Fault::never, "no protocol " + escape_text(wanted)};
}

// The same questions the node asks itself when a peer wants to hand over a message.
// What is taken for such a peer stays in the queue.
std::string waits_for(const Policy& policy, std::string_view domain) {
  const PeerPolicy* peer = policy.peer(domain);
  if (!is_barred(peer)) return {};
  return "peer " + peer->domain + " is " + std::string(peer_state_name(peer->state));
}

Ended run_test(Node& node, const Request& request, const Emit& emit) {
  const std::shared_ptr<const Policy> policy = node.view.policy();
  const Result<std::string> protocol = read_protocol(*policy, request);
  if (!protocol) return usage(protocol.error().what);
  if (request.has("ip") && !is_ip_address(request.option("ip"))) {
    return usage("--ip is an IP address");
  }
  const Address from = read_address(request.arguments[0], *protocol);
  const Address to = read_address(request.arguments[1], *protocol);
  Claim claim;
  claim.protocol = *protocol;
  claim.address = request.option("ip");
  const PeerPolicy* known = recognise(policy->peers, claim, {});
  const TrustDecision trust =
      decide(known, policy->protocol(*protocol).unknown_peers, claim, {});
  const std::string peer = known == nullptr ? "" : known->domain;
  const Permission permission =
      permit(*policy, {claim, peer, from, to}, [](std::string_view) { return false; });
  RouteChoice choice = policy->routes.choose(*protocol, to.domain);
  if (const NameLane& name = policy->protocol(*protocol).lane_name)
    choice.lane = name(from.domain, to, choice);
  const HopDemand demand = policy->demand_of_lane(*protocol, choice.lane);
  emit({{"from", to_text(from)},
        {"to", to_text(to)},
        {"protocol", *protocol},
        {"peer", peer},
        {"trust", trust.why},
        {"answer", answer_name(permission.answer)},
        {"why", permission.why},
        {"route", choice.route},
        {"lane", choice.lane},
        {"tls", tls_level_name(demand.tls)},
        {"tls_min", tls_version_name(demand.tls_min)},
        {"identity", choice.identity},
        {"pin", choice.pin},
        {"waits_for", waits_for(*policy, to.domain)}});
  if (permission.answer == Permission::Answer::yes) return {};
  return {Exit::problem, "would be refused: " + permission.why, ""};
}

std::string render_test(std::span<const Json> items, const Style&) {
  std::string out;
  for (const Json& item : items) {
    const std::string peer = text_of(item, "peer");
    out += "message  " + text_of(item, "from") + " -> " + text_of(item, "to") + " (" +
           text_of(item, "protocol") + ")\n";
    out += "peer     " + (peer.empty() ? "unknown" : peer) + ": " + text_of(item, "trust") + "\n";
    out += "answer   " + text_of(item, "answer") + " (" + text_of(item, "why") + ")\n";
    out += "route    rule " + text_of(item, "route") + " -> " + text_of(item, "lane") +
           ", tls " + text_of(item, "tls");
    if (const std::string least = text_of(item, "tls_min"); !least.empty())
      out += ", at least TLS " + least;
    if (const std::string name = text_of(item, "identity"); !name.empty())
      out += ", has to be " + name;
    if (const std::string pin = text_of(item, "pin"); !pin.empty()) out += ", pinned key " + pin;
    out += "\n";
    if (const std::string what = text_of(item, "waits_for"); !what.empty())
      out += "waits    " + what + "\n";
  }
  return out;
}

constexpr Parameter test_parameters[] = {
    {"FROM", "The sender: user@domain, a domain, or <>.", true},
    {"TO", "The recipient: user@domain or a domain.", true},
};
constexpr Flag test_flags[] = {
    {"proto", "NAME", "The protocol; the first configured one when absent."},
    {"ip", "ADDRESS", "Where the sender connects from; a stranger when absent."},
};

const Command group[] = {
    {.words = "route list",
     .help = "The rules that choose the next hop; the first match wins.",
     .on_node = run_list,
     .render = render_list},
    {.words = "route test",
     .help = "Would a message be taken, and where would it go? Nothing is sent or looked up.",
     .parameters = test_parameters,
     .flags = test_flags,
     .on_node = run_test,
     .render = render_test},
};

}  // namespace

std::span<const Command> route_commands() { return group; }

}  // namespace hanse::console
