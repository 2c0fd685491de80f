// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "federation/exchange.h"
#include "protocols/protocol.h"
#include "server/net/connections.h"
#include "server/net/resolver.h"
#include "server/net/shard.h"
#include "server/session/services.h"
#include "store/queue_port.h"

namespace hanse {

class Probe;
class ShardRooms;
struct ProbePlan;

// Sends works to the shard that owns their lane: always the same one for the same peer.
class ShardMap final : public Shards {
 public:
  void set(std::vector<ShardRooms*> shards) { shards_ = std::move(shards); }
  // Where the protocol's connections come in: all shards, or its one home.
  std::vector<net::Connections*> entrances(const Protocol& protocol) const;
  std::size_t owner(std::string_view protocol, std::string_view lane) const;
  bool hand(const std::string& protocol, const std::string& lane, Work& work) override;
  void lend(const std::string& protocol, const std::string& lane,
            std::unique_ptr<ServedLink> link) override;
  void wake(const std::string& protocol, const std::string& lane) override;
  bool visit(const std::string& protocol, const std::string& lane,
             std::function<void(Exchange&)> work) override;

 private:
  std::vector<ShardRooms*> shards_;   // fixed before the first thread runs
};

// Everything that lives on one network thread, each part knowing only those before it.
class ShardRooms {
 public:
  struct Setup {
    std::shared_ptr<const Policy> policy;
    std::vector<std::shared_ptr<const LaneTraits>> traits;
    std::map<std::string, ReportMaker> reports;
    std::shared_ptr<const net::ConnectionSetup> connections;
    net::DnsSettings dns;
  };
  ~ShardRooms();
  ShardRooms(unsigned index, const Setup& setup, store::CommandSink& store, ShardMap& map,
             std::uint64_t seed, const Clock& clock, Log& log, Metrics& metrics);

  net::Shard& shard() { return shard_; }
  Exchange& exchange() { return exchange_; }             // thread: the shard's
  net::Connections& connections() { return connections_; }
  Resolver& resolver() { return resolver_; }             // thread: the shard's
  void probe(ProbePlan plan, std::shared_ptr<TraceFeed> feed);   // thread: the shard's
  void apply(const Setup& setup);                        // thread: the shard's

 private:
  // The exchange dials through the connections, which answer through the exchange: this link in
  // between is set once both exist.
  class LateDialer final : public Dialer {
   public:
    std::unique_ptr<Link> dial(DialRequest request, LinkEvents& events) override {
      return connections->dial(std::move(request), events);
    }
    net::Connections* connections = nullptr;
  };

  net::Shard shard_;
  SeededRandom random_;
  store::QueuePort port_;
  net::CaresResolver resolver_;
  LateDialer dialer_;
  Exchange exchange_;
  NodeServices services_;
  net::Connections connections_;
  const Clock& clock_;
  std::shared_ptr<const Policy> policy_;         // of the last configuration
  std::vector<std::shared_ptr<Probe>> probes_;   // that run; their links end before the rest does
};

}  // namespace hanse
