// SPDX-License-Identifier: Apache-2.0
// The bounds on connections that only show on open ones.

#include "tests/unit/net/bench.h"

namespace hanse::net::test {
namespace {

TEST_CASE("operations section 2: one connection too many of a peer hears a temporary no") {
  ConnectionLimits limits;
  limits.per_peer_max = 1;
  limits.trusted = {*parse_network("127.0.0.0/8")};
  Node node(1, false, limits);
  node.room_->inbound_ = [](const InboundContext&) -> Script {
    return [](Event& event, Instant, Outbox& out) {
      if (std::holds_alternative<Received>(event)) out.ask(Verify{});
      const Answered* answered = std::get_if<Answered>(&event);
      if (answered == nullptr) return;
      const TrustDecision& heard = std::get<TrustDecision>(answered->answer);
      out.send(heard.verdict == Verdict::accept ? "yes" : "not");
    };
  };
  node.listen();
  const auto ask = [&node](Client& client) {
    const std::size_t before = node.services_.replies_.size();
    client.send("q");
    REQUIRE(node.wait_until([&] { return node.services_.replies_.size() == before + 1; }));
    node.on_shard(0, [&] {
      node.services_.replies_.back()(TrustDecision{Verdict::accept, "b.example", "", {}});
    });
    return client.read(3);
  };
  Client second(node.port());
  {
    Client first(node.port());
    CHECK(ask(first) == "yes");
    CHECK(ask(first) == "yes");   // it is counted once
    CHECK(ask(second) == "not");
    CHECK(node.log_story_.count("peer.limit_reached") == 1);
  }
  REQUIRE(node.wait_until([&] { return node.open() == 1; }));
  CHECK(ask(second) == "yes");
}

TEST_CASE("D-17 those that are open already hear that connections run out, and that they do not") {
  ConnectionLimits limits;
  limits.connections_max = 5;
  limits.trusted = {*parse_network("127.0.0.0/8")};
  Node node(1, false, limits);
  node.room_->inbound_ = [](const InboundContext&) -> Script {
    return [](Event& event, Instant now, Outbox& out) {
      if (std::holds_alternative<Opened>(event)) out.set_timer(0, now + std::chrono::hours(1));
      if (const Crowded* told = std::get_if<Crowded>(&event)) out.send(told->crowded ? "c" : "-");
    };
  };
  node.listen();
  Client first(node.port());
  {
    std::vector<std::unique_ptr<Client>> more;
    for (int i = 0; i < 4; ++i) more.push_back(std::make_unique<Client>(node.port()));
    CHECK(first.read(1) == "c");
  }
  CHECK(first.read(1) == "-");
}

}  // namespace
}  // namespace hanse::net::test
