// SPDX-License-Identifier: Apache-2.0
#include "protocols/smtp/settings.h"

#include <algorithm>

namespace hanse::smtp {

namespace {

constexpr std::int64_t hour_seconds = 3600;
constexpr std::int64_t size_least = 64 * 1024;               // D-8
constexpr std::int64_t size_most = 4ll * 1024 * 1024 * 1024;

constexpr Option smtp_options[] = {
    // Whom we take mail from and for; read by the core.
    {.key = "hosts", .type = OptionType::text_list, .fallback = "[]",
     .help = "Domains this node accepts mail for. Each needs a way on: a [[route]] or an MX."},
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
    {.key = "line_endings", .type = OptionType::choice, .fallback = "\"reject\"",
     .help = "What to do with a bare CR, a bare LF or a NUL in a message: refuse it, or make "
             "line ends of the first two and drop the last.",
     .choices = "reject|normalize"},
    {.key = "long_lines", .type = OptionType::choice, .fallback = "\"reject\"",
     .help = "What to do with text lines over 998 octets; accept takes them up to 64 KiB.",
     .choices = "reject|accept"},

    // Checks of the sending side.
    {.key = "check_sender_domain", .type = OptionType::boolean, .fallback = "true",
     .help = "Refuse senders whose domain does not exist or says that it takes no mail. Not "
             "asked for mail from relay_from and from configured peers."},
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
};

constexpr Option listen_options[] = {
    {.key = "addr", .type = OptionType::text_list,
     .help = "Where to listen, e.g. [\"[::]:25\", \"0.0.0.0:25\"]; absent: nowhere.",
     .applies = Applies::restart},
    {.key = "tls_addr", .type = OptionType::text_list,
     .help = "Where to listen for connections that begin with TLS; absent: nowhere.",
     .applies = Applies::restart},
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
  in.normalize_line_endings = table.text("line_endings") == "normalize";
  in.accept_long_lines = table.text("long_lines") == "accept";
  in.check_sender_domain = table.boolean("check_sender_domain");
  in.reverse_names = table.boolean("reverse_names");
  in.relay_to_literals = table.boolean("relay_to_literals");
  in.refuse_all = table.boolean("refuse_all");
  in.greet_delay = table.duration("greet_delay");
  in.command_wait = table.duration("command_wait");
  in.data_wait = table.duration("data_wait");
  in.session_age_max = table.duration("session_age_max");
  in.session_messages_max = static_cast<std::size_t>(table.integer("session_messages_max"));
  return in;
}

}  // namespace

std::span<const OptionTable> option_tables() { return tables; }

Result<SmtpSettings> read_settings(const Configuration& configuration, const NodeFacts& node) {
  Result<InboundSettings> in = read_inbound(configuration.table("smtp"), node);
  if (!in) return in.error();
  return SmtpSettings{node, std::move(in).value()};
}

}  // namespace hanse::smtp
