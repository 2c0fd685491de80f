// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/shard.h"

#include <utility>

#include "server/base/limits.h"

namespace hanse::sim {

namespace {

// Passes an incoming session's questions on and tells the auditor of what is handed in.
class WatchedServices final : public Services {
 public:
  WatchedServices(Services& below, Auditor& auditor, int node, std::uint64_t stream)
      : below_(below), auditor_(auditor), node_(node), stream_(stream) {}

  void answer(Ask ask, std::function<void(Answer)> reply) override {
    ++*open_;
    auditor_.check(*open_ <= limits::asks_open_max, "a session has too many questions open");
    std::shared_ptr<Envelope> handed_in;
    if (const auto* submit = std::get_if<Submit>(&ask)) {
      handed_in = std::make_shared<Envelope>(submit->submission.envelope);
      auditor_.submitting(node_, stream_, *handed_in);
    }
    below_.answer(std::move(ask), [&auditor = auditor_, node = node_, stream = stream_, handed_in,
                                   open = open_, reply = std::move(reply)](Answer answer) {
      --*open;
      if (handed_in && !std::holds_alternative<Submitted>(answer))
        auditor.refused(node, stream, *handed_in);
      reply(std::move(answer));
    });
  }

  void pass(Submission submission) override { below_.pass(std::move(submission)); }
  void wake(const std::string& protocol, const std::string& lane) override {
    below_.wake(protocol, lane);
  }
  void discard(std::int64_t blob) override { below_.discard(blob); }
  std::shared_ptr<ShardDoor> door() override { return below_.door(); }

 private:
  Services& below_;
  Auditor& auditor_;
  const int node_;
  const std::uint64_t stream_;
  const std::shared_ptr<std::size_t> open_ = std::make_shared<std::size_t>(0);
};

std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char byte : text) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3u;
  return hash;
}

}  // namespace

void SimShards::add(SimShard& shard) {
  shards_.push_back(&shard);
  waiting_.push_back(0);
}

std::size_t SimShards::owner(std::string_view protocol, std::string_view lane) const {
  return hash_of(std::string(protocol) + "/" + std::string(lane)) % shards_.size();
}

bool SimShards::hand(const std::string& protocol, const std::string& lane, Work work) {
  const std::size_t index = owner(protocol, lane);
  if (waiting_[index] >= mailbox_items_max_) return false;
  ++waiting_[index];
  shards_[index]->executor().post([this, index, protocol, lane, work = std::move(work)]() mutable {
    --waiting_[index];
    shards_[index]->exchange().take(protocol, lane, std::move(work));
  });
  return true;
}

void SimShards::wake(const std::string& protocol, const std::string& lane) {
  for (SimShard* shard : shards_)
    shard->executor().post([shard, protocol, lane] {
      shard->exchange().announced(protocol, lane);
    });
}

SimShard::SimShard(const ShardParts& parts)
    : executor_(parts.timeline, parts.clock),
      random_(parts.random.next()),
      port_(parts.sink, executor_),
      planted_(parts.plant == Plant::ack_before_commit
                   ? std::make_unique<HastyQueue>(port_, executor_) : nullptr),
      resolver_(parts.names, executor_, random_),
      services_(exchange_, resolver_, port_),
      dialer_({{executor_, parts.clock, parts.log, parts.auditor},
               parts.network,
               services_,
               node_address(parts.node),
               parts.node,
               [&setup = parts.setup] { return setup->room; }}),
      exchange_(ExchangeParts{parts.clock, random_, executor_,
                              planted_ ? *planted_ : static_cast<Queue&>(port_), port_, resolver_,
                              dialer_, parts.shards, parts.log, parts.metrics,
                              executor_},
                parts.setup->policy, parts.setup->traits, parts.setup->reports),
      doors_({executor_, parts.clock, parts.log, parts.auditor},
             [&setup = parts.setup] { return setup->room; },
             [this, &auditor = parts.auditor, node = parts.node](Stream& stream) {
               return std::make_unique<WatchedServices>(services_, auditor, node,
                                                        stream.number());
             }) {}

void SimShard::check_bounds(Auditor& auditor) const {
  for (const LaneStatus& lane : exchange_.lanes()) {
    auditor.check(lane.in_memory <= limits::lane_memory_items_max,
                  "a lane holds more works than its bound");
    auditor.check(lane.in_flight <= lane.in_memory || lane.in_memory == 0,
                  "a lane has more under way than it holds");
    auditor.check(lane.links <= 20, "a lane has more links than its bound");
  }
}

}  // namespace hanse::sim
