// SPDX-License-Identifier: Apache-2.0
// What keeps the store out of trouble: poison, space, bounds, a second start, a newer schema.

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <set>

#include "store/database.h"
#include "store/schema.h"
#include "store/space_guard.h"
#include "store/store.h"
#include "tests/catch.h"
#include "tests/unit/store/kit.h"

namespace hanse::store {

using std::chrono::hours;

namespace {

constexpr std::uint64_t mebibyte = 1 << 20;

// A disk whose free space the test sets.
class SpaceDisk final : public Disk {
 public:
  Space now{100 * mebibyte, 1000 * mebibyte, 1000, 1000};

  std::string_view sqlite_vfs() const override { return {}; }
  bool shared_memory() const override { return true; }
  Result<void> make_directory(const std::string&) override { return {}; }
  Result<std::unique_ptr<DiskFile>> create(const std::string&) override { return Error{}; }
  Result<std::unique_ptr<DiskFile>> reuse(const std::string&, const std::string&) override {
    return Error{Fault::broken, "not in this test"};
  }
  Result<void> rename(const std::string&, const std::string&) override { return {}; }
  Result<void> sync_directory(const std::string&) override { return {}; }
  Result<void> remove(const std::string&) override { return {}; }
  Result<void> punch(const std::string&, std::uint64_t, std::uint64_t) override { return {}; }
  Result<std::vector<Entry>> list(const std::string&) override { return std::vector<Entry>(); }
  Result<std::string> read(const std::string&, std::uint64_t, std::size_t) override {
    return std::string();
  }
  Result<Space> space(const std::string&) override { return now; }
  std::uint64_t file_bytes(const std::string&) override { return 0; }
};

std::set<std::string> recipients_of(const Queue::Claimed& claimed) {
  std::set<std::string> out;
  for (const Work& work : claimed.work) {
    for (const Target& target : work.targets) out.insert(target.to.local);
  }
  return out;
}

}  // namespace

TEST_CASE("operations 6: a checkpoint of half a second or more is told, a quicker one is not") {
  const TemporaryDirectory directory;
  Bench bench(directory.path);
  REQUIRE(bench.open());
  using std::chrono::milliseconds;
  for (const auto& [step, told] :
       {std::pair{milliseconds(499), false}, std::pair{milliseconds(500), true}}) {
    REQUIRE(bench.accept(message_to({"u@b.example"})));
    bench.log_text.clear();
    bench.clock.step = step;
    REQUIRE(bench.store->checkpoint());
    bench.clock.step = {};
    CAPTURE(step.count(), bench.log_text);
    CHECK((bench.log_text.find("store.checkpoint_slow") != std::string::npos) == told);
  }
}

TEST_CASE("D7 from the second crash on suspects go out one at a time, the third sets one aside") {
  const TemporaryDirectory directory;
  Bench bench(directory.path);
  REQUIRE(bench.open());
  for (const char* name : {"one", "two", "three"}) {
    REQUIRE(bench.accept(message_to({std::string(name) + "@c.example"})));
  }
  bench.crash();
  REQUIRE(bench.open());
  CHECK(bench.claim("c.example").work.size() == 3);   // the first crash may be anybody's
  bench.crash();
  REQUIRE(bench.open());
  REQUIRE(bench.accept(message_to({"fresh@c.example"})));
  const Queue::Claimed alone = bench.claim("c.example");
  CHECK(recipients_of(alone) == std::set<std::string>{"one"});
  const Queue::Claimed none = bench.claim("c.example");
  CHECK(none.work.empty());
  CHECK(none.next > bench.clock.utc());
  CHECK(none.waiting == 2);
  bench.crash();
  REQUIRE(bench.open());
  CHECK(bench.store->recovered().quarantined == 1);

  // The others leave one after the other, each when the one before has come back; "fresh" was
  // only near one crash and goes along.
  const Queue::Claimed second = bench.claim("c.example");
  CHECK(recipients_of(second) == std::set<std::string>{"two", "fresh"});
  CHECK(bench.claim("c.example").work.empty());
  for (const Work& work : second.work) {
    REQUIRE(bench.settle({settlement(work.targets[0].id, Disposition::delivered)}));
  }
  CHECK(recipients_of(bench.claim("c.example")) == std::set<std::string>{"three"});

  // What was set aside has its bytes, and an operator may let it go again.
  REQUIRE(bench.change(QueueVerb::release, {"status=quarantine"})->legs == 1);
  const Queue::Claimed released = bench.claim("c.example");
  CHECK(recipients_of(released) == std::set<std::string>{"one"});
  CHECK(*released.work.at(0).body.bytes == "a body\r\n");
}

TEST_CASE("D7 xmpp 4.7 in order nothing goes past a suspect that may not leave yet") {
  const TemporaryDirectory directory;
  Bench bench(directory.path);
  REQUIRE(bench.open());
  for (const char* name : {"one", "two"})
    REQUIRE(bench.accept(message_to({std::string(name) + "@c.example"})));
  for (int crash = 0; crash < 2; ++crash) {
    bench.crash();
    REQUIRE(bench.open());
    if (crash == 0) CHECK(bench.claim("c.example", 100, true).work.size() == 2);
  }
  // Behind both, and near no crash.
  const Result<Accepted> later = bench.accept(message_to({"later@c.example"}));
  REQUIRE(later);
  REQUIRE(bench.settle({settlement(later->ids[0], Disposition::deferred, bench.clock.utc())}));
  const Queue::Claimed first = bench.claim("c.example", 100, true);
  CHECK(recipients_of(first) == std::set<std::string>{"one"});
  const Queue::Claimed none = bench.claim("c.example", 100, true);
  CHECK(none.work.empty());
  CHECK(none.next > bench.clock.utc());
  REQUIRE(bench.settle({settlement(first.work[0].targets[0].id, Disposition::delivered)}));
  CHECK(recipients_of(bench.claim("c.example", 100, true)) ==
        std::set<std::string>{"two", "later"});
}

TEST_CASE("D7 a message that was tried and came back is suspected no more") {
  const TemporaryDirectory directory;
  Bench bench(directory.path);
  REQUIRE(bench.open());
  const Result<Accepted> accepted = bench.accept(message_to({"one@c.example"}));
  REQUIRE(accepted);
  for (int crash = 0; crash < 6; ++crash) {
    bench.crash();
    REQUIRE(bench.open());
    CHECK(bench.store->recovered().quarantined == 0);
    REQUIRE(bench.claim("c.example").work.size() == 1);
    REQUIRE(bench.settle({settlement(accepted->ids[0], Disposition::deferred, bench.clock.utc())}));
    REQUIRE(bench.claim("c.example").work.size() == 1);
  }
}

TEST_CASE("D7 a clean exit accuses nobody") {
  const TemporaryDirectory directory;
  Bench bench(directory.path);
  REQUIRE(bench.open());
  REQUIRE(bench.accept(message_to({"one@c.example"})));
  for (int exit = 0; exit < 5; ++exit) {
    bench.close();
    REQUIRE(bench.open());
    CHECK(bench.store->recovered().clean_exit);
    CHECK(bench.store->recovered().quarantined == 0);
    REQUIRE(bench.claim("c.example").work.size() == 1);
  }
}

TEST_CASE("D9 Q-4 low below the limit, good again at 1.2 times the limit") {
  SpaceDisk disk;
  TestClock clock;
  std::string text;
  Log log(clock, [&text](std::string_view line) { text += line; });
  Metrics metrics;
  SpaceGuard guard(disk, "/data", 50 * mebibyte, log, metrics);
  const auto low_at = [&](std::uint64_t free_bytes, std::uint64_t free_inodes) {
    clock.elapsed += std::chrono::seconds(2);
    disk.now.free_bytes = free_bytes;
    disk.now.free_inodes = free_inodes;
    guard.look(clock.now());
    return guard.low();
  };
  CHECK_FALSE(low_at(51 * mebibyte, 1000));
  CHECK(low_at(49 * mebibyte, 1000));
  CHECK(low_at(55 * mebibyte, 1000));
  CHECK_FALSE(low_at(61 * mebibyte, 1000));
  CHECK(low_at(100 * mebibyte, 49));
  CHECK(low_at(100 * mebibyte, 55));
  CHECK_FALSE(low_at(100 * mebibyte, 61));
  CHECK(guard.room_bytes() == 50 * mebibyte);   // smtp D-8
  CHECK_FALSE(low_at(51 * mebibyte + 1, 1000));
  CHECK(guard.room_bytes() == mebibyte + 1);
  CHECK(low_at(49 * mebibyte, 1000));
  CHECK(low_at(55 * mebibyte, 1000));
  CHECK(guard.room_bytes() == 0);               // until it is good again
  CHECK_FALSE(low_at(61 * mebibyte, 1000));
  CHECK(text.find("store.disk_low") != std::string::npos);
  CHECK(text.find("store.disk_ok") != std::string::npos);

  disk.now.total_inodes = 0;   // a file system that does not count them
  CHECK_FALSE(low_at(100 * mebibyte, 0));
}

TEST_CASE("a destination at its bound is full until it is below four fifths") {
  const TemporaryDirectory directory;
  RealDisk disk;
  StoreSettings settings = Bench::settings_in(directory.path);
  settings.lane_messages_max = 10;
  Bench bench(disk, settings);
  REQUIRE(bench.open());
  std::vector<DeliveryId> ids;
  for (int at = 0; at < 10; ++at) {
    CHECK(bench.store->pressure().full_lanes.empty());
    ids.push_back(bench.accept(message_to({"one@c.example"}))->ids[0]);
  }
  CHECK(bench.store->pressure().full_lanes == std::set<std::string>{"smtp/c.example"});
  for (int at = 0; at < 3; ++at) {
    CHECK(bench.store->pressure().full_lanes.size() == 1);
    REQUIRE(bench.settle({settlement(ids[static_cast<std::size_t>(at)], Disposition::delivered)}));
  }
  CHECK(bench.store->pressure().full_lanes.empty());
}

TEST_CASE("operations 2: a destination's bound holds for those who were let in before it") {
  const TemporaryDirectory directory;
  RealDisk disk;
  StoreSettings settings = Bench::settings_in(directory.path);
  settings.lane_messages_max = 10;
  settings.lane_bytes_max = 100'000;
  Bench bench(disk, settings);
  REQUIRE(bench.open());
  SECTION("by their number, and one message may pass it") {
    for (int at = 0; at < 9; ++at) REQUIRE(bench.accept(message_to({"one@c.example"})));
    REQUIRE(bench.accept(message_to({"one@c.example", "two@c.example", "three@c.example"})));
  }
  SECTION("by their octets") {
    Acceptance large = message_to({"one@c.example"});
    large.body.bytes = std::make_shared<std::string>(60'000, 'x');
    large.body.size = 60'000;
    REQUIRE(bench.accept(large));
    REQUIRE(bench.accept(large));
  }
  const auto refused = bench.accept(message_to({"one@d.example", "late@c.example"}));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().fault == Fault::overloaded);
  CHECK(bench.accept(message_to({"one@d.example"})));   // it is its destination's alone
  Acceptance report = message_to({"late@c.example"});
  auto envelope = std::make_shared<Envelope>(*report.envelope);
  envelope->is_report = true;
  report.envelope = std::move(envelope);
  CHECK(bench.accept(report));
}

TEST_CASE("D10 a second start on one data directory names the holder") {
  const TemporaryDirectory directory;
  auto held = DirectoryLock::take(directory.path);
  REQUIRE(held);
  const auto second = DirectoryLock::take(directory.path);
  REQUIRE_FALSE(second);
  CHECK(second.error().what.find(std::to_string(::getpid())) != std::string::npos);
  held->reset();
  CHECK(DirectoryLock::take(directory.path));
}

TEST_CASE("a newer schema is refused with the way out; an older one is copied and brought up") {
  const TemporaryDirectory directory;
  const std::string path = directory.path + "/queue.db";
  RealDisk disk;
  constexpr std::array<std::string_view, 1> old_steps{
      "CREATE TABLE a(x); INSERT INTO a VALUES(7);"};
  constexpr std::array<std::string_view, 2> new_steps{old_steps[0], "ALTER TABLE a ADD COLUMN y"};
  constexpr std::array<std::string_view, 2> bad_steps{old_steps[0], "DELETE FROM a; BROKEN;"};
  const auto open = [&](const std::string& file) {
    return *Database::open(file, {}, Database::Mode::read_write, true);
  };
  REQUIRE(bring_up_to_date(*open(path), disk, path, old_steps));
  CHECK_FALSE(bring_up_to_date(*open(path), disk, path, bad_steps));
  CHECK(open(path)->number("SELECT x FROM a") == 7);   // all or nothing
  REQUIRE(bring_up_to_date(*open(path), disk, path, new_steps));
  CHECK(open(path)->number("SELECT count(y) + x FROM a") == 7);
  CHECK(open(path + ".schema1")->number("SELECT x FROM a") == 7);

  const Result<void> refused = bring_up_to_date(*open(path), disk, path, old_steps);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().fault == Fault::never);
  CHECK(refused.error().what.find(path + ".schema1") != std::string::npos);
}

TEST_CASE("nobody else can read what is stored") {
  const TemporaryDirectory directory;
  const std::string data = directory.path + "/data";
  Bench bench(data);
  REQUIRE(bench.open());
  REQUIRE(bench.accept(message_to({"one@c.example"}, std::string(100'000, 'x'))));
  const auto mode_of = [](const std::string& path) {
    struct stat facts{};
    REQUIRE(::stat(path.c_str(), &facts) == 0);
    return facts.st_mode & 0777;
  };
  CHECK(mode_of(data) == 0700);
  CHECK(mode_of(data + "/bodies") == 0700);
  CHECK(mode_of(data + "/queue.db") == 0600);
  CHECK(mode_of(data + "/queue.db-wal") == 0600);
}

}  // namespace hanse::store
