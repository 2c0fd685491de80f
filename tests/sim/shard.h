// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "federation/exchange.h"
#include "server/session/services.h"
#include "store/queue_port.h"
#include "tests/sim/dialer.h"
#include "tests/sim/dns.h"
#include "tests/sim/doors.h"
#include "tests/sim/plants.h"
#include "tests/sim/setup.h"

namespace hanse::sim {

class SimShard;

// Which shard of a node owns a lane, and the way to it. A shard's mailbox may be small.
class SimShards final : public Shards {
 public:
  explicit SimShards(std::size_t mailbox_items_max) : mailbox_items_max_(mailbox_items_max) {}
  void add(SimShard& shard);
  void close() { closed_ = true; }               // shards begin to go: nobody visits any more
  std::size_t owner(std::string_view protocol, std::string_view lane) const;
  bool hand(const std::string& protocol, const std::string& lane, Work& work) override;
  void wake(const std::string& protocol, const std::string& lane) override;
  bool visit(const std::string& protocol, const std::string& lane,
             std::function<void(Exchange&)> work) override;

 private:
  const std::size_t mailbox_items_max_;
  std::vector<SimShard*> shards_;
  std::vector<std::size_t> waiting_;
  bool closed_ = false;
};

// What all shards of a running node share.
struct ShardParts {
  Timeline& timeline;
  const NodeClock& clock;
  Network& network;
  const Names& names;
  Auditor& auditor;
  Log& log;
  Metrics& metrics;
  Random& random;
  store::CommandSink& sink;
  SimShards& shards;
  int node;
  Plant plant;
  const std::shared_ptr<const Setup>& setup;   // the one in force
};

// Everything that lives on one network thread of a node: the real rooms, on simulated ground.
class SimShard {
 public:
  explicit SimShard(const ShardParts& parts);

  SimExecutor& executor() { return executor_; }
  Exchange& exchange() { return exchange_; }
  Doors& doors() { return doors_; }
  void apply(const Setup& setup) { exchange_.apply(setup.policy, setup.traits, setup.reports); }
  void check_bounds(Auditor& auditor) const;

 private:
  // Each only uses those before it, but for services_ and exchange_, which dial for each other:
  // links may ask until the exchange has dropped them.
  SimExecutor executor_;
  SeededRandom random_;
  store::QueuePort port_;
  std::unique_ptr<Queue> planted_;
  SimResolver resolver_;
  NodeServices services_;
  SimDialer dialer_;
  Exchange exchange_;
  Doors doors_;
};

}  // namespace hanse::sim
