// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/shard.h"

#include <algorithm>
#include <utility>

#include "protocols/xmpp/resumption.h"
#include "server/base/limits.h"

namespace hanse::sim {

namespace {

// Passes an incoming session's questions on and tells the auditor of what is handed in. Lives until
// they are answered, as a connection does.
class WatchedServices final : public Services,
                              public std::enable_shared_from_this<WatchedServices> {
 public:
  WatchedServices(Services& below, Auditor& auditor, int node, std::uint64_t stream, Plant plant)
      : below_(below), auditor_(auditor), node_(node), stream_(stream), plant_(plant) {}

  void answer(Ask ask, std::function<void(Answer)> reply) override {
    ++open_;
    auditor_.check(open_ <= limits::asks_open_max, "a session has too many questions open");
    std::shared_ptr<Envelope> handed_in;
    if (const auto* submit = std::get_if<Submit>(&ask)) {
      handed_in = std::make_shared<Envelope>(submit->submission.envelope);
      auditor_.submitting(node_, stream_, *handed_in);
      ++pairs_[pair_of(*handed_in)];
    }
    below_.answer(std::move(ask), [self = shared_from_this(), handed_in,
                                   reply = std::move(reply)](Answer answer) {
      --self->open_;
      if (handed_in) --self->pairs_[pair_of(*handed_in)];
      if (handed_in && !std::holds_alternative<Submitted>(answer))
        self->auditor_.refused(self->node_, self->stream_, *handed_in);
      reply(std::move(answer));
    });
  }

  void pass(Submission&& submission) override {
    // Errors are made on the way; all else goes in the order in which it came (xmpp 4.7).
    const auto open = pairs_.find(pair_of(submission.envelope));
    auditor_.check(submission.envelope.trace.empty() || open == pairs_.end() || open->second == 0,
                   "a stanza went on before one of its pair that is being committed");
    auditor_.passed(node_, stream_, submission.envelope, submission.body);
    below_.pass(std::move(submission));
  }
  void wake(const std::string& protocol, const std::string& lane) override {
    below_.wake(protocol, lane);
  }
  void promise(const LegacyKey& key, std::function<void()> wanted) override {
    below_.promise(key, std::move(wanted));
  }
  void leave(const LegacyKey& key, std::shared_ptr<const Legacy> legacy) override {
    below_.leave(key, plant_ == Plant::count_ahead ? one_too_many(legacy) : std::move(legacy));
  }
  void discard(std::int64_t blob) override { below_.discard(blob); }
  std::shared_ptr<ShardDoor> door() override { return below_.door(); }

 private:
  // The planted bug: a lost stream counts a stanza that never came, or is not committed.
  static std::shared_ptr<const Legacy> one_too_many(const std::shared_ptr<const Legacy>& legacy) {
    const auto* const lost = dynamic_cast<const xmpp::LostStream*>(legacy.get());
    if (lost == nullptr) return legacy;
    auto out = std::make_shared<xmpp::LostStream>(*lost);
    ++out->handled;
    return out;
  }
  static std::string pair_of(const Envelope& envelope) {
    return to_text(envelope.from) + " " + to_text(envelope.to.front());
  }

  Services& below_;
  Auditor& auditor_;
  const int node_;
  const std::uint64_t stream_;
  const Plant plant_;
  std::size_t open_ = 0;
  std::map<std::string, unsigned> pairs_;   // of each, how many are being committed
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
  const bool one_home = std::ranges::any_of(protocols(), [protocol](const Protocol* one) {
    return one->name == protocol && one->one_home;
  });
  return hash_of(std::string(protocol) + "/" + std::string(one_home ? "" : lane)) %
         shards_.size();
}

bool SimShards::hand(const std::string& protocol, const std::string& lane, Work& work) {
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

bool SimShards::visit(const std::string& protocol, const std::string& lane,
                      std::function<void(Exchange&)> work) {
  if (closed_) return false;
  SimShard* const target = shards_[owner(protocol, lane)];
  target->executor().post([target, work = std::move(work)] { work(target->exchange()); });
  return true;
}

SimShard::SimShard(const ShardParts& parts)
    : executor_(parts.timeline, parts.clock),
      random_(parts.random.next()),
      port_(parts.sink, executor_),
      planted_(plant_queue(parts.plant, port_, executor_, parts.clock)),
      resolver_(parts.names, executor_, random_),
      services_(exchange_, resolver_, port_),
      dialer_({{executor_, parts.clock, parts.log, parts.auditor},
               parts.network,
               services_,
               node_address(parts.node),
               parts.node,
               [&setup = parts.setup](std::string_view protocol) {
                 return setup->rooms.find(protocol)->second;
               }}),
      exchange_(ExchangeParts{parts.clock, random_, executor_,
                              planted_ ? *planted_ : static_cast<Queue&>(port_), port_, resolver_,
                              dialer_, parts.shards, parts.log, parts.metrics,
                              executor_},
                parts.setup->policy, parts.setup->traits, parts.setup->reports),
      doors_({executor_, parts.clock, parts.log, parts.auditor},
             [&setup = parts.setup](std::string_view protocol) {
               return setup->rooms.find(protocol)->second;
             },
             [this, &auditor = parts.auditor, node = parts.node,
              plant = parts.plant](Stream& stream) {
               return std::make_shared<WatchedServices>(services_, auditor, node,
                                                        stream.number(), plant);
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
