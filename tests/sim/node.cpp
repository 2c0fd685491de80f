// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/node.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "federation/lane_ledger.h"
#include "server/base/limits.h"
#include "store/rerouting.h"

namespace hanse::sim {

namespace {

using namespace std::chrono_literals;

constexpr UtcTime world_begin = from_unix_ms(1'767'225'600'000);   // 2026-01-01
constexpr Duration drain_grace = 30s;
constexpr Duration drain_look = 50ms;
constexpr Duration open_again = 20s;

Log::Sink sink_of(bool verbose, int number) {
  if (!verbose) return [](std::string_view) {};
  return [number](std::string_view line) {
    std::fprintf(stderr, "n%d %.*s", number, static_cast<int>(line.size()), line.data());
  };
}

}  // namespace

// Everything a crash takes away. The order is that of use; the writer's executor goes last.
struct Node::Running {
  Running(Node& node, std::unique_ptr<store::QueueStore> opened)
      : executor(node.parts_.timeline, node.clock_),
        store(std::move(opened)),
        writer({executor, node.clock_, *store, node.parts_.auditor, node.parts_.random,
                node.number(), mailbox_items_max(node.parts_),
                std::chrono::milliseconds(1 + node.parts_.random.below(30)), node.under_way_},
               {[this](std::shared_ptr<const StorePressure> now) { spread(now); },
                [&node](const Error&) { node.store_broke(); },
                [&node] { return node.disk_.crashed(); }}),
        map(node.parts_.crowded && node.parts_.random.below(2) == 0 ? 2 : 65536) {
    const ShardParts parts{node.parts_.timeline, node.clock_, node.parts_.network,
                           node.parts_.names, node.parts_.auditor, node.log_, node.metrics_,
                           node.parts_.random, writer, map, node.number(), node.parts_.plant,
                           node.setup_};
    const std::size_t count = 1 + node.parts_.random.below(3);
    for (std::size_t index = 0; index < count; ++index) {
      shards.push_back(std::make_unique<SimShard>(parts));
      map.add(*shards.back());
    }
  }

  ~Running() { map.close(); }   // connections that end with the process leave nothing

  static std::size_t mailbox_items_max(const NodeParts& parts) {
    const bool small = parts.crowded && parts.random.below(2) == 0;
    return small ? 4 + parts.random.below(12) : 16384;
  }

  void spread(const std::shared_ptr<const StorePressure>& pressure) {
    for (const auto& shard : shards)
      shard->executor().post([&exchange = shard->exchange(), pressure] {
        exchange.set_pressure(pressure);
      });
  }

  // As the real node does it.
  void tell_rules(const std::shared_ptr<const Policy>& policy) {
    const auto moved = [this](const store::Rerouting::Lanes& lanes) {
      for (const auto& [protocol, lane] : lanes) {
        Work nothing;
        if (!map.hand(protocol, lane, nothing)) shards.front()->exchange().wake(protocol, lane);
      }
    };
    (void)writer.put({&shards.front()->executor(), store::rules_of(policy, moved)});
  }

  SimExecutor executor;
  std::unique_ptr<store::QueueStore> store;
  SimWriter writer;
  SimShards map;
  std::vector<std::unique_ptr<SimShard>> shards;
};

Node::Node(const NodeParts& parts, NodePlan plan)
    : parts_(parts),
      plan_(std::move(plan)),
      clock_(parts.timeline, world_begin),
      life_(parts.timeline, clock_),
      log_(clock_, sink_of(parts.verbose, plan_.number)),
      disk_(parts.random.next()) {
  log_.set_level(parts.verbose ? Level::debug : Level::error);
  setup_ = std::make_shared<const Setup>(
      take_apart(configuration_text(plan_, parts.nodes), clock_));
}

Node::~Node() { destroy(); }

// ---- start ----

void Node::start() {
  if (running_ != nullptr) return;
  parts_.timeline.mix("start");
  parts_.network.host(node_address(number())).powered = true;
  clock_.restart(Duration(parts_.random.below(1'000'000'000'000)));
  // What a room remembers of its networks goes with the process.
  if (!plan_.irc.empty())
    setup_ = std::make_shared<const Setup>(
        take_apart(configuration_text(plan_, parts_.nodes), clock_));
  if (const Result<void> done = open(); !done) {
    // A disk in trouble: the supervisor tries again.
    if (disk_.crashed()) disk_.crash();
    start_after(open_again);
  }
}

Result<void> Node::open() {
  Result<std::unique_ptr<store::QueueStore>> opened =
      store::QueueStore::open(disk_, setup_->store, clock_, log_, metrics_);
  if (!opened) return opened.error();
  const store::Recovered recovered = (*opened)->recovered();
  running_ = std::make_unique<Running>(*this, *std::move(opened));
  ending_ = false;
  if (parts_.plant == Plant::forget_leg && crashes_ > 0) forget_a_leg();
  under_way_.clear();
  running_->tell_rules(setup_->policy);
  std::vector<std::vector<LaneBacklog>> backlogs(running_->shards.size());
  for (const LaneBacklog& backlog : recovered.backlogs)
    backlogs[running_->map.owner(backlog.protocol, backlog.lane)].push_back(backlog);
  for (std::size_t index = 0; index < running_->shards.size(); ++index)
    running_->shards[index]->exchange().start(backlogs[index], index == 0);
  listen();
  return {};
}

void Node::listen() {
  const auto open = [this](std::uint16_t port, const char* protocol, bool tls_first) {
    parts_.network.listen(node_address(number()), port, [this, protocol, tls_first](End end) {
      SimShard& shard = *running_->shards[next_shard_++ % running_->shards.size()];
      InboundContext context{shard.doors().open() > 100, true};
      context.tls_first = tls_first;
      shard.doors().adopt(std::move(end), protocol, context);
    });
  };
  open(25, "smtp", false);
  if (!plan_.speaks_xmpp) return;
  open(5269, "xmpp", false);
  open(5270, "xmpp", true);
}

void Node::stop_listening() {
  for (const std::uint16_t port : {std::uint16_t{25}, std::uint16_t{5269}, std::uint16_t{5270}})
    parts_.network.stop_listening(node_address(number()), port);
}

void Node::start_after(Duration wait) {
  if (for_good_) return;
  life_.after(wait, [this] { start(); });
}

// ---- the end, in three ways ----

void Node::crash(bool power_loss, Duration down) {
  if (running_ == nullptr) return;
  ++crashes_;
  parts_.timeline.mix("crash");
  if (power_loss) parts_.network.host(node_address(number())).powered = false;
  if (power_loss || disk_.crashed()) disk_.crash();
  else disk_.kill_process();
  destroy();
  parts_.auditor.crashed(number());
  start_after(down);
}

void Node::destroy() {
  stop_listening();
  ending_ = false;
  running_.reset();
}

// D5: the node still says 4xx for a moment, then it exits; nothing of it is lost or half done.
void Node::store_broke() {
  const bool power_loss = disk_.crashed();
  ending_ = true;
  stop_listening();
  const Duration grace = power_loss ? 0s : Duration(parts_.random.below(1'000'000));
  life_.after(grace, [this, power_loss] {
    crash(power_loss, std::chrono::seconds(1 + parts_.random.below(120)));
  });
}

// As Node::take_down of the daemon.
void Node::drain(Duration down) {
  if (!running()) return;
  ending_ = true;
  parts_.timeline.mix("drain");
  stop_listening();
  for (const auto& shard : running_->shards) {
    shard->doors().drain();
    shard->exchange().drain(false);
  }
  drain_step(parts_.timeline.now() + drain_grace, false, down);
}

void Node::stop() {
  for_good_ = true;
  drain(Duration(0));
}

void Node::drain_step(Instant until, bool cut, Duration down) {
  running_->executor.after(drain_look, [this, until, cut, down] {
    if (!drained() && parts_.timeline.now() < until) return drain_step(until, cut, down);
    if (cut) return end_cleanly(down);
    for (const auto& shard : running_->shards) {
      shard->exchange().drain(true);
      shard->doors().cut();
    }
    drain_step(parts_.timeline.now() + 1s, true, down);
  });
}

bool Node::drained() const {
  return std::all_of(running_->shards.begin(), running_->shards.end(), [](const auto& shard) {
    return shard->exchange().drained() && shard->doors().open() == 0;
  });
}

void Node::end_cleanly(Duration down) {
  life_.after(Duration(0), [this, down] {
    if (running_ == nullptr || !ending_) return;
    running_->writer.end();
    const Result<void> closed = running_->store->close_cleanly();
    if (!closed) return crash(disk_.crashed(), down);
    destroy();
    parts_.auditor.ended_cleanly(number());
    start_after(down);
  });
}

// ---- while it runs ----

void Node::reload(NodePlan plan) {
  plan_ = std::move(plan);
  setup_ = std::make_shared<const Setup>(
      take_apart(configuration_text(plan_, parts_.nodes), clock_));
  if (!running()) return;
  running_->tell_rules(setup_->policy);
  for (const auto& shard : running_->shards) shard->apply(*setup_);
}

void Node::check_bounds() {
  if (running_ == nullptr) return;
  for (const auto& shard : running_->shards) shard->check_bounds(parts_.auditor);
}

void Node::wake_all() {
  if (!running()) return;
  for (const auto& shard : running_->shards)
    for (const auto& protocol : protocols()) shard->exchange().wake(protocol->name, "");
}

void Node::release_all() {
  QueueChange release;
  release.verb = QueueVerb::release;
  release.selector.status = LegState::quarantine;
  release.reason = "the trouble is over";
  release.who = "simulator";
  const Result<QueueChanged> done = change(release);
  if (!done) return;
  for (const auto& [protocol, lane] : done->lanes)
    running_->shards[running_->map.owner(protocol, lane)]->exchange().wake(protocol, lane);
}

std::uint64_t Node::open_legs(const std::string& from, const std::string& to) {
  QueueChange look;
  look.verb = QueueVerb::discard;
  look.dry_run = true;
  if (!from.empty()) look.selector.from = from;
  if (!to.empty()) look.selector.to = to;
  const Result<QueueChanged> found = change(look);
  return found ? found->legs + found->busy : 0;
}

Result<QueueChanged> Node::change(QueueChange change) {
  Result<QueueChanged> out = Error{Fault::try_later, "the node is down"};
  if (!running()) return out;
  std::vector<store::Command> batch;
  batch.push_back({&running_->executor, store::ChangeCommand{
      std::move(change), [&out](Result<QueueChanged> done) { out = std::move(done); }}});
  std::vector<store::QueueStore::Reply> replies;
  if (const Result<void> ran = running_->store->run(batch, replies); !ran) return ran.error();
  for (const store::QueueStore::Reply& reply : replies) reply.run();
  return out;
}

// The planted bug: recovery takes one interrupted leg for delivered.
void Node::forget_a_leg() {
  const auto run = [this](auto command) {
    std::vector<store::Command> batch;
    batch.push_back({&running_->executor, std::move(command)});
    std::vector<store::QueueStore::Reply> replies;
    (void)running_->store->run(batch, replies);
    for (const store::QueueStore::Reply& reply : replies) reply.run();
  };
  for (const LaneBacklog& backlog : running_->store->recovered().backlogs) {
    std::vector<Settlement> settlements;
    bool forgot = false;
    run(store::ClaimCommand{backlog.protocol, backlog.lane, limits::claim_items_max, clock_.utc(),
                            [&](const Result<Queue::Claimed>& claimed) {
      if (!claimed) return;
      for (const Work& work : claimed->work) {
        for (const Target& target : work.targets) {
          settlements.push_back(returned(target, "planted", clock_.utc()));
          if (forgot || !under_way_.contains(target.id)) continue;
          forgot = true;
          settlements.back().outcome.disposition = Disposition::delivered;
        }
      }
    }});
    if (!settlements.empty()) run(store::SettleCommand{settlements});
    if (forgot) return;
  }
}

}  // namespace hanse::sim
