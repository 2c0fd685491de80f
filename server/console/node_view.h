// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "federation/lane.h"
#include "federation/permission.h"
#include "federation/policy.h"
#include "federation/queue_admin.h"
#include "protocols/protocol.h"
#include "server/base/options.h"
#include "server/session/trace_feed.h"

namespace hanse::console {

struct LinkRow {
  std::string connection;      // "s0-17"
  std::string protocol;
  bool outgoing = false;
  std::string remote, peer;    // "192.0.2.7:41234"; the configured peer or lane
  std::string tls;
  UtcTime since{};
  std::uint64_t bytes_in = 0, bytes_out = 0, messages = 0;
  std::string claims{};        // the domain its peer says it is
};

// One link, asked about alone.
struct LinkDetail {
  LinkRow row;
  std::string phase, endpoint;
  std::string claims;
  std::vector<std::string> lanes;
  std::string alpn, server_name, certificate_sha256, verify_error, trust;
  bool verified = false, paused = false;
  std::uint64_t works = 0, unwritten_bytes = 0, memory_bytes = 0;
};

// A look at a peer from this node.
struct ProbeWish {
  std::string protocol, host;  // a domain, or host:port
  std::string domain;          // whom that place should be; empty: `host` itself
  std::string from;            // in whose name; empty: this node's first
  bool by_route = false;       // go the way a message would, else by the DNS alone
  bool connect = true;
  bool prove = false;          // authenticate
};

struct ListenRow { std::string protocol, address; };

// A configuration that was not taken; the one before it runs on.
struct RejectedConfig {
  UtcTime at{};
  std::string why;             // with its place: "hanse.toml:5:1: ..."
};

// A bound as it is in force, whatever its setting says, and how much of it is used.
struct BoundNow {
  std::string setting;         // "limits.connections_max"
  std::uint64_t bound = 0;
  std::optional<std::uint64_t> used;
  bool bytes = false;
};

struct Readiness {
  bool ready = false, live = false;
  std::vector<std::string> failing;   // "store not recovered", "draining", "disk low"
};

// What the console and the metrics listener can see and do of a running node. Implemented where
// the rooms are put together; every call is safe from a console thread and bounded in time:
// a shard that does not answer within a second gives Fault::try_later.
class NodeView {
 public:
  virtual ~NodeView() = default;
  virtual std::string domain() const = 0;
  virtual UtcTime started() const = 0;
  virtual std::vector<ListenRow> listeners() const = 0;
  virtual Result<std::vector<LaneStatus>> lanes() = 0;
  virtual Result<std::vector<LinkRow>> links() = 0;
  virtual std::shared_ptr<const Policy> policy() const = 0;
  virtual std::shared_ptr<const Configuration> configuration() const = 0;
  virtual std::uint64_t config_epoch() const = 0;
  virtual UtcTime config_loaded() const = 0;
  virtual std::optional<RejectedConfig> config_rejected() const = 0;   // by the last reload
  // Settings that differ from those it was started with, and only count at the next start.
  virtual std::vector<std::string> waits_for_restart() const = 0;
  virtual std::vector<std::string> warnings() const = 0;   // ready, and yet: certificates that end
  virtual std::vector<BoundNow> bounds() const = 0;
  virtual QueueAdmin& queue() = 0;
  virtual Metrics& metrics() = 0;
  virtual Log& log() = 0;
  virtual Readiness readiness() = 0;

  // What the DNS should hold, by the protocols' own account; and what it holds.
  virtual std::vector<DnsWish> dns_wishes() const = 0;
  virtual Result<std::vector<Result<DnsAnswer>>> lookup(std::vector<DnsQuestion> questions) = 0;

  virtual Result<std::optional<LinkDetail>> link(const std::string& connection) = 0;
  // These go on by themselves: the feed tells how. Whoever is done closes it and says so.
  virtual Result<std::shared_ptr<TraceFeed>> trace(const TraceWish& wish) = 0;
  virtual Result<std::shared_ptr<TraceFeed>> probe(const ProbeWish& wish) = 0;
  // Null: there is no such link, or it is ending already.
  virtual Result<std::shared_ptr<TraceFeed>> close_link(const std::string& connection,
                                                        bool at_once) = 0;
  virtual void done(const std::shared_ptr<TraceFeed>& feed) = 0;

  // What a protocol keeps: a part of one of its views, and of one thing all it knows; and what the
  // operator of a peer has to configure.
  virtual Result<StatePage> state(const std::string& protocol, const std::string& view,
                                  std::size_t from, std::size_t most) = 0;
  virtual Result<std::vector<std::string>> explain(const std::string& protocol,
                                                   const std::string& what) = 0;
  virtual Result<std::string> peer_config(const std::string& protocol, PeerConfigWish wish) = 0;

  virtual void wake_lane(const std::string& protocol, const std::string& lane) = 0;  // "" = all
  virtual Result<void> reload() = 0;       // the whole new configuration or none of it
  virtual void drain(Duration grace) = 0;  // starts it; the process ends by itself
};

}  // namespace hanse::console
