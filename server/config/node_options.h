// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/log.h"
#include "server/config/config.h"

namespace hanse::config {

constexpr std::string_view default_control_socket = "/run/hanse/control.sock";

struct ControlSettings {
  std::string socket;
  std::string group;
};

struct DnsOptions {
  std::vector<std::string> servers;   // empty: resolv.conf
  bool trust_ad = false;
  Duration timeout{0};
  unsigned tries = 0;
};

struct CertificateOptions {
  std::string certificate_pem;
  Secret key_pem;
};

struct TlsOptions {
  std::string certificate_pem;            // of [tls]: this and the key may be empty
  Secret key_pem;
  std::vector<CertificateOptions> further;   // of [[certificate]], in file order
  std::string ca;                         // "system" or the path of a PEM file
  std::string version_min;
};

struct LogOptions {
  Level level = Level::info;
  bool hash_addresses = false;
};

constexpr unsigned node_shards_max = 256;

struct LimitOptions {
  std::size_t connections_max = 0;        // 0: 80 % of the descriptors this process may open
  std::size_t connections_per_prefix_max = 0;
  std::size_t connections_per_peer_max = 0;
  std::size_t connections_per_prefix_per_minute_max = 0;   // 0: no bound
  Duration connect_timeout{0}, handshake_timeout{0};
};

// What belongs to the node itself and to no room: the tables [node], [control], [dns], [tls],
// [[certificate]], [limits], [memory], [log], [metrics] and [shutdown].
struct NodeSettings {
  std::string domain, data_dir;
  unsigned shards = 0;                    // 0: one per core, up to node_shards_max
  bool core_dumps = false;
  ControlSettings control;
  DnsOptions dns;
  TlsOptions tls;
  LimitOptions limits;
  LogOptions log;
  std::size_t memory_soft = 0;            // 0: by what the process may have
  std::string metrics_address;            // empty: no metrics listener
  Duration shutdown_grace{0};
};

std::span<const OptionTable> node_option_tables();

// Reads the certificate too; the Problem names the place of the setting that is wrong.
struct NodeRead {
  NodeSettings settings;
  std::vector<Problem> problems;
};
NodeRead read_node_settings(const Configuration& configuration);

}  // namespace hanse::config
