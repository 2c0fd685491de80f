// SPDX-License-Identifier: Apache-2.0
#include "protocols/irc/settings.h"

#include <algorithm>

#include "protocols/irc/limits.h"
#include "protocols/irc/origin_mark.h"
#include "protocols/irc/settings_read.h"
#include "server/base/text.h"

namespace hanse::irc {
namespace {

constexpr std::int64_t day_seconds = 24 * 3600;

constexpr Option irc_options[] = {
    {.key = "name", .type = OptionType::text, .fallback = {},
     .help = "Our server name on every network that says nothing else; absent: [node] domain.",
     .applies = Applies::restart},
    {.key = "sid", .type = OptionType::text, .fallback = {},
     .help = "Our server id, a digit and two of A-Z and 0-9, free on every network: \"9RL\".",
     .applies = Applies::restart},
    {.key = "sid_range", .type = OptionType::text, .fallback = {},
     .help = "Ids for the servers that people of other networks are behind, the last sign open: "
             "\"9R?\".",
     .applies = Applies::restart},
    {.key = "description", .type = OptionType::text, .fallback = "\"relay node\"",
     .help = "What /LINKS says of us.", .applies = Applies::restart},
    {.key = "handshake_timeout", .type = OptionType::duration, .fallback = "\"20s\"",
     .help = "How long a server may take until it is linked.", .applies = Applies::restart,
     .least = 5, .most = 300},
    {.key = "burst_timeout", .type = OptionType::duration, .fallback = "\"120s\"",
     .help = "How long a server may be silent while it tells what it knows.",
     .applies = Applies::restart, .least = 10, .most = 3600},
    {.key = "ping_after", .type = OptionType::duration, .fallback = "\"90s\"",
     .help = "A server that was silent so long is asked whether it is there; twice in vain ends "
             "the link.",
     .applies = Applies::restart, .least = 5, .most = day_seconds},
    {.key = "clock_skew", .type = OptionType::duration, .fallback = "\"60s\"",
     .help = "A server whose clock differs by more is refused.", .applies = Applies::restart,
     .least = 1, .most = 300},
    {.key = "line_max", .type = OptionType::bytes, .fallback = "\"16KiB\"",
     .help = "The longest line that is read of a server, without its tags; one that is longer ends "
             "the link.",
     .applies = Applies::restart, .least = 512, .most = 1024 * 1024},
    {.key = "lines_per_second", .type = OptionType::integer, .fallback = "0",
     .help = "How many lines are read of a linked server in a second; what is beyond waits on its "
             "side. 0: as many as it sends.",
     .applies = Applies::restart, .least = 0, .most = 10'000'000},
    {.key = "late", .type = OptionType::duration, .fallback = "\"6h\"",
     .help = "How long what is said in a junction waits for a network whose link is down; it is "
             "told there as late. 0s: not at all.",
     .applies = Applies::restart, .least = 0, .most = 30 * day_seconds},
    {.key = "late_lines", .type = OptionType::integer, .fallback = "20",
     .help = "How many late lines of a channel are told, the last ones; of those before them only "
             "how many there were.",
     .applies = Applies::restart, .least = 1, .most = 100},
    {.key = "retry", .type = OptionType::duration_list,
     .fallback = "[\"5s\", \"10s\", \"30s\", \"1m\", \"2m\", \"5m\", \"10m\"]",
     .help = "Waits after the first, second ... attempt in vain to link; the last repeats.",
     .applies = Applies::restart, .least = 1, .most = day_seconds},
    {.key = "retry_refused", .type = OptionType::duration, .fallback = "\"10m\"",
     .help = "The least wait after a refusal that stays until somebody changes a configuration: a "
             "wrong password, another name, another protocol. A reload, or link retry, tries at "
             "once.",
     .applies = Applies::restart, .least = 1, .most = day_seconds},
};

constexpr Option listen_options[] = {
    {.key = "addr", .type = OptionType::text_list,
     .help = "Where servers link in plain text, e.g. [\"127.0.0.1:7000\"]. Absent: nowhere.",
     .applies = Applies::restart},
    {.key = "tls_addr", .type = OptionType::text_list,
     .help = "Where servers link by TLS from the first octet, e.g. [\"[::]:7001\"].",
     .applies = Applies::restart},
};

constexpr Option network_options[] = {
    {.key = "dialect", .type = OptionType::choice, .fallback = "\"auto\"",
     .help = "The other server's software; auto: by its first lines, so it must connect to us.",
     .applies = Applies::restart, .choices = "inspircd|solanum|hybrid|ngircd|irc2|auto"},
    {.key = "peer", .type = OptionType::text, .fallback = {},
     .help = "The other server's own name.", .applies = Applies::restart, .required = true},
    {.key = "addr", .type = OptionType::text_list, .fallback = {},
     .help = "Where it is, an IP address and a port: \"192.0.2.7:7001\"; of several, the best "
             "first, the next is tried when one fails. Absent: it connects to us, at [listen.irc].",
     .applies = Applies::restart},
    {.key = "tls", .type = OptionType::choice, .fallback = "\"verify\"",
     .help = "off (within one machine only), verify (a certificate valid for its name), or pin "
             "(the certificate of `fingerprint`).",
     .applies = Applies::restart, .choices = "off|verify|pin"},
    {.key = "fingerprint", .type = OptionType::text, .fallback = {},
     .help = "SHA-256 of its certificate, in hex.", .applies = Applies::restart},
    {.key = "send_password", .type = OptionType::secret, .fallback = {},
     .help = "What we say to it.", .applies = Applies::restart, .required = true},
    {.key = "receive_password", .type = OptionType::secret, .fallback = {},
     .help = "What it must say to us.", .applies = Applies::restart, .required = true},
    {.key = "autoconnect", .type = OptionType::boolean, .fallback = "false",
     .help = "Link to it and keep linked; needs `addr`.", .applies = Applies::restart},
    {.key = "name", .type = OptionType::text, .fallback = {},
     .help = "Our server name on this network; absent: [irc] name.", .applies = Applies::restart},
    {.key = "sid", .type = OptionType::text, .fallback = {},
     .help = "Our server id on this network; absent: [irc] sid.", .applies = Applies::restart},
    {.key = "lines_per_second", .type = OptionType::integer, .fallback = {},
     .help = "How many lines are read of this server in a second; absent: [irc] lines_per_second.",
     .applies = Applies::restart, .least = 0, .most = 10'000'000},
    {.key = "late", .type = OptionType::duration, .fallback = {},
     .help = "How long what is said in a junction waits for this network; absent: [irc] late.",
     .applies = Applies::restart, .least = 0, .most = 30 * day_seconds},
};

constexpr Option junction_options[] = {
    {.key = "members", .type = OptionType::text_list, .fallback = {},
     .help = "The channels that are one, each as irc:CHANNEL%NETWORK: "
             "[\"irc:#dev%home\", \"irc:#dev%libera\"].",
     .applies = Applies::restart, .required = true},
    {.key = "owner", .type = OptionType::text, .fallback = {},
     .help = "The network whose people decide; what others change stays with them and is undone "
             "there once. Absent: whoever may at home may everywhere.",
     .applies = Applies::restart},
    {.key = "grants", .type = OptionType::text_list, .fallback = {},
     .help = "What others than the owner may change, each as WHAT%NETWORK: topic, kick, modes, "
             "ranks, bans or all; [\"topic%libera\"].",
     .applies = Applies::restart},
};

constexpr OptionTable tables[] = {
    {.name = "irc", .shape = TableShape::single, .help = "Linking of IRC servers.",
     .options = irc_options},
    {.name = "listen.irc", .shape = TableShape::single, .help = "Where IRC servers link to us.",
     .options = listen_options},
    {.name = "irc.network", .shape = TableShape::keyed,
     .help = "An IRC network, by the name we give it: the one server of it that we link to.",
     .options = network_options},
    {.name = "junction", .shape = TableShape::keyed,
     .help = "Channels of several networks that are one.", .options = junction_options},
};

bool is_sid_sign(char sign) { return (sign >= '0' && sign <= '9') || (sign >= 'A' && sign <= 'Z'); }

bool is_sid(std::string_view text) {
  return text.size() == 3 && text[0] >= '0' && text[0] <= '9' && is_sid_sign(text[1]) &&
         is_sid_sign(text[2]);
}

// Whatever dialect: a dot somewhere, and nothing that could be taken for something else.
bool is_server_name(std::string_view text) {
  constexpr std::string_view signs =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
  return !text.empty() && text.size() <= limits::server_name_bytes_max &&
         text.find('.') != std::string_view::npos && text.front() != '.' && text.front() != '-' &&
         text.find_first_not_of(signs) == std::string_view::npos;
}

bool is_network_name(std::string_view text) {
  return !text.empty() && text.size() <= limits::network_name_bytes_max && text.front() != '-' &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
}

DialectKind read_dialect(std::string_view text) {
  if (text == "inspircd") return DialectKind::inspircd;
  if (text == "solanum") return DialectKind::solanum;
  if (text == "hybrid") return DialectKind::hybrid;
  if (text == "ngircd") return DialectKind::ngircd;
  if (text == "irc2") return DialectKind::irc2;
  return DialectKind::automatic;
}

Result<NetworkSettings::Place> read_place(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  std::string_view host = std::string_view(text).substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const Result<std::int64_t> port = colon == std::string::npos
                                        ? Result<std::int64_t>(Error{Fault::never, {}})
                                        : parse_integer(std::string_view(text).substr(colon + 1));
  if (!is_ip_address(host) || !port || *port < 1 || *port > 65535)
    return Error{Fault::never, "expected an IP address and a port: " + escape_text(text)};
  return NetworkSettings::Place{std::string(host), static_cast<std::uint16_t>(*port)};
}

Result<void> read_places(const std::vector<std::string>& texts, NetworkSettings& out) {
  if (texts.empty() || texts.size() > limits::places_max)
    return Error{Fault::never,
                 "expected 1 to " + std::to_string(limits::places_max) + " addresses"};
  for (const std::string& text : texts) {
    Result<NetworkSettings::Place> place = read_place(text);
    if (!place) return place.error();
    if (std::ranges::find(out.places, *place) != out.places.end())
      return Error{Fault::never, "twice: " + escape_text(text)};
    out.places.push_back(*std::move(place));
  }
  return {};
}

std::string read_fingerprint(std::string_view text) {   // irc 8
  if (starts_with_case(text, "sha256:")) text.remove_prefix(7);
  std::string out = lower_ascii(text);
  std::erase(out, ':');
  const bool digits = out.find_first_not_of("0123456789abcdef") == std::string::npos;
  return out.size() == 64 && digits ? out : std::string();
}

Result<NetworkSettings> read_network(const Settings& table, const Settings& irc,
                                     const NodeFacts& node) {
  const std::string where = "irc.network." + escape_text(table.name);
  NetworkSettings out;
  out.name = table.name;
  if (!is_network_name(out.name)) return problem("irc.network", out.name, "a-z, 0-9 and -, at "
                                                 "most 16 of them: people carry it in their nick");
  out.dialect = read_dialect(table.text("dialect"));
  out.own_name = table.text_or("name", irc.text_or("name", node.domain));
  out.sid = table.text_or("sid", irc.text_or("sid", {}));
  out.description = cut_utf8(irc.text("description"),
                             limits::description_bytes_max - node_mark.size());
  out.description += node_mark;
  const Duration late = table.has("late") ? table.duration("late") : irc.duration("late");
  out.lines_per_second = static_cast<std::uint64_t>(
      table.has("lines_per_second") ? table.integer("lines_per_second")
                                    : irc.integer("lines_per_second"));
  out.late_seconds = std::chrono::duration_cast<std::chrono::seconds>(late).count();
  out.peer = table.text("peer");
  if (!is_server_name(out.own_name)) return problem(where, "name", "no server name");
  if (!is_server_name(out.peer)) return problem(where, "peer", "no server name");
  if (equal_ascii_case(out.peer, out.own_name))
    return problem(where, "peer", "is our own name there; whom is this link with?");
  if (!is_sid(out.sid)) return problem(where, "sid", "expected a digit and two of A-Z and 0-9");
  if (table.has("addr")) {
    if (Result<void> read = read_places(table.list("addr"), out); !read)
      return problem(where, "addr", read.error().what);
    if (out.dialect == DialectKind::automatic)
      return problem(where, "dialect", "whoever calls must know what to speak");
  }
  const std::string& tls = table.text("tls");
  out.tls = tls == "off" ? LinkTls::off : tls == "pin" ? LinkTls::pin : LinkTls::verify;
  out.fingerprint = read_fingerprint(table.text_or("fingerprint", {}));
  const auto is_near = [](const NetworkSettings::Place& one) { return is_loopback(one.address); };
  if (out.tls == LinkTls::off && !std::ranges::all_of(out.places, is_near))
    return problem(where, "tls", "off is for one machine alone: its password would be read");
  if (out.tls == LinkTls::pin && out.fingerprint.empty())
    return problem(where, "fingerprint", "not a SHA-256 fingerprint in hex");
  out.send_password = std::string(trim(table.text("send_password")));
  out.receive_password = std::string(trim(table.text("receive_password")));
  for (const Secret* password : {&out.send_password, &out.receive_password}) {
    const std::string& text = password->text();
    if (text.empty() || text.front() == ':' ||
        std::ranges::any_of(text, [](char one) { return one <= ' ' || one == 0x7f; }))
      return problem(where, "send_password, receive_password",
                     "one word that does not begin with a colon");
  }
  out.autoconnect = table.boolean("autoconnect");
  if (out.autoconnect && out.places.empty())
    return problem(where, "autoconnect", "needs addr");
  return out;
}

// Everywhere the same: the people of the third network are behind the third id of the range.
// The digits of the range are left for networks that are further away.
Result<void> give_pseudo_servers(const Settings& irc, IrcSettings& all) {
  std::vector<NetworkSettings>& networks = all.networks;
  const std::string range = irc.text_or("sid_range", {});
  if (networks.size() < 2) return {};
  if (range.size() != 3 || range[2] != '?' || !is_sid(range.substr(0, 2) + "0"))
    return problem("irc", "sid_range", "expected a digit, one of A-Z and 0-9, and a question mark");
  const auto taken = [&](char last) {
    const std::string sid = range.substr(0, 2) + last;
    return std::ranges::any_of(networks, [&](const auto& each) { return each.sid == sid; });
  };
  for (char last = '0'; last <= '9'; ++last) {
    if (!taken(last)) all.further_sids.push_back(range.substr(0, 2) + last);
  }
  char sign = 'A';
  for (NetworkSettings& one : networks) {
    while (sign <= 'Z' && taken(sign)) ++sign;
    if (sign > 'Z') return problem("irc", "sid_range", "too many networks for it");
    one.pseudo_sid = range.substr(0, 2) + sign++;
    one.pseudo_name = one.name + "." + one.own_name;
  }
  return {};
}

}  // namespace

bool is_loopback(std::string_view address) {
  for (const std::string_view network : {"127.0.0.0/8", "::1/128"}) {
    if (contains(*parse_network(network), address)) return true;
  }
  return false;
}

std::string to_text(const NetworkSettings::Place& place) {
  const bool v6 = place.address.find(':') != std::string::npos;
  return (v6 ? "[" + place.address + "]" : place.address) + ":" + std::to_string(place.port);
}

std::span<const OptionTable> option_tables() { return tables; }

const NetworkSettings* IrcSettings::network(std::string_view name) const {
  const auto found = std::ranges::find(networks, name, &NetworkSettings::name);
  return found == networks.end() ? nullptr : &*found;
}

const NetworkSettings* IrcSettings::network_of_peer(std::string_view server_name) const {
  const auto found = std::ranges::find_if(networks, [server_name](const NetworkSettings& one) {
    return equal_ascii_case(one.peer, server_name);
  });
  return found == networks.end() ? nullptr : &*found;
}

Result<IrcSettings> read_settings(const Configuration& configuration, const NodeFacts& node) {
  const Settings& irc = configuration.table("irc");
  IrcSettings out;
  out.clock = node.clock;
  out.handshake_wait = irc.duration("handshake_timeout");
  out.burst_wait = irc.duration("burst_timeout");
  out.ping_after = irc.duration("ping_after");
  out.clock_skew_seconds_max =
      std::chrono::duration_cast<std::chrono::seconds>(irc.duration("clock_skew")).count();
  out.late_lines_max = static_cast<std::size_t>(irc.integer("late_lines"));
  out.line_bytes_max = static_cast<std::size_t>(irc.integer("line_max"));
  const Settings none;
  const Settings& listen =
      configuration.has("listen.irc") ? configuration.table("listen.irc") : none;
  for (const auto& [key, first] : {std::pair{"addr", &out.plain_listen},
                                   std::pair{"tls_addr", &out.tls_listen}}) {
    if (listen.has(key) && !listen.list(key).empty()) *first = listen.list(key).front();
  }
  if (irc.durations("retry").empty()) return problem("irc", "retry", "needs at least one wait");
  for (const Settings& table : configuration.tables("irc.network")) {
    Result<NetworkSettings> network = read_network(table, irc, node);
    if (!network) return network.error();
    if (network->places.empty() && out.plain_listen.empty() && out.tls_listen.empty())
      return problem("irc.network." + network->name, "addr",
                     "absent, so that it connects to us: that needs [listen.irc] with addr or "
                     "tls_addr");
    if (out.network_of_peer(network->peer) != nullptr)
      return problem("irc.network." + network->name, "peer", "is that of another network too");
    out.networks.push_back(*std::move(network));
  }
  if (Result<void> given = give_pseudo_servers(irc, out); !given) return given.error();
  if (Result<void> read = read_junctions(configuration, out); !read) return read.error();
  return out;
}

}  // namespace hanse::irc
