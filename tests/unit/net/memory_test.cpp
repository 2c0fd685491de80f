// SPDX-License-Identifier: Apache-2.0
#include "server/net/memory.h"

#include <filesystem>
#include <fstream>

#include "tests/unit/net/bench.h"

namespace hanse::net::test {
namespace {

TEST_CASE("operations section 2: the memory a process may have is the least of its groups'") {
  std::string root = (std::filesystem::temp_directory_path() / "hanse-XXXXXX").string();
  REQUIRE(::mkdtemp(root.data()) != nullptr);
  const auto limit = [&root](const std::string& group, const std::string& text) {
    std::filesystem::create_directories(root + group);
    std::ofstream(root + group + "/memory.max") << text;
  };
  limit("/system.slice", "max\n");
  limit("/system.slice/hanse.service", "1048576\n");
  const std::string file = "1:name=systemd:/x\n0::/system.slice/hanse.service\n";
  CHECK(group_memory_max(file, root) == 1048576u);
  limit("/system.slice", "4096\n");
  CHECK(group_memory_max(file, root) == 4096u);
  limit("", "1024\n");
  CHECK(group_memory_max(file, root) == 1024u);
  CHECK(group_memory_max("0::/\n", root) == 1024u);
  CHECK(group_memory_max("1:memory:/x\n", root) == std::nullopt);
  limit("/other", "max\n");
  limit("", "nonsense\n");
  CHECK(group_memory_max("0::/other\n", root) == std::nullopt);
  std::filesystem::remove_all(root);
  CHECK(memory_bytes_max() > resident_bytes());
  CHECK(resident_bytes() > 100'000);
}

TEST_CASE("operations section 2: short of memory from the limit on, enough an eighth below") {
  MemoryLimit limit;
  std::string seen;
  for (const std::size_t resident : {799u, 800u, 799u, 700u, 699u, 799u, 900u})
    seen += limit.is_short(resident, 800) ? 's' : '.';
  CHECK(seen == ".sss..s");
}

// Holds all it is sent, as an engine in the middle of a message does.
struct HoardingEngine final : Engine {
  void on(Event event, Instant, Outbox& out) override {
    if (const auto* received = std::get_if<Received>(&event)) {
      held_ += received->bytes;
      out.send(".");
    }
  }
  std::size_t memory_bytes() const override { return held_.capacity(); }
  std::string held_;
};

struct HoardingRoom final : ProtocolRoom {
  std::unique_ptr<Engine> inbound(const InboundContext&) const override {
    return std::make_unique<HoardingEngine>();
  }
  std::unique_ptr<Engine> outbound(const OutboundContext&) const override { return nullptr; }
  std::shared_ptr<const LaneTraits> lane_traits() const override { return nullptr; }
  Result<Submission> report(const Reportable&, std::string_view, UtcTime) const override {
    return Error{Fault::never, "no reports here"};
  }
};

TEST_CASE("operations section 2: short of memory the noisiest are not read from, the others are") {
  Node node;
  node.listen();
  node.setup_->rooms["test"] = std::make_shared<HoardingRoom>();
  Client quiet(node.port()), noisy(node.port());
  quiet.send("q");
  CHECK(quiet.read(1) == ".");
  const std::string much(20'000, 'x');
  noisy.send(much);
  CHECK(noisy.read(1) == ".");
  const auto paused = [&node](const std::string& count) {
    return node.metrics_.render().find("hanse_connections_paused " + count + ".0\n") !=
           std::string::npos;
  };
  CHECK(paused("0"));
  for (int round = 0; round < 3; ++round)   // each call some more, but never the quiet one
    node.on_shard(0, [&] { node.connections_[0]->relieve(true); });
  CHECK(paused("1"));
  noisy.send("waits");
  quiet.send("q");
  CHECK(quiet.read(1) == ".");
  std::uint64_t taken = 0;
  const auto count_taken = [&] {
    taken = 0;
    for (const ConnectionRow& row : node.connections_[0]->rows()) taken += row.bytes_in;
  };
  node.on_shard(0, count_taken);
  CHECK(taken == much.size() + 2);
  node.on_shard(0, [&] { node.connections_[0]->relieve(false); });
  CHECK(noisy.read(1) == ".");
  node.on_shard(0, count_taken);
  CHECK(taken == much.size() + 7);
  CHECK(paused("0"));
}

TEST_CASE("operations section 2: a paused connection that ends is paused no more") {
  Node node;
  node.listen();
  node.setup_->rooms["test"] = std::make_shared<HoardingRoom>();
  Client noisy(node.port());
  noisy.send(std::string(20'000, 'x'));
  CHECK(noisy.read(1) == ".");
  node.on_shard(0, [&] {
    node.connections_[0]->relieve(true);
    node.connections_[0]->cut();
  });
  CHECK(node.wait_until([&] { return node.open() == 0; }));
  CHECK(node.metrics_.render().find("hanse_connections_paused 0.0\n") != std::string::npos);
}

}  // namespace
}  // namespace hanse::net::test
