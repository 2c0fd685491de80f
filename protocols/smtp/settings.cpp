// SPDX-License-Identifier: Apache-2.0
#include "protocols/smtp/settings.h"

#include <algorithm>

#include "federation/next_hop.h"
#include "federation/routes.h"
#include "protocols/smtp/address.h"
#include "server/base/text.h"

namespace hanse::smtp {

namespace {

constexpr std::int64_t hour_seconds = 3600;
constexpr std::int64_t size_least = 64 * 1024;               // D-8
constexpr std::int64_t size_most = 4ll * 1024 * 1024 * 1024;

constexpr std::int64_t day_seconds = 24 * hour_seconds;

constexpr Option smtp_options[] = {
    // Whom we take mail from and for; read by the core.
    {.key = "hosts", .type = OptionType::text_list, .fallback = "[]",
     .help = "Domains this node accepts mail for. Each needs a [[route]] of its own that says "
             "where it lives: its MX leads here."},
    {.key = "relay_from", .type = OptionType::text_list, .fallback = "[]",
     .help = "Networks that may relay to anywhere, e.g. 127.0.0.0/8. Empty: nobody may."},
    {.key = "unknown_peers", .type = OptionType::choice, .fallback = {},
     .help = "What a peer without a [peer] table may do; absent: as in [policy].",
     .choices = "reject|probation|open"},

    // What a message may be.
    {.key = "size_max", .type = OptionType::bytes, .fallback = "\"50MiB\"",
     .help = "Largest message that is accepted, in octets; announced as SIZE.",
     .least = size_least, .most = size_most},
    {.key = "recipients_max", .type = OptionType::integer, .fallback = "1000",
     .help = "Recipients of one transaction.", .least = 100, .most = 1000},
    {.key = "hops_max", .type = OptionType::integer, .fallback = "100",
     .help = "A message with this many Received fields is taken for a loop.",
     .least = 50, .most = 1000},
    {.key = "header_field_max", .type = OptionType::bytes, .fallback = "\"64KiB\"",
     .help = "Longest header field, in octets, with its continuation lines.",
     .least = 1024, .most = 102'400},
    {.key = "line_endings", .type = OptionType::choice, .fallback = "\"reject\"",
     .help = "What to do with a bare CR, a bare LF or a NUL in a message: refuse it, or make "
             "line ends of the first two and drop the last. A peer's table may say otherwise.",
     .choices = "reject|normalize"},
    {.key = "long_lines", .type = OptionType::choice, .fallback = "\"reject\"",
     .help = "What to do with text lines over 998 octets; accept takes them up to 64 KiB.",
     .choices = "reject|accept"},

    // Checks of the sending side.
    {.key = "check_sender_domain", .type = OptionType::boolean, .fallback = "true",
     .help = "Refuse senders whose domain does not exist or says that it takes no mail. Not "
             "asked for mail from relay_from and from configured peers."},
    {.key = "check_recipient_domain", .type = OptionType::boolean, .fallback = "true",
     .help = "Refuse recipients whose domain says that it takes no mail (null MX), when no route "
             "names the next hop. A lookup that takes longer than 5 s is not waited for."},
    {.key = "reverse_names", .type = OptionType::boolean, .fallback = "true",
     .help = "Look up the name of the connecting address for the trace field; never waits for it."},
    {.key = "relay_to_literals", .type = OptionType::boolean, .fallback = "false",
     .help = "Accept recipients at an address literal, user@[192.0.2.1]."},
    {.key = "refuse_all", .type = OptionType::boolean, .fallback = "false",
     .help = "Greet with 521: this host takes no mail."},
    {.key = "greet_delay", .type = OptionType::duration, .fallback = "\"0s\"",
     .help = "Unknown peers wait this long for the greeting, and are refused when they talk "
             "before it. 0: no wait.",
     .least = 0, .most = 6},

    // Patience with incoming sessions.
    {.key = "command_wait", .type = OptionType::duration, .fallback = "\"300s\"",
     .help = "How long a session may be silent between commands.",
     .least = 10, .most = hour_seconds},
    {.key = "data_wait", .type = OptionType::duration, .fallback = "\"180s\"",
     .help = "How long a session may be silent within a message.",
     .least = 10, .most = hour_seconds},
    {.key = "session_age_max", .type = OptionType::duration, .fallback = "\"1h\"",
     .help = "An older session ends after its current message.",
     .least = 60, .most = 24 * hour_seconds},
    {.key = "session_messages_max", .type = OptionType::integer, .fallback = "1000",
     .help = "A session ends after this many messages.", .least = 1, .most = 1000000},
    {.key = "errors_max", .type = OptionType::integer, .fallback = "10",
     .help = "A session ends with its so many-th error of syntax or sequence.",
     .least = 1, .most = 1000},
    {.key = "octets_per_second_min", .type = OptionType::bytes, .fallback = "\"1KiB\"",
     .help = "A message that comes slower than this, on the average and after 60 s, is not waited "
             "for.",
     .least = 1, .most = 1024 * 1024},

    // Sending: who we say we are, and whom we dial.
    {.key = "helo_name",
     .help = "Name given in EHLO; it should resolve to the address we send from and back, or many "
             "servers refuse us. A node that listens beyond loopback looks at the start and warns "
             "(dns.name_unproven). Absent: the node's domain."},
    {.key = "port", .type = OptionType::integer, .fallback = "25",
     .help = "Port of hosts found by DNS. Other than 25 only for closed networks and tests.",
     .least = 1, .most = 65535},
    {.key = "ipv6", .type = OptionType::boolean, .fallback = "true",
     .help = "Dial IPv6 addresses found by DNS. Where this machine has no global one they are "
             "passed over in any case; that is looked up at the start and at a reload."},
    {.key = "private_addresses", .type = OptionType::boolean, .fallback = "true",
     .help = "Dial private addresses (10.0.0.0/8, fc00::/7 and such) found by DNS."},
    {.key = "loopback_addresses", .type = OptionType::boolean, .fallback = "false",
     .help = "Dial loopback addresses found by DNS; for demonstrations and tests."},

    // Sending: how much at once.
    {.key = "connections_first", .type = OptionType::integer, .fallback = "2",
     .help = "Connections to a destination at first; more with each success.",
     .least = 1, .most = 1000},
    {.key = "connections_max", .type = OptionType::integer, .fallback = "20",
     .help = "Connections to one destination on one shard.", .least = 1, .most = 1000},
    {.key = "messages_per_connection", .type = OptionType::integer, .fallback = "1000",
     .help = "A connection is replaced after this many messages.", .least = 1, .most = 1000000},
    {.key = "connection_age_max", .type = OptionType::duration, .fallback = "\"10m\"",
     .help = "An older connection is replaced.", .least = 10, .most = day_seconds},
    {.key = "idle_keep", .type = OptionType::duration, .fallback = "\"30s\"",
     .help = "How long a connection is kept for the next message.", .least = 0, .most = 60},
    {.key = "pipeline_messages", .type = OptionType::boolean, .fallback = "true",
     .help = "Give a server that takes pipelining the next message's envelope along with the "
             "content of the one before. Turn off for servers that lose their way then."},
    {.key = "recipients_per_transaction", .type = OptionType::integer, .fallback = "50",
     .help = "Recipients of one message sent in one transaction.", .least = 1, .most = 1000},
    {.key = "try_next", .type = OptionType::boolean, .fallback = "false",
     .help = "Give what a server does not take for now (4xx to MAIL, RCPT or DATA) to the next one "
             "of the destination at once, if there is one. A server that has taken another message "
             "on the same connection is believed: the message waits for its next attempt."},

    // Sending: how often, how long.
    {.key = "retry", .type = OptionType::duration_list,
     .fallback = "[\"5m\", \"10m\", \"20m\", \"40m\", \"4000s\"]",
     .help = "Waits after the first, second ... attempt; the last one repeats.",
     .least = 1, .most = 7 * day_seconds},
    {.key = "retry_slow", .type = OptionType::duration_list,
     .fallback = "[\"30m\", \"1h\", \"4000s\"]",
     .help = "The same for destinations of peers with slow = true, and how long such a destination "
             "is left alone after each failed attempt.",
     .least = 1, .most = 7 * day_seconds},
    {.key = "retry_jitter", .type = OptionType::integer, .fallback = "10",
     .help = "Each wait is longer or shorter by up to this many percent.",
     .least = 0, .most = 50},
    {.key = "lifetime", .type = OptionType::duration, .fallback = "\"5d\"",
     .help = "A message that could not be delivered for so long goes back to its sender.",
     .least = 60, .most = 30 * day_seconds},
    {.key = "report_lifetime", .type = OptionType::duration, .fallback = "\"2d\"",
     .help = "The same for messages without a sender; they are dropped.",
     .least = 60, .most = 30 * day_seconds},
    {.key = "startup_spread", .type = OptionType::duration, .fallback = "\"5m\"",
     .help = "After a start, waiting messages are tried spread over this time.",
     .least = 0, .most = day_seconds},
    {.key = "breaker_failures", .type = OptionType::integer, .fallback = "5",
     .help = "After so many failed attempts in a row a destination is only probed.",
     .least = 1, .most = 1000},
    {.key = "breaker_first", .type = OptionType::duration, .fallback = "\"1m\"",
     .help = "First wait of a failing destination; doubles each time.",
     .least = 1, .most = day_seconds},
    {.key = "breaker_last", .type = OptionType::duration, .fallback = "\"4h\"",
     .help = "Longest wait of a failing destination.", .least = 1, .most = 7 * day_seconds},
    {.key = "breaker_jitter", .type = OptionType::integer, .fallback = "20",
     .help = "These waits are longer or shorter by up to this many percent.",
     .least = 0, .most = 50},

    // Patience with the servers we send to.
    {.key = "rfc_timeouts", .type = OptionType::boolean, .fallback = "true",
     .help = "Never be less patient than RFC 5321 4.5.3.2 asks, whatever the waits below say."},
    {.key = "banner_timeout", .type = OptionType::duration, .fallback = "\"300s\"",
     .help = "Wait for the greeting.", .least = 1, .most = hour_seconds},
    {.key = "ehlo_timeout", .type = OptionType::duration, .fallback = "\"300s\"",
     .help = "Wait for the answer to EHLO or HELO.", .least = 1, .most = hour_seconds},
    {.key = "starttls_timeout", .type = OptionType::duration, .fallback = "\"300s\"",
     .help = "Wait for the answer to STARTTLS.", .least = 1, .most = hour_seconds},
    {.key = "mail_timeout", .type = OptionType::duration, .fallback = "\"300s\"",
     .help = "Wait for the answer to MAIL.", .least = 1, .most = hour_seconds},
    {.key = "rcpt_timeout", .type = OptionType::duration, .fallback = "\"300s\"",
     .help = "Wait for the answer to RCPT.", .least = 1, .most = hour_seconds},
    {.key = "data_timeout", .type = OptionType::duration, .fallback = "\"120s\"",
     .help = "Wait for the answer to DATA.", .least = 1, .most = hour_seconds},
    {.key = "block_timeout", .type = OptionType::duration, .fallback = "\"180s\"",
     .help = "Wait for the server to take a part of a message.",
     .least = 1, .most = hour_seconds},
    {.key = "end_timeout", .type = OptionType::duration, .fallback = "\"600s\"",
     .help = "Wait for the answer to a whole message.", .least = 1, .most = hour_seconds},
    {.key = "reset_timeout", .type = OptionType::duration, .fallback = "\"20s\"",
     .help = "Wait for the answer to RSET.", .least = 1, .most = hour_seconds},
};

constexpr Option listen_options[] = {
    {.key = "addr", .type = OptionType::text_list,
     .help = "Where to listen, e.g. [\"[::]:25\", \"0.0.0.0:25\"]; absent: nowhere.",
     .applies = Applies::restart},
    {.key = "tls_addr", .type = OptionType::text_list,
     .help = "Where to listen for connections that begin with TLS; absent: nowhere.",
     .applies = Applies::restart},
};

constexpr Option peer_keys[] = {
    {.key = "smtp_line_endings", .type = OptionType::choice,
     .help = "What to do with a bare CR, a bare LF or a NUL in a message of this peer: refuse "
             "it, or make line ends of the first two and drop the last. Absent: as [smtp] says.",
     .choices = "reject|normalize"},
    {.key = "smtp_from_policy", .type = OptionType::choice, .fallback = "\"reject\"",
     .help = "What to do with a message of this peer that has no From field or several: refuse "
             "it, or take it as it is and say so in a comment of our Received field and in the "
             "log (smtp.tagged).",
     .choices = "reject|tag"},
};

constexpr OptionTable tables[] = {
    {.name = "smtp", .shape = TableShape::single,
     .help = "Mail between servers. Nothing is relayed unless it is said here or in a [peer].",
     .options = smtp_options},
    {.name = "listen.smtp", .shape = TableShape::single,
     .help = "Where mail from other servers arrives.", .options = listen_options},
};

Result<std::vector<Network>> networks(const std::vector<std::string>& texts) {
  std::vector<Network> out;
  for (const std::string& text : texts) {
    Result<Network> network = parse_network(text);
    if (!network) return Error{Fault::never, "smtp.relay_from: " + network.error().what};
    out.push_back(*network);
  }
  return out;
}

bool has_way_on(const Configuration& configuration, const std::string& host) {
  const auto rules = configuration.lists.find("route");
  return rules != configuration.lists.end() &&
         std::any_of(rules->second.begin(), rules->second.end(), [&host](const Settings& rule) {
           const std::string pattern = plain_pattern(rule.text("match"));
           return rule.text_or("protocol", "smtp") == "smtp" && pattern != "*" &&
                  domain_matches(pattern, host);
         });
}

Error wrong_at(const Place& at, const std::string& what) {
  return {Fault::never, at.file + ":" + std::to_string(at.line) + ":" +
                            std::to_string(at.column) + ": " + what};
}

// Mail begins in plain text wherever it goes.
Result<void> find_tls_first(const Configuration& configuration) {
  const auto rules = configuration.lists.find("route");
  if (rules == configuration.lists.end()) return {};
  for (const Settings& rule : rules->second) {
    const bool ours = rule.text_or("protocol", "smtp") == "smtp";
    if (!ours || !parse_next_hop(rule.text("via")).tls_first) continue;
    return wrong_at(rule.entries.find("via")->second.place,
                    "route.via: mail has STARTTLS, and no TLS from the first octet on its way out; "
                    "take \"tls://\" away and say how far in tls, or name the protocol that this "
                    "route is for");
  }
  return {};
}

// Mail for a host without one would be refused, each and every, as if nobody lived there.
Result<void> find_ways_on(const Configuration& configuration) {
  const Settings& table = configuration.table("smtp");
  for (const std::string& text : table.list("hosts")) {
    const std::string host = plain_pattern(text);
    if (has_way_on(configuration, host)) continue;
    const Place& at = table.entries.find("hosts")->second.place;
    return wrong_at(at, "smtp.hosts: " + escape_text(host) + " needs a [[route]] of its own that " +
                            "says where it lives (match = \"" + escape_text(host) +
                            "\", via = \"HOST:PORT\"); its MX leads to this node");
  }
  return {};
}

// A bare <postmaster> means ours: the node itself when it accepts for its own name (S-6).
std::string postmaster_domain(const std::vector<std::string>& hosts, const std::string& node) {
  const bool own = std::any_of(hosts.begin(), hosts.end(), [&node](const std::string& host) {
    return equal_ascii_case(host, node);
  });
  return lower_ascii(own || hosts.empty() ? node : hosts.front());
}

Result<InboundSettings> read_inbound(const Settings& table, const NodeFacts& node) {
  Result<std::vector<Network>> relay_from = networks(table.list("relay_from"));
  if (!relay_from) return relay_from.error();
  InboundSettings in;
  in.postmaster_domain = postmaster_domain(table.list("hosts"), node.domain);
  in.relay_from = std::move(relay_from).value();
  in.size_max = static_cast<std::uint64_t>(table.integer("size_max"));
  in.recipients_max = static_cast<std::size_t>(table.integer("recipients_max"));
  in.hops_max = static_cast<std::size_t>(table.integer("hops_max"));
  in.header_field_max = static_cast<std::size_t>(table.integer("header_field_max"));
  in.content.normalize_line_endings = table.text("line_endings") == "normalize";
  in.accept_long_lines = table.text("long_lines") == "accept";
  in.check_sender_domain = table.boolean("check_sender_domain");
  in.check_recipient_domain = table.boolean("check_recipient_domain");
  in.reverse_names = table.boolean("reverse_names");
  in.relay_to_literals = table.boolean("relay_to_literals");
  in.refuse_all = table.boolean("refuse_all");
  in.greet_delay = table.duration("greet_delay");
  in.command_wait = table.duration("command_wait");
  in.data_wait = table.duration("data_wait");
  in.session_age_max = table.duration("session_age_max");
  in.session_messages_max = static_cast<std::size_t>(table.integer("session_messages_max"));
  in.errors_max = static_cast<std::size_t>(table.integer("errors_max"));
  in.octets_per_second_min = static_cast<std::uint64_t>(table.integer("octets_per_second_min"));
  return in;
}

// T-5: only where it may prove something; it costs clients their tickets.
bool knows_certificates(const Configuration& configuration) {
  const auto peers = configuration.lists.find("peer");
  return peers != configuration.lists.end() &&
         std::any_of(peers->second.begin(), peers->second.end(), [](const Settings& peer) {
           return peer.has("fingerprints") && !peer.list("fingerprints").empty();
         });
}

// By the domain in lower case, as trust names a peer.
std::map<std::string, ContentPolicy, std::less<>> read_peers(const Configuration& configuration,
                                                             const ContentPolicy& usual) {
  std::map<std::string, ContentPolicy, std::less<>> peers;
  const auto tables_of_peers = configuration.lists.find("peer");
  if (tables_of_peers == configuration.lists.end()) return peers;
  for (const Settings& table : tables_of_peers->second) {
    ContentPolicy policy = usual;
    if (table.has("smtp_line_endings"))
      policy.normalize_line_endings = table.text("smtp_line_endings") == "normalize";
    if (table.has("smtp_from_policy")) policy.tag_from = table.text("smtp_from_policy") == "tag";
    peers.emplace(lower_ascii(table.name), policy);
  }
  return peers;
}

Duration floored(const Settings& table, std::string_view key, Duration floor) {
  const Duration wait = table.duration(key);
  return table.boolean("rfc_timeouts") ? std::max(wait, floor) : wait;
}

std::vector<std::string> listen_endpoints(const Settings& listen) {
  return listen.has("addr") ? listen.list("addr") : std::vector<std::string>{};
}

Result<OutboundSettings> read_outbound(const Configuration& configuration,
                                       const NodeFacts& node) {
  const Settings& table = configuration.table("smtp");
  OutboundSettings out;
  out.helo_name = table.text_or("helo_name", node.domain);
  if (!is_greeting_name(out.helo_name))
    return Error{Fault::never, "smtp.helo_name: not a host name: " + out.helo_name};
  if (table.durations("retry").empty())
    return Error{Fault::never, "smtp.retry: needs at least one wait"};
  if (table.durations("retry_slow").empty())
    return Error{Fault::never, "smtp.retry_slow: needs at least one wait"};
  out.own_endpoints = listen_endpoints(configuration.table("listen.smtp"));
  out.own_addresses = node.addresses;
  out.port = static_cast<std::uint16_t>(table.integer("port"));
  out.private_addresses = table.boolean("private_addresses");
  out.loopback_addresses = table.boolean("loopback_addresses");
  out.ipv6 = table.boolean("ipv6") && may_use_ipv6(out);
  out.recipients_per_transaction =
      static_cast<std::size_t>(table.integer("recipients_per_transaction"));
  out.try_next = table.boolean("try_next");
  // RFC 5321 4.5.3.2.1 to 4.5.3.2.6; it names no wait for EHLO, STARTTLS and RSET.
  out.banner_wait = floored(table, "banner_timeout", std::chrono::minutes(5));
  out.ehlo_wait = table.duration("ehlo_timeout");
  out.starttls_wait = table.duration("starttls_timeout");
  out.mail_wait = floored(table, "mail_timeout", std::chrono::minutes(5));
  out.rcpt_wait = floored(table, "rcpt_timeout", std::chrono::minutes(5));
  out.data_wait = floored(table, "data_timeout", std::chrono::minutes(2));
  out.block_wait = floored(table, "block_timeout", std::chrono::minutes(3));
  out.end_wait = floored(table, "end_timeout", std::chrono::minutes(10));
  out.reset_wait = table.duration("reset_timeout");
  return out;
}

}  // namespace

std::span<const OptionTable> option_tables() { return tables; }
std::span<const Option> peer_options() { return peer_keys; }

const ContentPolicy& content_policy(const InboundSettings& in, std::string_view peer) {
  const auto found = in.peers.find(peer);
  return found == in.peers.end() ? in.content : found->second;
}

Result<SmtpSettings> read_settings(const Configuration& configuration, const NodeFacts& node) {
  if (Result<void> found = find_ways_on(configuration); !found) return found.error();
  if (Result<void> good = find_tls_first(configuration); !good) return good.error();
  Result<InboundSettings> in = read_inbound(configuration.table("smtp"), node);
  if (!in) return in.error();
  in->peers = read_peers(configuration, in->content);
  in->ask_certificate = knows_certificates(configuration);
  Result<OutboundSettings> out = read_outbound(configuration, node);
  if (!out) return out.error();
  return SmtpSettings{node, std::move(in).value(), std::move(out).value()};
}

}  // namespace hanse::smtp
