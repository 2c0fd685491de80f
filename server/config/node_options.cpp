// SPDX-License-Identifier: Apache-2.0
#include "server/config/node_options.h"

#include "server/base/network_address.h"
#include "server/base/quantity.h"
#include "server/base/text.h"
#include "server/config/load.h"

namespace hanse::config {
namespace {

constexpr Option node_table[] = {
    {.key = "domain", .type = OptionType::text, .fallback = "\"a.example\"",
     .help = "The name of this node; it is said in greetings and written into trace fields.",
     .applies = Applies::restart, .required = true},
    {.key = "data_dir", .type = OptionType::text, .fallback = "\"/var/lib/hanse\"",
     .help = "Folder of the queue. One node at a time may use it.",
     .applies = Applies::restart},
    {.key = "shards", .type = OptionType::integer, .fallback = "0",
     .help = "Network threads. 0: as many as the machine has cores.",
     .applies = Applies::restart, .least = 0, .most = node_shards_max},
    {.key = "core_dumps", .type = OptionType::boolean, .fallback = "false",
     .help = "Let the system write the memory of a crash to a file: it holds keys and messages.",
     .applies = Applies::restart},
};

constexpr Option control_table[] = {
    {.key = "socket", .type = OptionType::text, .fallback = "\"/run/hanse/control.sock\"",
     .help = "Unix socket the console talks to. At most 107 bytes long.",
     .applies = Applies::restart},
    {.key = "group", .type = OptionType::text, .fallback = "\"hanse\"",
     .help = "Members of this group may use the console, beside root and the node's own user.",
     .applies = Applies::restart},
};

constexpr Option dns_table[] = {
    {.key = "servers", .type = OptionType::text_list, .fallback = "[]",
     .help = "Resolvers as \"address:port\". Empty: those of resolv.conf."},
    {.key = "trust_ad", .type = OptionType::boolean, .fallback = "false",
     .help = "Believe the DNSSEC verdict (AD bit) of resolvers that are not on loopback."},
    {.key = "timeout", .type = OptionType::duration, .fallback = "\"3s\"",
     .help = "How long one try of one question may take.", .least = 1, .most = 60},
    {.key = "tries", .type = OptionType::integer, .fallback = "2",
     .help = "How often a question is asked before it counts as a temporary failure.",
     .least = 1, .most = 10},
};

constexpr Option tls_table[] = {
    {.key = "cert", .type = OptionType::text,
     .help = "PEM file of our certificate with its chain, the leaf first: \"file:PATH\". "
             "Shown when no [[certificate]] fits better. Without any certificate no TLS is offered "
             "to those who connect to us."},
    {.key = "key", .type = OptionType::secret,
     .help = "Private key of the certificate in PEM. A key file others can read is refused."},
    {.key = "ca", .type = OptionType::text, .fallback = "\"system\"",
     .help = "Whom to believe: \"system\" or a PEM file (\"file:PATH\")."},
    {.key = "min", .type = OptionType::choice, .fallback = "\"1.2\"",
     .help = "Lowest TLS version, in both directions.", .choices = "1.2|1.3"},
};

constexpr Option certificate_table[] = {
    {.key = "cert", .type = OptionType::text,
     .help = "PEM file of the certificate with its chain, the leaf first: \"file:PATH\".",
     .required = true},
    {.key = "key", .type = OptionType::secret,
     .help = "Its private key in PEM. A key file others can read is refused.",
     .required = true},
};

constexpr Option limits_table[] = {
    {.key = "connections_max", .type = OptionType::integer, .fallback = "0",
     .help = "Connections of the whole node. 0: 80 % of the files the process may open.",
     .least = 0, .most = 1'000'000},
    {.key = "connections_per_prefix_max", .type = OptionType::integer, .fallback = "20",
     .help = "Connections from one IPv4 address or one IPv6 /64. Networks that may relay "
             "are not counted, nor are streams whose peer has proved its name.",
     .least = 1, .most = 1'000'000},
    {.key = "connections_per_peer_max", .type = OptionType::integer, .fallback = "20",
     .help = "Incoming connections of one configured peer.", .least = 1, .most = 1'000'000},
    {.key = "connections_per_prefix_per_minute_max", .type = OptionType::integer,
     .fallback = "600",
     .help = "Connections opened within a minute from one IPv4 address or one IPv6 /64, those "
             "that were refused included. Networks that may relay are not counted. 0: no bound.",
     .least = 0, .most = 1'000'000},
    {.key = "connect_timeout", .type = OptionType::duration, .fallback = "\"30s\"",
     .help = "How long a peer's address may take to answer before the next one is tried.",
     .least = 1, .most = 600},
    {.key = "handshake_timeout", .type = OptionType::duration, .fallback = "\"30s\"",
     .help = "How long a TLS handshake may take.", .least = 1, .most = 600},
};

constexpr Option memory_table[] = {
    {.key = "soft", .type = OptionType::bytes, .fallback = "\"0\"",
     .help = "At this much resident memory the connections that hold the most are not read from "
             "until an eighth of it is free again. 0: 70 % of what the control group or the "
             "machine has.",
     .least = 0},
};

constexpr Option log_table[] = {
    {.key = "format", .type = OptionType::choice, .fallback = "\"json\"",
     .help = "One JSON object per line on standard error.", .choices = "json"},
    {.key = "level", .type = OptionType::choice, .fallback = "\"info\"",
     .help = "Events below this level are not written.",
     .choices = "debug|info|warning|error"},
    {.key = "privacy", .type = OptionType::choice, .fallback = "\"off\"",
     .help = "\"hash\" writes a hash in place of every address of a person.",
     .choices = "off|hash"},
};

constexpr Option metrics_table[] = {
    {.key = "addr", .type = OptionType::text, .fallback = "\"\"",
     .help = "Address of /livez, /readyz, /startupz and /metrics, such as \"127.0.0.1:9464\". "
             "Empty: none.",
     .applies = Applies::restart},
};

constexpr Option shutdown_table[] = {
    {.key = "grace", .type = OptionType::duration, .fallback = "\"30s\"",
     .help = "How long a drain may take before what is still open is cut.", .least = 0,
     .most = 3600},
};

constexpr OptionTable tables[] = {
    {"node", TableShape::single, "The node itself.", node_table},
    {"control", TableShape::single, "The console's way in.", control_table},
    {"dns", TableShape::single, "How names are looked up.", dns_table},
    {"tls", TableShape::single, "Our certificate, and whom we believe.", tls_table},
    {"certificate", TableShape::array,
     "A further certificate, for more domains. A peer is shown the one whose subject alternative "
     "names cover the domain it asks for: an exact name before a wildcard, which stands for one "
     "label, and of two that fit the first in the files. When none fits, it is the one of [tls], "
     "or the first here. A reload changes them for new connections; open ones stay as they are.",
     certificate_table},
    {"limits", TableShape::single, "Bounds of the node's connections.", limits_table},
    {"memory", TableShape::single, "The memory budget of the process.", memory_table},
    {"log", TableShape::single, "What is written about events.", log_table},
    {"metrics", TableShape::single, "Health checks and figures over HTTP.", metrics_table},
    {"shutdown", TableShape::single, "How the node ends.", shutdown_table},
};

// The unix socket address of Linux holds 108 bytes with the zero at the end.
constexpr std::size_t socket_path_bytes_max = 107;

class Reader {
 public:
  explicit Reader(const Configuration& configuration) : configuration_(configuration) {}

  NodeRead run() {
    read_node();
    read_dns();
    read_tls();
    read_certificates();
    read_limits();
    read_rest();
    return std::move(read_);
  }

 private:
  void problem(const Settings& table, std::string_view key, std::string what) {
    const auto entry = table.entries.find(key);
    const Place place = entry == table.entries.end() ? Place{} : entry->second.place;
    read_.problems.push_back({place, std::string(key) + ": " + std::move(what)});
  }

  void read_node() {
    const Settings& node = configuration_.table("node");
    NodeSettings& to = read_.settings;
    to.domain = lower_ascii(node.text("domain"));
    if (to.domain.empty() || to.domain.find_first_of(" @/:") != std::string::npos) {
      problem(node, "domain", "expected a domain name");
    }
    to.data_dir = node.text("data_dir");
    to.shards = static_cast<unsigned>(node.integer("shards"));
    to.core_dumps = node.boolean("core_dumps");
    const Settings& control = configuration_.table("control");
    to.control = {control.text("socket"), control.text("group")};
    if (to.control.socket.empty() || to.control.socket.size() > socket_path_bytes_max) {
      problem(control, "socket", "expected a path of 1 to 107 bytes");
    }
  }

  // An address, or one with a port.
  void check_place(const Settings& table, std::string_view key, const std::string& text,
                   bool port_needed) {
    if (text.starts_with("unix:")) return;
    const std::size_t colon = text.rfind(':');
    const bool bare = !port_needed && is_ip_address(text);
    if (bare) return;
    std::string_view host = std::string_view(text).substr(0, std::min(colon, text.size()));
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    const Result<std::int64_t> port = parse_integer(
        colon == std::string::npos ? std::string_view() : std::string_view(text).substr(colon + 1));
    if ((host.empty() || is_ip_address(host)) && port && *port >= 0 && *port <= 65535) return;
    problem(table, key, "expected an address with a port such as \"127.0.0.1:" +
                            std::string(port_needed ? "9464" : "53") + "\", got \"" +
                            escape_text(text) + "\"");
  }

  void check_listener(const Settings& table) {
    for (const std::string_view key : {"addr", "tls_addr"}) {
      if (!table.has(key)) continue;
      for (const std::string& text : table.list(key)) check_place(table, key, text, true);
    }
  }

  void read_dns() {
    const Settings& dns = configuration_.table("dns");
    read_.settings.dns = {dns.list("servers"), dns.boolean("trust_ad"), dns.duration("timeout"),
                          static_cast<unsigned>(dns.integer("tries"))};
    for (const std::string& server : read_.settings.dns.servers)
      check_place(dns, "servers", server, false);
  }

  void read_tls() {
    const Settings& tls = configuration_.table("tls");
    TlsOptions& to = read_.settings.tls;
    to.version_min = tls.text("min");
    to.ca = tls.text("ca");
    if (to.ca != "system") {
      const std::string folder = folder_of(tls.entries.find("ca")->second.place.file);
      if (Result<std::string> pem = read_pem(folder, to.ca); !pem) {
        problem(tls, "ca", pem.error().what);
      }
      to.ca = in_folder(folder, to.ca.starts_with("file:") ? to.ca.substr(5) : to.ca);
    }
    if (tls.has("cert") != tls.has("key")) {
      problem(tls, tls.has("cert") ? "cert" : "key", "cert and key need each other");
    } else if (tls.has("cert")) {
      const std::string folder = folder_of(tls.entries.find("cert")->second.place.file);
      Result<std::string> pem = read_pem(folder, tls.text("cert"));
      if (!pem) return problem(tls, "cert", pem.error().what);
      to.certificate_pem = *std::move(pem);
      to.key_pem = tls.text("key");
    }
  }

  void read_certificates() {
    for (const Settings& one : configuration_.tables("certificate")) {
      const std::string folder = folder_of(one.entries.find("cert")->second.place.file);
      Result<std::string> pem = read_pem(folder, one.text("cert"));
      if (!pem) {
        problem(one, "cert", pem.error().what);
        continue;
      }
      read_.settings.tls.further.push_back({*std::move(pem), one.text("key")});
    }
  }

  void read_limits() {
    const Settings& limits = configuration_.table("limits");
    read_.settings.limits = {
        static_cast<std::size_t>(limits.integer("connections_max")),
        static_cast<std::size_t>(limits.integer("connections_per_prefix_max")),
        static_cast<std::size_t>(limits.integer("connections_per_peer_max")),
        static_cast<std::size_t>(limits.integer("connections_per_prefix_per_minute_max")),
        limits.duration("connect_timeout"), limits.duration("handshake_timeout")};
  }

  void read_rest() {
    const Settings& log = configuration_.table("log");
    parse_level(log.text("level"), read_.settings.log.level);
    read_.settings.log.hash_addresses = log.text("privacy") == "hash";
    read_.settings.memory_soft =
        static_cast<std::size_t>(configuration_.table("memory").integer("soft"));
    const Settings& metrics = configuration_.table("metrics");
    read_.settings.metrics_address = metrics.text("addr");
    if (!read_.settings.metrics_address.empty())
      check_place(metrics, "addr", read_.settings.metrics_address, true);
    for (const auto& [name, table] : configuration_.singles)
      if (name.starts_with("listen.")) check_listener(table);
    read_.settings.shutdown_grace = configuration_.table("shutdown").duration("grace");
  }

  const Configuration& configuration_;
  NodeRead read_;
};

}  // namespace

std::span<const OptionTable> node_option_tables() { return tables; }

NodeRead read_node_settings(const Configuration& configuration) {
  return Reader(configuration).run();
}

}  // namespace hanse::config
