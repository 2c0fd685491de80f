// SPDX-License-Identifier: Apache-2.0
#pragma once

// The one seam to Asio. The room uses it for readiness, timers, signals and the loop only; the
// system calls on sockets are our own. What a newer release renames is adapted here.

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "server/net/shard.h"

namespace hanse::net {

// The context stands first: it is destroyed last, after everything that may hold its objects.
struct Shard::Parts : std::enable_shared_from_this<Shard::Parts> {
  using Work = std::function<void()>;

  Parts(unsigned index_of_shard, const Clock& clock_used, Log& log_used, Metrics& metrics);
  void put(Work work);
  void put_aside(Parts& target, Work work);
  void hand_over();
  void take_in(std::vector<Work>& works);
  void run();
  void run_box();
  void arm_timer();
  void ring();
  void measure_lag();
  void guarded(const Work& work);
  TimerKey add_timer(Instant when, Work work);

  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> guard;
  asio::steady_timer timer;

  const unsigned index;
  const Clock& clock;
  Log& log;
  Counter& failures;
  Histogram& lag;

  std::atomic<std::size_t> waiting{0};  // works for this shard: in its box and put aside elsewhere
  std::mutex mutex;             // box only
  std::vector<Work> box;
  std::vector<Work> running;    // shard's thread: the batch taken from the box

  // Shard's thread: what this turn had for another shard, handed over when it ends.
  struct Aside {
    std::shared_ptr<Parts> target;
    std::vector<Work> works;
  };
  std::vector<Aside> aside;
  bool handing_over = false;    // is set up for the end of this turn

  std::map<std::pair<Instant, TimerKey>, Work> timers;
  std::unordered_map<TimerKey, Instant> timer_times;
  Instant timer_armed = Instant::max();
  TimerKey last_key = 0;

  std::thread thread;
};

}  // namespace hanse::net
