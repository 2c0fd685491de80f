// SPDX-License-Identifier: Apache-2.0
#include "server/net/shard.h"

#include <pthread.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <utility>

#include "server/base/limits.h"
#include "server/net/asio_seam.h"

namespace hanse::net {

namespace {

constexpr Duration lag_measured_every = std::chrono::milliseconds(250);
constexpr std::size_t box_kept_items_max = 4096;  // a larger batch buffer is given back
constexpr std::size_t aside_items_max = 64;       // so many are handed over before the turn ends

thread_local Shard::Parts* here = nullptr;        // the shard whose thread this is

}  // namespace

Shard::Shard(unsigned index, const Clock& clock, Log& log, Metrics& metrics)
    : parts_(std::make_shared<Parts>(index, clock, log, metrics)) {}

Shard::~Shard() { stop(); }

void Shard::start() {
  parts_->thread = std::thread([parts = parts_.get()] {
    const std::string name = "shard-" + std::to_string(parts->index);   // for ps and debuggers
    ::pthread_setname_np(::pthread_self(), name.c_str());
    parts->measure_lag();
    parts->run();
  });
}

// What was posted before stop() still runs.
void Shard::stop() {
  if (!parts_->thread.joinable()) return;
  post([this] {
    parts_->hand_over();
    parts_->context.stop();
  });
  parts_->thread.join();
  parts_->aside.clear();   // two that have had something for each other hold each other
}

unsigned Shard::index() const { return parts_->index; }
Shard::Parts& Shard::parts() { return *parts_; }

void Shard::post(std::function<void()> work) { parts_->put(std::move(work)); }

bool Shard::full() const { return parts_->waiting.load() >= limits::shard_mailbox_items_max; }

TimerKey Shard::at(Instant when, std::function<void()> work) {
  return parts_->add_timer(when, std::move(work));
}

void Shard::cancel(TimerKey key) {
  const auto found = parts_->timer_times.find(key);
  if (found == parts_->timer_times.end()) return;
  parts_->timers.erase({found->second, key});
  parts_->timer_times.erase(found);
}

Shard::Parts::Parts(unsigned index_of_shard, const Clock& clock_used, Log& log_used,
                    Metrics& metrics)
    : guard(asio::make_work_guard(context)), timer(context), index(index_of_shard),
      clock(clock_used), log(log_used),
      failures(metrics.counter("hanse_shard_failures_total",
                               "Works of a shard that ended in an exception.")),
      lag(metrics.histogram("hanse_event_loop_lag_seconds",
                            "How late a timer of a shard rings.", seconds_bounds())) {}

// What one shard has for another is put aside until its turn ends: a lock and a wake for many
// works instead of each, and no thread that is woken for a single one.
void Shard::Parts::put(Work work) {
  ++waiting;
  if (here != nullptr && here != this) return here->put_aside(*this, std::move(work));
  bool was_empty = false;
  {
    const std::lock_guard lock(mutex);
    was_empty = box.empty();
    box.push_back(std::move(work));
  }
  if (was_empty) asio::post(context, [this] { run_box(); });
}

void Shard::Parts::put_aside(Parts& target, Work work) {
  auto found = std::find_if(aside.begin(), aside.end(),
                            [&target](const Aside& one) { return one.target.get() == &target; });
  if (found == aside.end()) found = aside.insert(found, Aside{target.shared_from_this(), {}});
  found->works.push_back(std::move(work));
  if (found->works.size() >= aside_items_max) target.take_in(found->works);
  if (!std::exchange(handing_over, true)) asio::post(context, [this] { hand_over(); });
}

void Shard::Parts::hand_over() {
  handing_over = false;
  for (Aside& one : aside) {
    if (!one.works.empty()) one.target->take_in(one.works);
  }
}

// Only what comes into an empty box wakes the loop; the others ride along. Leaves `works` empty.
void Shard::Parts::take_in(std::vector<Work>& works) {
  bool was_empty = false;
  {
    const std::lock_guard lock(mutex);
    was_empty = box.empty();
    if (was_empty) {
      box.swap(works);
    } else {
      box.insert(box.end(), std::make_move_iterator(works.begin()),
                 std::make_move_iterator(works.end()));
    }
  }
  works.clear();
  if (was_empty) asio::post(context, [this] { run_box(); });
}

void Shard::Parts::run_box() {
  {
    const std::lock_guard lock(mutex);
    running.swap(box);
  }
  waiting -= running.size();
  for (Work& work : running) {
    guarded(work);
    work = nullptr;  // what it holds goes before the next work runs
    if (context.stopped()) break;
  }
  running.clear();
  if (running.capacity() > box_kept_items_max) std::vector<Work>().swap(running);
}

void Shard::Parts::run() {
  here = this;
  for (;;) {
    try {
      context.run();
      return;
    } catch (const std::exception& failure) {
      failures.add();
      log.write(Level::error, "shard.failure", failure.what());
    }
  }
}

// An exception here is a bug. It must not take the other works of the batch with it.
void Shard::Parts::guarded(const Work& work) {
  try {
    work();
  } catch (const std::exception& failure) {
    failures.add();
    log.write(Level::error, "shard.failure", failure.what());
  }
}

TimerKey Shard::Parts::add_timer(Instant when, Work work) {
  const TimerKey key = ++last_key;
  timers.emplace(std::make_pair(when, key), std::move(work));
  timer_times.emplace(key, when);
  if (when < timer_armed) arm_timer();
  return key;
}

// One Asio timer for all; it is set to the earliest.
void Shard::Parts::arm_timer() {
  if (timers.empty()) {
    timer_armed = Instant::max();
    return;
  }
  timer_armed = timers.begin()->first.first;
  timer.expires_after(std::max(timer_armed - clock.now(), Duration::zero()));
  timer.async_wait([this](const std::error_code& cancelled) {
    if (!cancelled) ring();
  });
}

// Timers set by the works that run here wait for the next turn, or one that always sets itself
// to "now" would keep the loop for itself.
void Shard::Parts::ring() {
  const Instant now = clock.now();
  const TimerKey newest = last_key;
  timer_armed = Instant::min();  // no arming in between
  while (!timers.empty()) {
    const auto first = timers.begin();
    if (first->first.first > now || first->first.second > newest) break;
    const Work work = std::move(first->second);
    timer_times.erase(first->first.second);
    timers.erase(first);
    guarded(work);
  }
  arm_timer();
}

void Shard::Parts::measure_lag() {
  const Instant due = clock.now() + lag_measured_every;
  add_timer(due, [this, due] {
    lag.observe(std::chrono::duration<double>(clock.now() - due).count());
    measure_lag();
  });
}

}  // namespace hanse::net
