// SPDX-License-Identifier: Apache-2.0
// A real lane over real sockets, where the first address swallows everything (RFC 8305).

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "federation/lane.h"
#include "server/net/socket.h"
#include "tests/unit/net/bench.h"

namespace hanse::net::test {
namespace {

// Listens, and has its backlog filled: further connects get no answer at all.
class BlackHole {
 public:
  BlackHole() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sockets_.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int trap = sockets_.front();
    REQUIRE(::bind(trap, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(trap, 0) == 0);
    port_ = port_of(local_address(trap));
    address.sin_port = htons(port_);
    for (int filler = 0; filler < 4; ++filler) {
      sockets_.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      ::connect(sockets_.back(), reinterpret_cast<sockaddr*>(&address), sizeof address);
    }
  }
  ~BlackHole() {
    for (const int one : sockets_) ::close(one);
  }
  std::uint16_t port() const { return port_; }

 private:
  std::vector<int> sockets_;
  std::uint16_t port_ = 0;
};

// A queue that only writes down what it is told.
struct ToldQueue final : Queue {
  explicit ToldQueue(Story& story) : story_(story) {}
  void accept(Acceptance, std::function<void(Result<Accepted>)>) override {}
  void claim(std::string_view, std::string_view, std::size_t, UtcTime, bool,
             std::function<void(Result<Claimed>)>) override {}
  void settle(std::vector<Settlement> settlements) override {
    for (const Settlement& one : settlements)
      story_.add(one.outcome.disposition == Disposition::delivered ? "delivered"
                                                                   : one.outcome.reply);
  }
  void expire(std::string_view, std::string_view, UtcTime, UtcTime, Outcome) override {}
  void reportable(UtcTime, std::size_t,
                  std::function<void(Result<std::vector<Reportable>>)>) override {}
  void settle_reports(std::vector<DeliveryId>) override {}
  Story& story_;
};

struct NoNames final : Resolver {
  void lookup(DnsQuestion, std::function<void(Result<DnsAnswer>)>) override {}
};

// Knows its endpoints from the beginning.
class Known final : public Discovery {
 public:
  explicit Known(std::vector<Endpoint> endpoints) : endpoints_(std::move(endpoints)) {}
  std::optional<Ask> next() override { return std::nullopt; }
  void on(const DnsQuestion&, const Result<DnsAnswer>&) override {}
  bool done() const override { return true; }
  Result<std::vector<Endpoint>> endpoints() override { return endpoints_; }
  std::string status() const override { return {}; }
  std::string story() const override { return {}; }

 private:
  std::vector<Endpoint> endpoints_;
};

struct LaneOverSockets final : LaneHost {
  LaneOverSockets(Node& node, std::vector<Endpoint> endpoints) : node_(node) {
    traits_->protocol = "test";
    traits_->retry = {1min};
    traits_->discover = [endpoints = std::move(endpoints)](const std::string&, Random&) {
      return std::make_unique<Known>(endpoints);
    };
    node_.on_shard(0, [this] {
      lane_ = std::make_unique<Lane>(
          "a.example", traits_, TlsLevel::off,
          LaneParts{node_.clock_, random_, *node_.shards_[0], queue_, names_,
                    *node_.connections_[0], node_.log_, node_.metrics_, bodies_, wall_, *this});
    });
  }
  ~LaneOverSockets() {
    node_.on_shard(0, [this] { lane_.reset(); });
  }
  bool may_store() const override { return true; }
  void undelivered(const Work&, const Outcome&) override {}
  void send(DeliveryId id) {
    node_.on_shard(0, [&] { lane_->take(work_for(id)); });
  }

  Node& node_;
  Story story_;
  SeededRandom random_{1};
  ToldQueue queue_{story_};
  NoNames names_;
  BodyBudget bodies_;
  SteadyWall wall_{node_.clock_};
  std::shared_ptr<LaneTraits> traits_ = std::make_shared<LaneTraits>();
  std::unique_ptr<Lane> lane_;
};

Script takes_everything() {
  return [](Event& event, Instant, Outbox& out) {
    if (std::holds_alternative<Opened>(event)) out.ready();
    if (const auto* deliver = std::get_if<Deliver>(&event)) {
      Outcome outcome;
      outcome.disposition = Disposition::delivered;
      outcome.status = "2.0.0";
      for (const Target& target : deliver->work.targets) out.settle(target.id, outcome);
    }
  };
}

Endpoint at_port(const Endpoint& endpoint, std::uint16_t port) {
  Endpoint out = endpoint;
  out.port = port;
  return out;
}

TEST_CASE("an address that swallows everything holds up nothing, and is let go of") {
  const BlackHole hole;
  Node node;
  node.room_->outbound_ = [](const OutboundContext&) { return takes_everything(); };
  node.listen();
  LaneOverSockets at(node, {at_port(node.endpoint(), hole.port()), node.endpoint()});
  const Instant start = node.clock_.now();
  at.send(1);
  CHECK(at.story_.wait_for("delivered"));
  CHECK(node.clock_.now() - start < 10s);   // its own patience is three times that
  node.on_shard(0, [&] {
    CHECK(at.lane_->status().endpoint == to_text(node.endpoint()));
    const std::vector<ConnectionRow> rows = node.connections_[0]->rows();
    CHECK(std::count_if(rows.begin(), rows.end(),
                        [](const ConnectionRow& row) { return row.outgoing; }) == 1);
  });
}

TEST_CASE("whether others are left is known when the connection stands") {
  const BlackHole hole;
  Node node;
  Story left;
  node.room_->outbound_ = [&](const OutboundContext& context) {
    left.add(context.others_left ? "others" : "alone");
    return takes_everything();
  };
  node.listen();
  const Endpoint good = node.endpoint();
  {
    LaneOverSockets at(node, {at_port(good, hole.port()), good});
    at.send(1);
    CHECK(at.story_.wait_for("delivered"));
    CHECK(left.text() == "others; ");
  }
  LaneOverSockets alone(node, {good});
  alone.send(1);
  CHECK(alone.story_.wait_for("delivered"));
  CHECK(left.text() == "others; alone; ");
}

}  // namespace
}  // namespace hanse::net::test
