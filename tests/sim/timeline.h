// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "server/base/executor.h"
#include "server/base/time.h"

namespace hanse::sim {

// The virtual time of one world: work in the order of its time, then of its arrival. Nothing in
// the simulator knows another clock. Everything that happens can be mixed into a digest, so that
// two runs of one seed can be compared.
class Timeline {
 public:
  using Key = std::uint64_t;

  Instant now() const { return now_; }
  Key at(Instant when, std::function<void()> work);
  Key after(Duration wait, std::function<void()> work) { return at(now_ + wait, std::move(work)); }
  void cancel(Key key);
  Key upcoming_key() const { return next_; }   // of the next work that is added

  bool step(Instant end);             // runs the next work; false when none is due before `end`
  std::size_t pending() const { return due_.size(); }
  std::uint64_t steps() const { return steps_; }

  void mix(std::string_view what);
  void mix(std::uint64_t what);
  std::uint64_t digest() const { return digest_; }

 private:
  Instant now_{};
  Key next_ = 1;
  std::map<std::pair<Instant, Key>, std::function<void()>> due_;
  std::map<Key, Instant> when_;
  std::uint64_t steps_ = 0;
  std::uint64_t digest_ = 0xcbf29ce484222325u;
};

// Both clocks of one node. Elapsed time begins somewhere else at every start of the node, as on a
// real machine, so that an Instant kept over a restart shows; wall time may be moved by anyone.
class NodeClock final : public Clock {
 public:
  NodeClock(const Timeline& timeline, UtcTime begin) : timeline_(timeline), begin_(begin) {}

  Instant now() const override { return timeline_.now() + elapsed_offset_; }
  UtcTime utc() const override {
    return begin_ + std::chrono::duration_cast<std::chrono::milliseconds>(
                        timeline_.now().time_since_epoch() + wall_offset_);
  }
  void restart(Duration elapsed_offset) { elapsed_offset_ = elapsed_offset; }
  void jump(Duration by) {
    wall_offset_ += by;
    jumped_ = timeline_.now();
  }
  Duration since_jump() const { return timeline_.now() - jumped_; }   // or since the beginning
  Instant on_timeline(Instant local) const {
    return local == Instant::max() ? local : local - elapsed_offset_;
  }

 private:
  const Timeline& timeline_;
  const UtcTime begin_;
  Duration elapsed_offset_{0}, wall_offset_{0};
  Instant jumped_ = Instant() - std::chrono::hours(24);
};

// A place where work runs, as a shard of the daemon is one. What is still waiting when it is
// destroyed never runs.
class SimExecutor final : public Executor, public Timers {
 public:
  SimExecutor(Timeline& timeline, const NodeClock& clock) : timeline_(timeline), clock_(clock) {}
  ~SimExecutor() override;
  SimExecutor(const SimExecutor&) = delete;
  SimExecutor& operator=(const SimExecutor&) = delete;

  void post(std::function<void()> work) override { later(timeline_.now(), std::move(work)); }
  TimerKey at(Instant when, std::function<void()> work) override {
    return later(clock_.on_timeline(when), std::move(work));
  }
  void cancel(TimerKey key) override;

  TimerKey after(Duration wait, std::function<void()> work) {
    return later(timeline_.now() + wait, std::move(work));
  }
  std::size_t pending() const { return pending_.size(); }

 private:
  TimerKey later(Instant when, std::function<void()> work);

  Timeline& timeline_;
  const NodeClock& clock_;
  std::set<Timeline::Key> pending_;
};

}  // namespace hanse::sim
