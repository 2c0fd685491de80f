// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "store/store.h"
#include "tests/sim/shard.h"
#include "tests/sim/sim_disk.h"
#include "tests/sim/writer.h"

namespace hanse::sim {

// What the world lends to its nodes.
struct NodeParts {
  Timeline& timeline;
  Network& network;
  const Names& names;
  Auditor& auditor;
  Random& random;
  Plant plant;
  int nodes;
  bool crowded;                        // some of its mailboxes are small
  bool verbose;
};

// One hanse node: the real rooms on a disk that survives it. It may die at any moment, and be
// started again on what its disk then holds.
class Node {
 public:
  Node(const NodeParts& parts, NodePlan plan);
  ~Node();

  void start();
  void crash(bool power_loss, Duration down);    // and start again after a while
  void drain(Duration down);                     // as at SIGTERM, then start again
  void stop();                                   // the same, for good
  void reload(NodePlan plan);
  void check_bounds();

  int number() const { return plan_.number; }
  bool running() const { return running_ != nullptr && !ending_; }
  const NodePlan& plan() const { return plan_; }
  NodeClock& clock() { return clock_; }
  SimDisk& disk() { return disk_; }

  void release_all();                            // what an operator does after the trouble
  void wake_all();                               // every lane tries now
  std::uint64_t open_legs(const std::string& from, const std::string& to);   // in the store
  std::uint64_t crashes() const { return crashes_; }

 private:
  struct Running;

  Result<void> open();
  void opened(std::unique_ptr<store::QueueStore> store);
  void listen();
  void stop_listening();
  void start_after(Duration wait);
  void destroy();
  void store_broke();
  void drain_step(Instant until, bool cut, Duration down);
  bool drained() const;
  void end_cleanly(Duration down);
  void forget_a_leg();
  Result<QueueChanged> change(QueueChange change);

  NodeParts parts_;
  NodePlan plan_;
  NodeClock clock_;
  SimExecutor life_;                             // outlives every run of the node
  Log log_;
  Metrics metrics_;
  SimDisk disk_;
  std::shared_ptr<const Setup> setup_;
  std::set<DeliveryId> under_way_;               // by the store's own record
  std::unique_ptr<Running> running_;
  std::size_t next_shard_ = 0;
  std::uint64_t crashes_ = 0;
  bool ending_ = false, for_good_ = false;
};

}  // namespace hanse::sim
