// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "tests/unit/net/bench.h"

using namespace hanse;
using namespace hanse::net;
using namespace hanse::net::test;

namespace {

// An incoming connection that offers itself to two lanes and writes what they deliver.
Script serving(Story& story, bool beside) {
  return [&story, beside](Event& event, Instant, Outbox& out) {
    if (std::holds_alternative<Opened>(event)) {
      out.serve("a.example>b.example", beside);
      out.serve("c.example>b.example", beside);
    }
    if (std::holds_alternative<Received>(event)) out.send("heard\n");
    if (std::holds_alternative<Drain>(event)) out.hang_up();
    if (const auto* deliver = std::get_if<Deliver>(&event)) {
      const DeliveryId id = deliver->work.targets.at(0).id;
      story.add("delivers " + std::to_string(id));
      Outcome outcome;
      outcome.disposition = Disposition::delivered;
      out.settle(id, outcome);
      out.send("work\n");
    }
  };
}

// The lanes live on the last shard, whichever the connection is on.
struct Keeper {
  explicit Keeper(std::size_t shards, bool beside = false) : node(shards) {
    node.room_->inbound_ = [this, beside](const InboundContext&) {
      return serving(story, beside);
    };
    node.services_.serves_ = [this](const std::string&, const std::string& lane,
                                    std::unique_ptr<ServedLink> link) {
      auto held = std::make_shared<std::unique_ptr<ServedLink>>(std::move(link));
      Shard& home = *node.shards_.back();
      home.post([this, lane, held, &home] {
        if (refuses) return held->reset();
        (*held)->join(lane.front() == 'a' ? first : second, home);
        links[lane.front() == 'a' ? 0 : 1] = std::move(*held);
        story.add("joined " + lane);
      });
    };
    node.listen();
  }
  void at_home(const std::function<void()>& work) {
    node.on_shard(node.shards_.size() - 1, work);
  }
  ~Keeper() {
    at_home([this] {
      for (auto& link : links) link.reset();
    });
  }

  Story story;
  ToldLane first{story}, second{story};
  std::array<std::unique_ptr<ServedLink>, 2> links;
  bool refuses = false;
  Node node;
};

}  // namespace

TEST_CASE("served: works of lanes on another shard go over the peer's own connection") {
  Keeper at(GENERATE(std::size_t{1}, std::size_t{3}));
  Client client(at.node.port());
  REQUIRE(at.story.wait_for("joined c.example>b.example"));
  at.at_home([&] {
    at.links[0]->deliver(work_for(7));
    at.links[0]->deliver(work_for(-1));
    at.links[1]->deliver(work_for(-1));   // each lane counts by itself
  });
  CHECK(client.read(15) == "work\nwork\nwork\n");
  CHECK(at.story.wait_for("settled 7"));
  CHECK(at.story.wait_for("settled -1", 2));
  CHECK(at.story.wait_for("delivers -2"));
  CHECK(at.links[0]->endpoint().address == "127.0.0.1");
}

TEST_CASE("served: when the peer goes away every lane hears it, and late works come back") {
  Keeper at(2);
  auto client = std::make_unique<Client>(at.node.port());
  REQUIRE(at.story.wait_for("joined c.example>b.example"));
  client.reset();
  REQUIRE(at.node.wait_until([&] { return at.node.open() == 0; }));
  at.at_home([&] { at.links[0]->deliver(work_for(9)); });
  CHECK(at.node.wait_until([&] { return at.story.text().find("closed") != std::string::npos; }));
  CHECK(at.node.wait_until([&] {
    const std::string text = at.story.text();
    return text.find("closed", text.find("closed") + 1) != std::string::npos;
  }));
}

TEST_CASE("served: the lane's goodbye reaches the engine, its end is the connection's") {
  Keeper at(2);
  Client client(at.node.port());
  REQUIRE(at.story.wait_for("joined c.example>b.example"));
  SECTION("drained") { at.at_home([&] { at.links[0]->drain(); }); }
  SECTION("let go") { at.at_home([&] { at.links[0].reset(); }); }
  CHECK(client.read_to_end().empty());
}

TEST_CASE("served: a connection that no lane wants is closed") {
  Keeper at(2);
  at.refuses = true;
  Client client(at.node.port());
  CHECK(client.read_to_end().empty());
  CHECK(at.node.wait_until([&] { return at.node.open() == 0; }));
}

TEST_CASE("served beside: a connection that no lane wants goes on") {
  Keeper at(2, true);
  at.refuses = true;
  Client client(at.node.port());
  client.send("x");
  CHECK(client.read(6) == "heard\n");
  at.at_home([] {});
  client.send("y");
  CHECK(client.read(6) == "heard\n");
}
