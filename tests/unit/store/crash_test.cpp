// SPDX-License-Identifier: Apache-2.0
// The store on a disk that loses power at every sync there is, one after the other.

#include <map>
#include <set>

#include "server/base/limits.h"
#include "tests/catch.h"
#include "tests/sim/sim_disk.h"
#include "tests/unit/store/kit.h"

namespace hanse::store {

namespace {

constexpr std::size_t large_bytes = 100 * 1024;   // lives in a file

StoreSettings sim_settings() { return Bench::settings_in("/data"); }

// Does a little of everything, remembers what was acknowledged, and compares after a crash.
class Workload {
 public:
  Workload(sim::SimDisk& disk, std::uint64_t seed)
      : disk_(disk), bench_(disk, sim_settings()), random_(seed) {}

  bool run() {                          // false: the power went
    if (!bench_.open()) return false;
    for (int round = 0; round < 12; ++round) {
      if (!accept_some() || !settle_some()) return false;
      if (round % 4 == 3 && !bench_.store->checkpoint()) return false;
      if (round % 5 == 4 && !bench_.store->sweep()) return false;
      bench_.clock.elapsed += std::chrono::minutes(10);
    }
    return bool(bench_.store->close_cleanly());
  }

  void check_after_power_loss() {
    bench_.crash();
    disk_.crash();
    REQUIRE(bench_.open());
    bench_.clock.elapsed += std::chrono::hours(1);
    std::map<std::string, int> found;
    while (true) {
      const Queue::Claimed claimed = bench_.claim("c.example");
      if (claimed.work.empty()) break;
      for (const Work& work : claimed.work) {
        const std::string bytes = bytes_of(work.body);
        for (const Target& target : work.targets) {
          ++found[target.to.local];
          INFO(target.to.local);
          CHECK(bytes == bodies_.at(target.to.local));
        }
      }
    }
    for (const auto& [recipient, times] : found) {
      INFO(recipient);
      CHECK(times == 1);
      CHECK(delivered_.count(recipient) == 0);
    }
    for (const std::string& recipient : acknowledged_) {
      INFO(recipient);
      // A delivery whose commit the power cut may count or not.
      if (delivered_.count(recipient) == 0 && doubtful_.count(recipient) == 0) {
        CHECK(found.count(recipient) == 1);
      }
    }
  }

 private:
  bool accept_some() {
    std::vector<Command> batch;
    std::map<std::string, DeliveryId> accepted;
    for (int at = 0; at < 3; ++at) {
      const std::string name = "m" + std::to_string(next_++);
      const std::string other = name + "-too";
      std::string bytes(random_.below(3) == 0 ? large_bytes : 100 + random_.below(5000), 'x');
      bytes += name;
      bodies_[name] = bodies_[other] = bytes;
      batch.push_back({nullptr, AcceptCommand{message_to({name + "@c.example",
                                                          other + "@c.example"}, bytes),
                                              [&accepted, name, other](Result<Accepted> answer) {
                                                if (!answer) return;
                                                accepted[name] = answer->ids[0];
                                                accepted[other] = answer->ids[1];
                                              }}});
    }
    std::vector<QueueStore::Reply> replies;
    const bool done = bool(bench_.store->run(batch, replies));
    for (const QueueStore::Reply& reply : replies) reply.run();
    for (const auto& [name, id] : accepted) {
      acknowledged_.insert(name);
      under_way_[name] = id;
    }
    return done;
  }

  bool settle_some() {
    std::vector<Settlement> settlements;
    std::vector<std::string> delivered;
    for (const auto& [name, id] : under_way_) {
      const std::uint64_t dice = random_.below(4);
      if (dice == 0) continue;
      if (dice == 1) {
        settlements.push_back(settlement(id, Disposition::deferred,
                                         bench_.clock.utc() + std::chrono::minutes(5)));
      } else {
        settlements.push_back(settlement(id, Disposition::delivered));
        delivered.push_back(name);
      }
    }
    for (const Settlement& done : settlements) {
      std::erase_if(under_way_, [&](const auto& entry) { return entry.second == done.id; });
    }
    const bool committed = bool(bench_.settle(std::move(settlements)));
    (committed ? delivered_ : doubtful_).insert(delivered.begin(), delivered.end());
    return committed;
  }

  std::string bytes_of(const Body& body) {
    if (body.bytes) return *body.bytes;
    std::string bytes;
    REQUIRE(bench_.run({nullptr, FetchCommand{body.blob, 0, body.size, [&](auto answer) {
                                                if (answer) bytes = *answer;
                                              }}}));
    return bytes;
  }

  sim::SimDisk& disk_;
  Bench bench_;
  SeededRandom random_;
  int next_ = 0;
  std::map<std::string, std::string> bodies_;
  std::map<std::string, DeliveryId> under_way_;
  std::set<std::string> acknowledged_, delivered_, doubtful_;
};

}  // namespace

TEST_CASE("D1 D4 D6 Q-2 power loss at every sync loses nothing and doubles nothing") {
  std::uint64_t crashes = 0;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    bool lost_power = true;
    for (std::uint64_t sync = 1; lost_power; ++sync) {
      sim::SimDisk disk(seed * 1000 + sync);
      disk.crash_at_sync(sync);
      Workload workload(disk, seed);
      lost_power = !workload.run();
      INFO("seed " << seed << ", sync " << sync);
      CHECK(disk.crashed() == lost_power);
      workload.check_after_power_loss();
      if (lost_power) ++crashes;
    }
  }
  CHECK(crashes > 200);
}

TEST_CASE("D5 a failed sync is final: no later answer is positive") {
  for (std::uint64_t sync = 1; sync < 8; ++sync) {
    sim::SimDisk disk(sync);
    Bench bench(disk, sim_settings());
    REQUIRE(bench.open());
    disk.fail_sync(sync);
    bool broke = false;
    for (int at = 0; at < 12; ++at) {
      const Result<Accepted> answer =
          bench.accept(message_to({"one@c.example"}, std::string(large_bytes, 'x')));
      if (broke) CHECK_FALSE(answer);
      if (!answer) CHECK(answer.error().fault == Fault::broken);
      broke = broke || !answer;
    }
    CHECK(broke);
  }
}

TEST_CASE("D9 Q-4 a full disk refuses new messages, loses none, and takes the results later") {
  sim::SimDisk disk(1);
  Bench bench(disk, sim_settings());
  REQUIRE(bench.open());
  const Result<Accepted> first = bench.accept(message_to({"one@c.example"}));
  REQUIRE(first);
  disk.set_full(true);
  // The log may still have room that it had before.
  Result<Accepted> small = bench.accept(message_to({"two@d.example"}));
  for (int at = 0; at < 1000 && small; ++at) small = bench.accept(message_to({"two@d.example"}));
  REQUIRE_FALSE(small);
  CHECK(small.error().fault == Fault::overloaded);
  const Result<Accepted> large =
      bench.accept(message_to({"three@c.example"}, std::string(large_bytes, 'x')));
  REQUIRE_FALSE(large);
  CHECK(large.error().fault == Fault::overloaded);
  CHECK(disk.list("/data/bodies")->empty());

  disk.set_full(false);
  REQUIRE(bench.settle({settlement(first->ids[0], Disposition::deferred, bench.clock.utc())}));
  const Queue::Claimed claimed = bench.claim("c.example");
  REQUIRE(claimed.work.size() == 1);
  CHECK(claimed.work[0].targets[0].to.local == "one");
  CHECK(bench.accept(message_to({"four@c.example"})));
}

}  // namespace hanse::store
