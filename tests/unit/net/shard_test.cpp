// SPDX-License-Identifier: Apache-2.0
#include "server/net/shard.h"

#include <csignal>
#include <thread>

#include "server/base/limits.h"
#include "server/net/asio_seam.h"
#include "server/net/signals.h"
#include "tests/unit/net/bench.h"

namespace hanse::net::test {
namespace {

struct Alone {
  Alone() { shard_.start(); }
  SystemClock clock_;
  Story story_;
  Log log_{clock_, [this](std::string_view line) { story_.add(std::string(line)); }};
  Metrics metrics_;
  Shard shard_{3, clock_, log_, metrics_};
};

TEST_CASE("works posted from many threads all run, each thread's in its order") {
  Alone alone;
  constexpr int threads = 4, works = 5000;
  std::vector<std::vector<int>> seen(threads);
  std::vector<std::thread> posters;
  for (int poster = 0; poster < threads; ++poster)
    posters.emplace_back([&, poster] {
      std::vector<int>& mine = seen[static_cast<std::size_t>(poster)];
      for (int work = 0; work < works; ++work)
        alone.shard_.post([&mine, work] { mine.push_back(work); });
    });
  for (std::thread& poster : posters) poster.join();
  alone.shard_.stop();
  for (const std::vector<int>& one : seen) {
    REQUIRE(one.size() == works);
    CHECK(std::is_sorted(one.begin(), one.end()));
  }
}

TEST_CASE("a full mailbox says no to lanes and never to replies") {
  SystemClock clock;
  Log log(clock, [](std::string_view) {});
  Metrics metrics;
  Shard shard(0, clock, log, metrics);  // not started: nothing is taken out
  std::size_t ran = 0;
  for (std::size_t count = 0; count < limits::shard_mailbox_items_max; ++count) {
    REQUIRE_FALSE(shard.full());
    shard.post([&ran] { ++ran; });
  }
  CHECK(shard.full());
  shard.post([&ran] { ++ran; });
  shard.start();
  shard.stop();
  CHECK(ran == limits::shard_mailbox_items_max + 1);
  CHECK_FALSE(shard.full());
}

TEST_CASE("what one shard has for another comes whole and in its order, its last turn's too") {
  Alone from, to;
  constexpr int works = 1000;   // some of them before the turn is over
  std::vector<int> seen;
  std::promise<void> begun;
  from.shard_.post([&] {
    begun.set_value();
    while (from.shard_.parts().waiting == 0) std::this_thread::yield();   // for stop()
    for (int work = 0; work < works; ++work)
      to.shard_.post([&seen, work] { seen.push_back(work); });
  });
  REQUIRE(begun.get_future().wait_for(patience) == std::future_status::ready);
  from.shard_.stop();
  to.shard_.stop();
  REQUIRE(seen.size() == works);
  CHECK(std::is_sorted(seen.begin(), seen.end()));
}

TEST_CASE("timers ring in the order of their times, a cancelled one never") {
  Alone alone;
  std::promise<void> done;
  std::string order;
  alone.shard_.post([&] {
    const Instant now = alone.clock_.now();
    alone.shard_.at(now + 40ms, [&] { done.set_value(); });
    alone.shard_.at(now + 20ms, [&] { order += "b"; });
    alone.shard_.at(now + 10ms, [&] { order += "a"; });
    const TimerKey never = alone.shard_.at(now + 15ms, [&] { order += "x"; });
    alone.shard_.at(now + 5ms, [&, never] { alone.shard_.cancel(never); });
    alone.shard_.at(now - 1s, [&] { order += "0"; });
  });
  REQUIRE(done.get_future().wait_for(patience) == std::future_status::ready);
  alone.shard_.stop();
  CHECK(order == "0ab");
}

TEST_CASE("a timer that always sets itself to now does not keep the loop for itself") {
  Alone alone;
  std::atomic<bool> stop = false;
  std::function<void()> again = [&] {
    if (!stop) alone.shard_.at(alone.clock_.now(), again);
  };
  std::promise<void> done;
  alone.shard_.post([&] { again(); });
  alone.shard_.post([&] { alone.shard_.post([&] { done.set_value(); }); });
  CHECK(done.get_future().wait_for(patience) == std::future_status::ready);
  stop = true;
  alone.shard_.stop();
}

TEST_CASE("an exception in one work is told and counted, and the next works run") {
  Alone alone;
  std::promise<void> done;
  alone.shard_.post([] { throw std::logic_error("a bug"); });
  alone.shard_.post([&] { done.set_value(); });
  CHECK(done.get_future().wait_for(patience) == std::future_status::ready);
  CHECK(alone.story_.wait_for("a bug"));
  CHECK(alone.metrics_.render().find("hanse_shard_failures_total 1") != std::string::npos);
}

TEST_CASE("SIGHUP reloads, each SIGTERM terminates, SIGPIPE does nothing") {
  Alone alone;
  Story heard;
  Signals signals(alone.shard_, [&] { heard.add("terminate"); }, [&] { heard.add("reload"); });
  std::promise<void> waiting;
  alone.shard_.post([&] { waiting.set_value(); });
  waiting.get_future().wait();
  std::raise(SIGPIPE);
  std::raise(SIGHUP);
  CHECK(heard.wait_for("reload"));
  std::raise(SIGTERM);
  CHECK(heard.wait_for("terminate", 1));
  std::raise(SIGTERM);
  CHECK(heard.wait_for("terminate", 2));
  alone.shard_.stop();  // before what it tells is gone
}

}  // namespace
}  // namespace hanse::net::test
