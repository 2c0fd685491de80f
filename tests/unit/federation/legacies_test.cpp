// SPDX-License-Identifier: Apache-2.0
#include "federation/legacies.h"

#include "server/base/limits.h"
#include "tests/unit/federation/node_fixture.h"

namespace hanse {
namespace {

using namespace std::chrono_literals;

struct Thing final : Legacy {
  explicit Thing(int what, std::size_t size = 10) : number(what), size_(size) {}
  std::size_t bytes() const override { return size_; }
  int number;
  std::size_t size_;
};

// Two shards; every place is kept on the first, connections live on the second.
struct Shard final : Shards {
  fake::Node keeper;
  Exchange& kept() { return *keeper.exchange; }
  bool visit(const std::string&, const std::string&,
             std::function<void(Exchange&)> work) override {
    if (shut) return false;
    keeper.world.at(keeper.world.now(), [this, work] { work(kept()); });
    return true;
  }
  bool hand(const std::string&, const std::string&, Work&) override { return false; }

  std::shared_ptr<ShardDoor> door = std::make_shared<ShardDoor>();
  Legacies here{*this, keeper.world, keeper.world, door};
  bool shut = false;
  int wanted = 0;
  std::vector<int> heard;   // 0: nothing

  Shard() { door->executor = &keeper.world; }
  static LegacyKey key(const std::string& name, const std::string& place = "a>b") {
    return {"proto", place, name};
  }
  void promise(const std::string& name) {
    here.promise(key(name), [this] { ++wanted; });
    keeper.world.run_for(0us);
  }
  void leave(const std::string& name, int what, const std::string& place = "a>b",
             std::size_t size = 10) {
    here.leave(key(name, place), what == 0 ? nullptr : std::make_shared<const Thing>(what, size));
    keeper.world.run_for(0us);
  }
  void ask(const std::string& name, const std::string& place = "a>b") {
    const std::size_t before = heard.size();
    here.inherit(key(name, place), [this](const std::shared_ptr<const Legacy>& legacy) {
      const auto* thing = dynamic_cast<const Thing*>(legacy.get());
      heard.push_back(thing == nullptr ? 0 : thing->number);
    });
    CHECK(heard.size() == before);   // never from inside the call
    keeper.world.run_for(0us);
  }
  std::size_t count() { return kept().legacies().count(); }
};

TEST_CASE("legacies: what is left is had once, by whoever knows place and name", "[legacies]") {
  Shard shard;
  shard.leave("one", 1);
  shard.ask("two");
  shard.ask("one", "c>b");
  shard.ask("one");
  shard.ask("one");
  CHECK(shard.heard == std::vector<int>{0, 0, 1, 0});
  CHECK(shard.count() == 0);
}

TEST_CASE("legacies: what is promised is waited for, and who promised it hears of that",
          "[legacies]") {
  Shard shard;
  shard.promise("one");
  CHECK(shard.wanted == 0);
  shard.ask("one");
  CHECK(shard.wanted == 1);
  CHECK(shard.heard.empty());
  SECTION("it is left") {
    shard.leave("one", 7);
    CHECK(shard.heard == std::vector<int>{7});
  }
  SECTION("it is nothing") {
    shard.leave("one", 0);
    CHECK(shard.heard == std::vector<int>{0});
  }
  SECTION("somebody else asks too: who came last has it") {
    shard.ask("one");
    CHECK(shard.heard == std::vector<int>{0});
    shard.leave("one", 7);
    CHECK(shard.heard == std::vector<int>{0, 7});
  }
  SECTION("it is promised anew: nobody leaves the first any more") {
    shard.promise("one");
    CHECK(shard.heard == std::vector<int>{0});
    shard.leave("one", 0);
  }
  CHECK(shard.count() == 0);
}

TEST_CASE("legacies: they are kept for a while, and so many", "[legacies]") {
  Shard shard;
  SECTION("for a while") {
    shard.leave("one", 1);
    shard.keeper.world.run_for(limits::legacy_kept_max / 2);
    shard.leave("two", 2);
    shard.keeper.world.run_for(limits::legacy_kept_max / 2 + 1s);
    CHECK(shard.count() == 1);
    shard.ask("one");
    shard.ask("two");
    CHECK(shard.heard == std::vector<int>{0, 2});
  }
  SECTION("of one place; the oldest goes, and others keep theirs") {
    shard.leave("other", 99, "c>b");
    for (std::size_t i = 0; i <= limits::legacies_per_place_max; ++i)
      shard.leave(std::to_string(i), static_cast<int>(i + 1));
    CHECK(shard.count() == limits::legacies_per_place_max + 1);
    shard.ask("0");
    shard.ask("1");
    shard.ask("other", "c>b");
    CHECK(shard.heard == std::vector<int>{0, 2, 99});
  }
  SECTION("of all") {
    for (std::size_t i = 0; i <= limits::legacies_max; ++i)
      shard.leave("x", static_cast<int>(i + 1), "place" + std::to_string(i));
    CHECK(shard.count() == limits::legacies_max);
    shard.ask("x", "place0");
    shard.ask("x", "place1");
    CHECK(shard.heard == std::vector<int>{0, 2});
  }
  SECTION("in bytes") {
    shard.leave("one", 1, "p", limits::legacies_bytes_max / 2);
    shard.leave("two", 2, "q", limits::legacies_bytes_max / 2);
    CHECK(shard.count() == 2);
    shard.leave("three", 3, "r", 1);
    shard.leave("four", 4, "s", limits::legacies_bytes_max + 1);
    CHECK(shard.count() == 2);
    shard.ask("one", "p");
    shard.ask("two", "q");
    CHECK(shard.heard == std::vector<int>{0, 2});
  }
}

TEST_CASE("legacies: a shard that is not there has nothing", "[legacies]") {
  Shard shard;
  shard.shut = true;
  shard.ask("one");
  CHECK(shard.heard == std::vector<int>{0});
}

}  // namespace
}  // namespace hanse
