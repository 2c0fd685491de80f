// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/settings.h"

#include <algorithm>

#include "federation/next_hop.h"
#include "federation/routes.h"
#include "protocols/xmpp/jid.h"
#include "protocols/xmpp/limits.h"
#include "server/base/limits.h"
#include "server/base/text.h"

namespace hanse::xmpp {

namespace {

constexpr std::int64_t hour_seconds = 3600;
constexpr std::int64_t day_seconds = 24 * hour_seconds;
constexpr std::int64_t stanza_least = 10'000;                 // RFC 6120 13.12
// What is larger does not stay in memory while it waits, and a stanza has to.
constexpr auto stanza_most = static_cast<std::int64_t>(limits::body_memory_bytes_max);
constexpr std::int64_t bytes_per_second_most = std::int64_t{1} << 30;
constexpr std::size_t secret_characters_min = 16;             // xmpp 13

constexpr Option xmpp_options[] = {
    {.key = "hosts", .type = OptionType::text_list, .fallback = "[]",
     .help = "Domains this node is itself: it answers for them (ping, service discovery)."},
    {.key = "relay_from", .type = OptionType::text_list, .fallback = "[]",
     .help = "Networks whose servers may send to anywhere through us: your own ones."},
    {.key = "unknown_peers", .type = OptionType::choice, .fallback = {},
     .help = "What a peer without a [peer] table may do; absent: as in [policy].",
     .choices = "reject|probation|open"},

    // Whom to believe.
    {.key = "trust", .type = OptionType::choice, .fallback = "\"verify\"",
     .help = "How peers prove themselves: verify (a certificate, by DANE or a known authority), "
             "dialback over TLS as well, dane alone, or authority alone. A peer with fingerprints "
             "has to show one of those, whatever stands here.",
     .choices = "dane|authority|verify|dialback"},
    {.key = "dialback_secret", .type = OptionType::secret, .fallback = {},
     .help = "What dialback keys are made of; absent: the node's own secret."},
    {.key = "dialback_secret_before", .type = OptionType::secret, .fallback = {},
     .help = "The one before, still believed while keys made with it are under way."},
    {.key = "legacy_cn", .type = OptionType::boolean, .fallback = "false",
     .help = "Take the common name of a certificate that has no names of the kinds in use."},

    // What this node says of itself.
    {.key = "name", .type = OptionType::text, .fallback = "\"hanse\"",
     .help = "The node's name in service discovery."},
    {.key = "tell_system", .type = OptionType::boolean, .fallback = "false",
     .help = "Name the operating system when asked for the version."},
    {.key = "may_be_named", .type = OptionType::boolean, .fallback = "false",
     .help = "Others may publish that this node is a peer of theirs: service discovery says so "
             "(XEP-0485)."},
    {.key = "name_peers", .type = OptionType::boolean, .fallback = "false",
     .help = "Publish which servers have streams with ours, those that agree to it: they are asked "
             "(XEP-0485). Says by itself that this node may be named. Streams that stand when it "
             "is switched are not counted.",
     .applies = Applies::restart},
    {.key = "abuse_addresses", .type = OptionType::text_list, .fallback = "[]",
     .help = "Where to report abuse, as URIs: [\"mailto:abuse@a.example\"] (XEP-0157)."},
    {.key = "admin_addresses", .type = OptionType::text_list, .fallback = "[]",
     .help = "How to reach the operators, as URIs."},
    {.key = "security_addresses", .type = OptionType::text_list, .fallback = "[]",
     .help = "Where to report security problems, as URIs."},

    // Bounds.
    {.key = "stanza_bytes_max", .type = OptionType::bytes, .fallback = "\"256KiB\"",
     .help = "Largest stanza of a peer that has proved itself.",
     .least = stanza_least, .most = stanza_most},
    {.key = "bytes_per_second_max", .type = OptionType::bytes, .fallback = "\"0\"",
     .help = "Octets a second read from one stream of a peer that has proved itself; 1 MiB may "
             "come at once. Over it reading waits, nothing is lost. 0: no limit.",
     .least = 0, .most = bytes_per_second_most},
    {.key = "negotiation_timeout", .type = OptionType::duration, .fallback = "\"90s\"",
     .help = "How long a stream may take until it is authenticated.", .least = 5, .most = 600},
    {.key = "features_timeout", .type = OptionType::duration, .fallback = "\"30s\"",
     .help = "How long to wait for each answer of that.", .least = 5, .most = 600},
    {.key = "answer_timeout", .type = OptionType::duration, .fallback = "\"60s\"",
     .help = "How long to wait for a dialback result, an acknowledgement, a ping.",
     .least = 5, .most = 600},
    {.key = "ping_after", .type = OptionType::duration, .fallback = "\"10m\"",
     .help = "A peer that was silent so long is asked whether it is there.",
     .least = 10, .most = day_seconds},
    {.key = "idle_close", .type = OptionType::duration, .fallback = "\"1h\"",
     .help = "A stream without stanzas for so long is closed.",
     .least = 60, .most = 7 * day_seconds},

    // Waiting messages.
    {.key = "retry", .type = OptionType::duration_list,
     .fallback = "[\"5s\", \"30s\", \"2m\", \"5m\", \"10m\", \"20m\", \"30m\"]",
     .help = "Waits after the first, second ... failed attempt to reach a peer; the last repeats.",
     .least = 1, .most = day_seconds},
    {.key = "lifetime", .type = OptionType::duration, .fallback = "\"72h\"",
     .help = "A message that could not be delivered for so long goes back to its sender.",
     .least = 60, .most = 30 * day_seconds},
    {.key = "loopback_addresses", .type = OptionType::boolean, .fallback = "false",
     .help = "Go to loopback addresses found by DNS; for tests on one machine."},
};

constexpr Option peer_option_table[] = {
    {.key = "xmpp_trust", .type = OptionType::choice, .fallback = {},
     .help = "How this peer proves itself over XMPP; absent: as in [xmpp] trust.",
     .choices = "dane|authority|verify|dialback"},
    {.key = "xmpp_bytes_per_second_max", .type = OptionType::bytes, .fallback = {},
     .help = "Octets a second read from one stream of this peer; absent: as in [xmpp] "
             "bytes_per_second_max.", .least = 0, .most = bytes_per_second_most},
    {.key = "xmpp_when_down", .type = OptionType::choice, .fallback = "\"store\"",
     .help = "What to do with messages for this peer while it is down: store, as long as [xmpp] "
             "lifetime says, or bounce: they go back after a minute.",
     .choices = "store|bounce"},
};

constexpr Option listen_options[] = {
    {.key = "addr", .type = OptionType::text_list,
     .help = "Where to listen, e.g. [\"[::]:5269\", \"[::]:5270\"]; each takes STARTTLS and direct "
             "TLS. [::] is IPv4 as well where nothing else is that at its port. Absent: nowhere.",
     .applies = Applies::restart},
};

constexpr Option component_options[] = {
    {.key = "role", .type = OptionType::choice, .fallback = "\"accept\"",
     .help = "accept: a gateway connects to us; connect: we connect to a server as its component.",
     .applies = Applies::restart, .choices = "accept|connect"},
    {.key = "addr", .type = OptionType::text, .fallback = "\"127.0.0.1:5347\"",
     .help = "Where to listen for it, or to go to. There is no TLS in this protocol.",
     .applies = Applies::restart},
    {.key = "gateway", .type = OptionType::text, .fallback = {},
     .help = "With role connect: where the gateway that is this component connects to us, with the "
             "same secret. Absent: a [[route]] leads to a server that is, or this node answers.",
     .applies = Applies::restart},
    {.key = "secret", .type = OptionType::secret, .fallback = {},
     .help = "What both sides know; at least 16 characters.", .required = true},
};

constexpr OptionTable tables[] = {
    {.name = "xmpp", .shape = TableShape::single,
     .help = "XMPP between servers.", .options = xmpp_options},
    {.name = "listen.xmpp", .shape = TableShape::single,
     .help = "Where other XMPP servers arrive.", .options = listen_options},
    {.name = "component", .shape = TableShape::keyed,
     .help = "An external component (XEP-0114), by its domain.", .options = component_options},
};

Error problem(std::string_view key, std::string_view what) {
  return {Fault::never, std::string(key) + ": " + std::string(what)};
}

Result<std::string> read_domain(std::string_view key, const std::string& text) {
  std::string out = domain_key(text);
  if (out.empty()) return problem(key, "not a domain: " + escape_text(text));
  return out;
}

xml::StreamLimits limits_before_trust() {   // xmpp 7.5
  return {.element_bytes_max = limits::untrusted_element_bytes_max,
          .depth_max = limits::untrusted_depth_max,
          .nodes_max = limits::untrusted_nodes_max,
          .attributes_max = limits::untrusted_attributes_max,
          .name_bytes_max = limits::xml_name_bytes_max,
          .ns_bytes_max = limits::xml_ns_bytes_max,
          .namespaces_max = limits::xml_namespaces_max,
          .dictionary_names_max = limits::xml_dictionary_names_max};
}

xml::StreamLimits limits_after_trust(std::size_t stanza_bytes_max) {
  xml::StreamLimits out = limits_before_trust();
  out.element_bytes_max = stanza_bytes_max;
  out.depth_max = limits::trusted_depth_max;
  out.nodes_max = limits::trusted_nodes_max;
  out.attributes_max = limits::trusted_attributes_max;
  return out;
}

Result<Component> read_component(const Settings& table) {
  Result<std::string> domain = read_domain("component", table.name);
  if (!domain) return domain.error();
  Component out;
  out.domain = *std::move(domain);
  out.role = table.text("role") == "connect" ? Component::Role::connect : Component::Role::accept;
  out.address = table.text("addr");
  if (out.role == Component::Role::connect) out.gateway = table.text_or("gateway", {});
  else if (table.has("gateway"))
    return problem("component." + table.name + ".gateway", "is for role = \"connect\"");
  out.secret = std::string(trim(table.text("secret")));
  if (out.secret.text().size() < secret_characters_min)
    return problem("component." + table.name + ".secret", "needs at least 16 characters");
  return out;
}

// A domain with a way of its own is that of a server behind us; "*" and discovery are no such way.
std::vector<XmppSettings::Face> read_faces(const Configuration& configuration) {
  std::vector<XmppSettings::Face> out;
  for (const Settings& route : configuration.tables("route")) {
    const std::string protocol = route.text_or("protocol", {});
    if (protocol != "xmpp" || route.text("match") == "*" || route.text("via") == "discover")
      continue;
    out.push_back({plain_pattern(route.text("match")), route.text("via")});
  }
  return out;
}

Trust parse_trust(std::string_view text) {
  if (text == "dane") return Trust::dane;
  if (text == "authority") return Trust::authority;
  return text == "dialback" ? Trust::dialback : Trust::verify;
}

Result<void> read_peers(const Configuration& configuration, XmppSettings& out) {
  for (const Settings& peer : configuration.tables("peer")) {
    const std::string key = domain_key(peer.name);
    if (key.empty()) continue;
    if (peer.has("xmpp_trust")) out.peer_trust[key] = parse_trust(peer.text("xmpp_trust"));
    if (peer.text_or("state", {}) == "blocked") out.peer_blocked.insert(key);
    if (peer.has("fingerprints") && !peer.list("fingerprints").empty())
      out.peer_pinned.insert(key);
    if (peer.has("xmpp_bytes_per_second_max"))
      out.peer_bytes_per_second[key] = peer.integer("xmpp_bytes_per_second_max");
    if (peer.text_or("xmpp_when_down", "store") == "bounce") out.peer_bounce.insert(key);
  }
  return {};
}

}  // namespace

std::span<const OptionTable> option_tables() { return tables; }
std::span<const Option> peer_options() { return peer_option_table; }

Home XmppSettings::home_of(std::string_view key) const {
  const auto component = components.find(key);
  if (component != components.end() && component->second.gateway_comes()) return Home::component;
  if (component != components.end()) return face_of(key) != nullptr ? Home::face : Home::node;
  if (std::find(hosts.begin(), hosts.end(), key) != hosts.end()) return Home::node;
  return face_of(key) == nullptr ? Home::none : Home::face;
}

const XmppSettings::Face* XmppSettings::face_of(std::string_view key) const {
  for (const Face& face : faces)
    if (domain_matches(face.match, key)) return &face;
  return nullptr;
}

std::int64_t XmppSettings::bytes_per_second_of(std::string_view peer_key) const {
  const auto found = peer_bytes_per_second.find(peer_key);
  return found == peer_bytes_per_second.end() ? bytes_per_second_max : found->second;
}

bool XmppSettings::comes_from_behind(std::string_view address) const {
  return std::any_of(relay_from.begin(), relay_from.end(),
                     [&](const Network& one) { return contains(one, address); });
}

bool XmppSettings::is_behind(std::string_view key, std::string_view address) const {
  return home_of(key) == Home::face && comes_from_behind(address);
}

bool XmppSettings::is_ours(std::string_view key, std::string_view address) const {
  const Home home = home_of(key);
  if (home != Home::face) return home != Home::none;
  const Face* face = face_of(key);
  if (face == nullptr || comes_from_behind(address)) return false;
  const NextHop place = parse_next_hop(face->via);
  return place.kind == NextHop::Kind::address && comes_from_behind(place.name);
}

bool XmppSettings::has_still(const Component* component) const {
  if (component == nullptr) return true;
  const auto found = components.find(component->domain);
  if (found == components.end()) return false;
  const Component& now = found->second;
  return now.role == component->role && now.address == component->address &&
         now.gateway == component->gateway && now.secret.text() == component->secret.text();
}

// xmpp 3.5: a pin stands above all the rest.
Trust XmppSettings::trust_of(std::string_view peer_key) const {
  if (peer_pinned.contains(peer_key)) return Trust::pin;
  const auto found = peer_trust.find(peer_key);
  return found == peer_trust.end() ? trust : found->second;
}

bool XmppSettings::dials_back(std::string_view peer_key) const {
  const auto found = peer_trust.find(peer_key);
  return (found == peer_trust.end() ? trust : found->second) == Trust::dialback;
}

Result<XmppSettings> read_settings(const Configuration& configuration, const NodeFacts& node) {
  const Settings& table = configuration.table("xmpp");
  XmppSettings out;
  out.node_domain = node.domain;
  for (const std::string& host : table.list("hosts")) {
    Result<std::string> key = read_domain("xmpp.hosts", host);
    if (!key) return key.error();
    out.hosts.push_back(*std::move(key));
  }
  for (const Settings& each : configuration.tables("component")) {
    Result<Component> component = read_component(each);
    if (!component) return component.error();
    out.components[component->domain] = *component;
  }
  out.faces = read_faces(configuration);
  for (const std::string& text : table.list("relay_from")) {
    const Result<Network> network = parse_network(text);
    if (!network) return problem("xmpp.relay_from", network.error().what);
    out.relay_from.push_back(*network);
  }
  if (Result<void> peers = read_peers(configuration, out); !peers) return peers.error();
  out.trust = parse_trust(table.text("trust"));
  out.dialback_secret = node.secret;
  if (table.has("dialback_secret")) out.dialback_secret = table.text("dialback_secret");
  out.dialback_secret_before = table.text_or("dialback_secret_before", {});
  out.node_secret = node.secret;
  out.bytes_per_second_max = table.integer("bytes_per_second_max");
  out.legacy_cn = table.boolean("legacy_cn");
  out.name = table.text("name");
  out.tell_system = table.boolean("tell_system");
  out.may_be_named = table.boolean("may_be_named");
  if (table.boolean("name_peers")) out.public_peers = std::make_shared<PublicPeers>();
  out.abuse_addresses = table.list("abuse_addresses");
  out.admin_addresses = table.list("admin_addresses");
  out.security_addresses = table.list("security_addresses");
  out.sources = std::make_shared<SourceBounds>(node.secret);
  out.clock = node.clock;
  if (node.clock != nullptr) out.started = node.clock->utc();
  out.before_trust = limits_before_trust();
  out.after_trust = limits_after_trust(static_cast<std::size_t>(table.integer("stanza_bytes_max")));
  out.negotiation_max = table.duration("negotiation_timeout");
  out.features_wait_max = table.duration("features_timeout");
  out.answer_wait_max = table.duration("answer_timeout");
  out.idle_ping_after = table.duration("ping_after");
  out.idle_close_after = table.duration("idle_close");
  out.dial.loopback_addresses = table.boolean("loopback_addresses");
  const Settings& listen = configuration.table("listen.xmpp");
  if (listen.has("addr")) out.dial.own_endpoints = listen.list("addr");
  out.dial.own_addresses = node.addresses;
  out.dial.ipv6 = may_use_ipv6(out.dial);
  if (table.durations("retry").empty()) return problem("xmpp.retry", "needs at least one wait");
  return out;
}

}  // namespace hanse::xmpp
