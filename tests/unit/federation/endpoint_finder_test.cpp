// SPDX-License-Identifier: Apache-2.0
#include "federation/endpoint_finder.h"

#include "server/base/limits.h"
#include "tests/catch.h"
#include "tests/unit/federation/fake_world.h"

using namespace hanse;
using namespace hanse::fake;

namespace {

// Asks for both families of one host; one of them would do.
class BothFamilies final : public Discovery {
 public:
  std::optional<Ask> next() override {
    if (asked_ == 2) return std::nullopt;
    return Ask{{"h.example", asked_++ == 0 ? DnsType::aaaa : DnsType::a}};
  }
  void on(const DnsQuestion& question, const Result<DnsAnswer>& answer) override {
    ++heard_;
    if (answer && answer->status == DnsStatus::ok)
      found_.push_back({"h.example", question.type == DnsType::a ? "v4" : "v6", 25, {}, false});
  }
  bool done() const override { return passed_over_ || heard_ == 2; }
  bool would_do() const override { return !done() && !found_.empty(); }
  void pass_over() override { passed_over_ = true; }
  Result<std::vector<Endpoint>> endpoints() override { return found_; }
  std::string status() const override { return {}; }
  std::string story() const override { return {}; }

 private:
  int asked_ = 0, heard_ = 0;
  bool passed_over_ = false;
  std::vector<Endpoint> found_;
};

// Answers each type after its own time.
struct SlowNames final : Resolver {
  SlowNames(World& world, Duration v6, Duration v4) : world_(world), v6_(v6), v4_(v4) {}
  void lookup(DnsQuestion question, std::function<void(Result<DnsAnswer>)> reply) override {
    const bool v6 = question.type == DnsType::aaaa;
    world_.at(world_.now() + (v6 ? v6_ : v4_), [this, v6, reply] {
      reply(addresses(v6 && no_v6_ ? std::vector<std::string>{} : std::vector<std::string>{"x"}));
    });
  }
  World& world_;
  Duration v6_, v4_;
  bool no_v6_ = false;
};

struct Told {
  std::string places;
  Duration took{0};
  bool in_part = false;
};

Told find(Duration v6, Duration v4, bool no_v6 = false) {
  World world;
  SlowNames names(world, v6, v4);
  names.no_v6_ = no_v6;
  EndpointFinder finder(world, world, names);
  Told told;
  const Instant start = world.now();
  finder.start(std::make_unique<BothFamilies>(), [&](EndpointFinder::Found found) {
    for (const Endpoint& one : *found.endpoints) told.places += one.address + " ";
    told.took = world.now() - start;
    told.in_part = found.in_part;
  });
  world.run_for(60s);   // also past every answer that comes too late
  CHECK_FALSE(finder.running());
  return told;
}

}  // namespace

TEST_CASE("RFC 8305 3 the second family is waited for a moment only") {
  const Told slow = find(10s, 5ms);
  CHECK(slow.places == "v4 ");
  CHECK(slow.took == 5ms + limits::resolution_delay);
  CHECK(slow.in_part);
  const Told other = find(5ms, 10s);
  CHECK(other.places == "v6 ");
  CHECK(other.in_part);
}

TEST_CASE("RFC 8305 3 what comes within the moment counts, and nothing waits that is complete") {
  const Told near = find(40ms, 5ms);
  CHECK(near.places == "v4 v6 ");
  CHECK(near.took == 40ms);
  CHECK_FALSE(near.in_part);
  CHECK(find(3ms, 5ms).took == 5ms);
}

TEST_CASE("an answer without addresses is not worth going ahead for") {
  const Told late = find(5ms, 3s, true);
  CHECK(late.places == "v4 ");
  CHECK(late.took == 3s);
  CHECK_FALSE(late.in_part);
}

TEST_CASE("a finder that is stopped in its moment says nothing more") {
  World world;
  SlowNames names(world, 10s, 5ms);
  EndpointFinder finder(world, world, names);
  bool told = false;
  finder.start(std::make_unique<BothFamilies>(),
               [&told](const EndpointFinder::Found&) { told = true; });
  world.run_for(20ms);
  finder.stop();
  world.run_for(60s);
  CHECK_FALSE(told);
}
