// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "federation/lane.h"
#include "federation/legacies.h"
#include "federation/permission.h"
#include "federation/policy.h"

namespace hanse {

// A message an engine wants to hand over. The exchange gives it its id and its legs.
struct Submission {
  Envelope envelope;
  Body body;                          // bytes, or a blob finished by Blobs::append
  std::vector<DeliveryId> reports;    // set by bounces
  std::shared_ptr<const void> hold = nullptr;   // of one that is passed: see Work::hold
};

// Makes the message that tells a sender of failures; a protocol's own work (smtp B-2).
// `head` is the first 64 KiB of the original at most.
using ReportMaker = std::function<Result<Submission>(const Reportable&, std::string_view head,
                                                     UtcTime now)>;

class Exchange;

// Sends work to the shard that owns its lane; false when that shard's mailbox is full.
class Shards {
 public:
  virtual ~Shards() = default;
  virtual bool hand(const std::string& protocol, const std::string& lane, Work& work) = 0;
  // A connection of this shard carries that lane from now on. One that nobody takes is let go.
  virtual void lend(const std::string&, const std::string&, std::unique_ptr<ServedLink>) {}
  // The peer of these lanes is there, whatever shard they live on.
  virtual void wake(const std::string&, const std::string&) {}
  // Runs it on the shard that a lane of that name has; false: there is none.
  virtual bool visit(const std::string&, const std::string&, std::function<void(Exchange&)>) {
    return false;
  }
};

// What the store lets the node know, on every shard.
struct StorePressure {
  bool disk_low = false;              // refuse new messages (D9)
  std::uint64_t room_bytes = UINT64_MAX;   // free above the guard's floor
  std::set<std::string> full_lanes;   // "protocol/lane" at their bound
  bool operator==(const StorePressure&) const = default;
};

struct ExchangeParts {
  const Clock& clock;
  Random& random;
  Timers& timers;
  Queue& queue;
  Blobs& blobs;
  Resolver& resolver;
  Dialer& dialer;
  Shards& shards;
  Log& log;
  Metrics& metrics;
  Executor& home;                     // of the shard
};

// Intake and lanes of one shard: permission, legs, commit, hand over, bounce. Thread: its shard.
class Exchange {
 public:
  Exchange(ExchangeParts parts, std::shared_ptr<const Policy> policy,
           std::vector<std::shared_ptr<const LaneTraits>> traits,
           std::map<std::string, ReportMaker> reports);
  ~Exchange();

  void start(const std::vector<LaneBacklog>& backlogs, bool makes_reports);

  TrustDecision verify(const Claim& claim, const std::vector<Evidence>& evidence,
                       std::uint64_t size_bytes = 0) const;
  Permission permit(const PermissionQuestion& question) const;

  // Answers with the message's id once it is durable (D1).
  void submit(Submission submission, std::function<void(Result<std::string>)> committed);

  // Asks for no answer; its flow says how. A swift one that finds no room is made durable, a live
  // or latest one is reported on to its sender.
  void pass(Submission&& submission);
  // A live message to one recipient; answers with how it ended.
  void convey(Submission submission, std::function<void(Result<Outcome>)> reply);

  // A connection of this shard offers to carry a lane of any shard.
  void serve(const std::string& protocol, const std::string& lane,
             std::unique_ptr<ServedLink> link);

  // From other shards.
  void take(const std::string& protocol, const std::string& lane, Work work);
  void adopt(const std::string& protocol, const std::string& lane,
             std::unique_ptr<ServedLink> link);
  void set_pressure(std::shared_ptr<const StorePressure> pressure);
  void apply(std::shared_ptr<const Policy> policy,
             std::vector<std::shared_ptr<const LaneTraits>> traits,
             std::map<std::string, ReportMaker> reports);

  void wake(std::string_view protocol, std::string_view lane);   // empty lane: all of this shard
  // A peer is there: its lane, and those that lead to the same name by a place of their own, try
  // now, on every shard.
  void announce(const std::string& protocol, const std::string& lane);
  void announced(std::string_view protocol, std::string_view lane);   // on this one
  std::shared_ptr<ShardDoor> door() const;                       // of this shard
  Legacies& legacies();                                          // likewise
  void drain(bool now);
  bool drained() const;
  std::vector<LaneStatus> lanes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace hanse
