// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "server/net/census.h"
#include "server/net/connections.h"
#include "server/net/dial_gate.h"
#include "server/session/trace_feed.h"

namespace hanse::net {

class Connection;

// What the connections of one shard share, and the one sweep over their deadlines. A connection
// that waits for a late answer may outlive Connections; `gone` tells it that the references are
// dead. Thread: the shard.
struct Hall : std::enable_shared_from_this<Hall> {
  Hall(Shard& shard_used, Services& services_used, std::shared_ptr<const ConnectionSetup> first,
       const Clock& clock_used, Log& log_used, Metrics& metrics_used);

  std::string next_id();                               // "s0-17"
  void enrol(std::shared_ptr<Connection> connection);
  void forget(Connection& connection);                 // destroyed in a later turn
  void tell_crowded();                                 // those that are open, when it has changed
  void set_deadline(Connection& connection, Instant& current, Instant wanted);

  void count_open(const std::string& protocol, bool outgoing, double amount);
  void count_handshake(const std::string& protocol, bool outgoing, bool worked,
                       const std::string& version);
  void count_rejected(const std::string& protocol, std::string_view reason);

  Shard& shard;
  Services& services;
  std::shared_ptr<const ConnectionSetup> setup;
  const std::shared_ptr<Census> census;      // of the first setup: a reload must not forget it
  const Clock& clock;
  Log& log;
  Metrics& metrics;
  Counter& engine_failures;
  const std::shared_ptr<ShardDoor> door = std::make_shared<ShardDoor>();   // for other shards
  Gauge& connections_paused;
  DialGate dials;

  std::vector<std::shared_ptr<TraceFeed>> traces;   // that run; mostly none
  std::unordered_map<Connection*, std::shared_ptr<Connection>> connections;
  std::atomic<std::size_t> sessions_open{0};
  std::string input;                         // where all connections read to
  std::string plain;                         // and what TLS makes of it
  bool draining = false, gone = false, crowded = false;

 private:
  void sweep();

  std::map<std::pair<std::string, bool>, Gauge*> open_figures_;
  std::set<std::pair<Instant, Connection*>> deadlines_;
  std::uint64_t last_number_ = 0;
  bool sweeping_ = false;
};

}  // namespace hanse::net
