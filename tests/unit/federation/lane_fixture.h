// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "federation/retry.h"
#include "server/base/limits.h"
#include "tests/unit/federation/fake_world.h"

namespace hanse::fake {

// One lane to b.example, which has one address unless the test says otherwise.
struct LaneFixture : LaneHost {
  // LaneHost
  bool may_store() const override { return !disk_low; }
  void undelivered(const Work& work, const Outcome& outcome) override {
    lost.push_back(work);
    lost_how.push_back(outcome);
  }
  bool disk_low = false;
  std::vector<Work> lost;
  std::vector<Outcome> lost_how;

  World world;
  SeededRandom random{7};
  MemoryQueue queue{world};
  Names names{world};
  Links links{world};
  std::vector<std::string> lines;
  Log log{world, [this](std::string_view line) { lines.emplace_back(line); }};
  Metrics metrics;
  BodyBudget bodies;
  SteadyWall wall{world};
  std::shared_ptr<LaneTraits> traits = test_traits();
  std::unique_ptr<Lane> lane;

  explicit LaneFixture(TlsLevel tls = TlsLevel::may) {
    names.answers.emplace("b.example", addresses({"192.0.2.1"}));
    open(tls);
  }
  void open(TlsLevel tls) {
    lane = std::make_unique<Lane>(
        "b.example", traits, tls,
        LaneParts{world, random, world, queue, names, links, log, metrics, bodies,
                  wall, *this});
  }
  DeliveryId send() {
    const DeliveryId id = queue.put("b.example");
    const MemoryQueue::Row& row = queue.rows.at(id);
    lane->take({row.envelope, row.body, {{id, row.leg.to, 1}}});
    return id;
  }
  void send(std::size_t count) {
    for (std::size_t n = 0; n < count; ++n) send();
  }
  // One the store does not know; its id is its name.
  void pass(const std::string& id, Flow flow = Flow::swift, Duration patience = 30s,
            std::shared_ptr<const void> hold = nullptr) {
    const std::shared_ptr<Envelope> envelope = message(id, world.utc());
    envelope->flow = flow;
    envelope->patience = patience;
    lane->take({envelope, {std::make_shared<const std::string>("text"), 0, 4},
                {{0, address("user@b.example"), 1}}, nullptr, std::move(hold)});
  }
  void peer_is_down() {
    links.behave = [](const DialRequest&) {
      Behaviour out;
      out.connects = false;
      out.end = refused();
      return out;
    };
  }
  void peer_is_up() {
    links.behave = [](const DialRequest&) { return Behaviour{}; };
  }
  // Two addresses; the links to the first are played by the test.
  void first_host_by_hand() {
    names.answers.insert_or_assign("b.example", addresses({"192.0.2.1", "192.0.2.2"}));
    links.behave = [](const DialRequest& request) {
      Behaviour out;
      out.by_hand = request.endpoint.address == "192.0.2.1";
      return out;
    };
  }
  void by_hand() {
    links.behave = [](const DialRequest&) {
      Behaviour out;
      out.by_hand = true;
      return out;
    };
  }
  std::size_t logged(std::string_view event) const {
    std::size_t count = 0;
    for (const std::string& line : lines)
      if (line.find("\"" + std::string(event) + "\"") != std::string::npos) ++count;
    return count;
  }
};

}  // namespace hanse::fake
