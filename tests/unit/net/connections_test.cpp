// SPDX-License-Identifier: Apache-2.0
#include "server/net/connections.h"

#include <sys/socket.h>

#include <array>

#include "server/base/limits.h"
#include "tests/unit/net/bench.h"

namespace hanse::net::test {
namespace {

// A listening node and a lane that dials it.
struct Pair {
  explicit Pair(Script script, std::size_t shards = 1, bool tls = false) : node_(shards, tls) {
    node_.room_->outbound_ = [script](const OutboundContext&) { return script; };
    node_.listen();
  }
  void dial() {
    node_.on_shard(0, [this] {
      link_ = node_.connections_[0]->dial({"test", "a.example", node_.endpoint(), TlsLevel::may},
                                          lane_);
      CHECK(story_.text().empty());
    });
  }
  ~Pair() {
    node_.on_shard(0, [this] { link_.reset(); });
  }
  Node node_;
  Story story_;
  ToldLane lane_{story_};
  std::unique_ptr<Link> link_;
};

TEST_CASE("bytes come back over loopback, with one shard and with four") {
  Node node(GENERATE(std::size_t{1}, std::size_t{4}));
  node.listen();
  for (int round = 0; round < 8; ++round) {
    Client client(node.port());
    CHECK(client.read(6) == "hello\n");
    client.send("ping\n");
    CHECK(client.read(5) == "ping\n");
  }
  CHECK(node.wait_until([&] { return node.open() == 0; }));
}

TEST_CASE("accepted connections go to the shard that has the fewest") {
  Node node(4);
  node.listen();
  std::vector<std::unique_ptr<Client>> clients;
  for (int count = 0; count < 8; ++count) {
    clients.push_back(std::make_unique<Client>(node.port()));
    CHECK(clients.back()->read(6) == "hello\n");
  }
  for (const auto& connections : node.connections_) CHECK(connections->open() == 2);
}

TEST_CASE("a peer that does not read stops being read, and nothing grows without bound") {
  Node node;
  node.listen();
  Client client(node.port());
  const std::string block(256 * 1024, 'x');
  std::size_t sent = 0;
  // The kernel's buffers and ours fill, until many turns of the shard make no more room.
  for (int turns_without_room = 0; turns_without_room < 300;) {
    const ssize_t put = ::send(client.native(), block.data(), block.size(), MSG_DONTWAIT);
    if (put > 0) {
      sent += static_cast<std::size_t>(put);
      turns_without_room = 0;
    } else {
      node.on_shard(0, [] {});
      ++turns_without_room;
    }
  }
  std::uint64_t held = 0;
  node.on_shard(0, [&] {
    REQUIRE(node.connections_[0]->rows().size() == 1);
    const ConnectionRow row = node.connections_[0]->rows()[0];
    held = row.bytes_in + 6 - row.bytes_out;
  });
  CHECK(held <= limits::output_full_bytes + 5 * limits::socket_read_bytes);
  std::thread reader([&] { client.end_output(); });
  CHECK(client.read_to_end().size() == sent + 6);
  reader.join();
}

TEST_CASE("many small writes of one turn are one segment") {
  Node node;
  node.room_->inbound_ = [](const InboundContext&) -> Script {
    return [](Event& event, Instant, Outbox& out) {
      if (!std::holds_alternative<Received>(event)) return;
      for (int count = 0; count < 1000; ++count) out.send("0123456789");
      out.hang_up();
    };
  };
  node.listen();
  Client client(node.port());
  client.send("go");
  CHECK(client.read_to_end().size() == 10000);
  CHECK(node.log_story_.wait_for("conn.close"));
}

TEST_CASE("what was sent before hanging up arrives although the peer's last bytes were not read") {
  Node node;
  node.room_->inbound_ = [](const InboundContext&) -> Script {
    return [](Event& event, Instant, Outbox& out) {
      if (!std::holds_alternative<Received>(event)) return;
      out.send("554 go away\r\n");
      out.hang_up();
    };
  };
  node.listen();
  Client client(node.port());
  client.send(std::string(8'000'000, 'x'));
  CHECK(client.read_to_end() == "554 go away\r\n");
}

TEST_CASE("an engine's timer rings by the sweep") {
  Node node;
  node.room_->inbound_ = [](const InboundContext&) -> Script {
    return [](Event& event, Instant now, Outbox& out) {
      if (std::holds_alternative<Opened>(event)) out.set_timer(1, now + 150ms);
      if (std::holds_alternative<Rang>(event)) {
        out.send("421 too slow\r\n");
        out.hang_up();
      }
    };
  };
  node.listen();
  Client client(node.port());
  CHECK(client.read_to_end() == "421 too slow\r\n");
}

TEST_CASE("drain lets every engine say goodbye, also one that comes late") {
  Node node;
  node.listen();
  Client early(node.port());
  CHECK(early.read(6) == "hello\n");
  node.on_shard(0, [&] { node.connections_[0]->drain(); });
  CHECK(early.read_to_end() == "bye\n");
  Client late(node.port());
  CHECK(late.read_to_end() == "hello\nbye\n");
  CHECK(node.wait_until([&] { return node.open() == 0; }));
}

TEST_CASE("cut ends what drain could not") {
  Node node;
  node.room_->inbound_ = [](const InboundContext&) -> Script {
    return [](Event&, Instant, Outbox&) {};
  };
  node.listen();
  Client client(node.port());
  REQUIRE(node.wait_until([&] { return node.open() == 1; }));
  node.on_shard(0, [&] { node.connections_[0]->drain(); });
  CHECK(node.open() == 1);
  node.on_shard(0, [&] { node.connections_[0]->cut(); });
  CHECK(client.read_to_end().empty());
  CHECK(node.open() == 0);
}

TEST_CASE("an engine that throws costs its own connection and nothing else") {
  Node node;
  node.room_->inbound_ = [](const InboundContext&) -> Script {
    return [](Event& event, Instant, Outbox& out) {
      const auto* received = std::get_if<Received>(&event);
      if (received == nullptr) return;
      if (received->bytes == "bad") throw std::logic_error("engine bug");
      out.send("good");
    };
  };
  node.listen();
  Client other(node.port()), client(node.port());
  client.send("bad");
  CHECK(client.read_to_end().empty());
  other.send("fine");
  CHECK(other.read(4) == "good");
  CHECK(node.metrics_.render().find("hanse_engine_failures_total 1") != std::string::npos);
  CHECK(node.log_story_.count("engine bug") == 1);
}

TEST_CASE("an answer that comes later is a turn of its own") {
  Node node;
  node.room_->inbound_ = [](const InboundContext&) -> Script {
    return [](Event& event, Instant, Outbox& out) {
      if (std::holds_alternative<Received>(event)) out.ask(Permit{});
      if (std::holds_alternative<Answered>(event)) out.send("answered\n");
    };
  };
  node.listen();
  Client client(node.port());
  client.send("q");
  REQUIRE(node.wait_until([&] { return node.services_.replies_.size() == 1; }));
  node.on_shard(0, [&] { node.services_.replies_[0](Permission{}); });
  CHECK(client.read(9) == "answered\n");
}

TEST_CASE("an answer after the end of its connection goes nowhere") {
  Node node;
  node.room_->inbound_ = [](const InboundContext&) -> Script {
    return [](Event& event, Instant, Outbox& out) {
      if (std::holds_alternative<Received>(event)) {
        out.ask(Keep{});
        out.hang_up();
      }
    };
  };
  node.listen();
  Client client(node.port());
  client.send("q");
  CHECK(client.read_to_end().empty());
  REQUIRE(node.wait_until([&] { return node.open() == 0; }));
  node.on_shard(0, [&] { node.services_.replies_.at(0)(Kept{77}); });
  CHECK(node.services_.discarded_ == std::vector<std::int64_t>{77});
}

TEST_CASE("a lane's link: ready, delivery, settlement, orderly end") {
  Pair pair([](Event& event, Instant, Outbox& out) {
    if (std::holds_alternative<Received>(event)) out.ready();
    if (const auto* deliver = std::get_if<Deliver>(&event)) {
      Outcome outcome;
      outcome.disposition = Disposition::delivered;
      out.settle(deliver->work.targets[0].id, outcome);
    }
    if (std::holds_alternative<Drain>(event)) {
      LinkEnd end;
      end.orderly = true;
      end.status = "2.0.0";
      out.fail(end);
      out.hang_up();
    }
  });
  pair.lane_.on_ready_ = [&](Link& link) {
    link.deliver(work_for(7));
    if (pair.story_.count("settled") != 0) pair.story_.add("told inside of deliver()");
  };
  pair.dial();
  CHECK(pair.story_.wait_for("settled 7"));
  CHECK(pair.story_.count("told inside") == 0);
  CHECK(pair.link_->endpoint().host == "mx.a.example");
  pair.node_.on_shard(0, [&] { pair.link_->drain(); });
  CHECK(pair.story_.wait_for("closed 2.0.0"));
  CHECK(pair.lane_.end_.orderly);
  CHECK(pair.lane_.end_.stage == LinkEnd::Stage::ready);
}

TEST_CASE("a link destroyed by its lane is cut without a word, inside any event") {
  Pair pair([](Event& event, Instant, Outbox& out) {
    if (std::holds_alternative<Received>(event)) out.ready();
  });
  pair.lane_.on_ready_ = [&](Link&) { pair.link_.reset(); };
  pair.dial();
  CHECK(pair.story_.wait_for("ready"));
  CHECK(pair.node_.wait_until([&] { return pair.node_.open() == 0; }));
  CHECK(pair.story_.count("closed") == 0);
}

TEST_CASE("C-5 a refused connect names the address and the reason") {
  Pair pair(echo());
  const Endpoint endpoint = pair.node_.endpoint();
  pair.node_.acceptor_->close();
  pair.node_.on_shard(0, [] {});
  pair.node_.on_shard(0, [&] {
    pair.link_ = pair.node_.connections_[0]->dial({"test", "a.example", endpoint, TlsLevel::may},
                                                  pair.lane_);
  });
  CHECK(pair.story_.wait_for("closed 4.4.1 connect to 127.0.0.1:" +
                             std::to_string(endpoint.port) + ": Connection refused"));
  CHECK(pair.lane_.end_.stage == LinkEnd::Stage::connect);
  CHECK(pair.lane_.end_.fault == Fault::try_later);
}

TEST_CASE("an engine that fails with a delivery under way leaves nothing hanging") {
  Pair pair([](Event& event, Instant, Outbox& out) {
    if (std::holds_alternative<Received>(event)) out.ready();
    if (std::holds_alternative<Deliver>(event)) throw std::logic_error("engine bug");
  });
  pair.lane_.on_ready_ = [&](Link& link) { link.deliver(work_for(9)); };
  pair.dial();
  CHECK(pair.story_.wait_for("closed 4.3.0"));
  CHECK(pair.story_.text().find("settled 9; closed") != std::string::npos);
  CHECK(pair.lane_.outcome_.disposition == Disposition::deferred);
  CHECK(pair.lane_.end_.fault == Fault::broken);
}

TEST_CASE("a delivery that meets the end of its link comes back untried") {
  Pair pair([](Event& event, Instant, Outbox& out) {
    if (!std::holds_alternative<Received>(event)) return;
    out.ready();
    out.hang_up();
  });
  pair.lane_.on_ready_ = [&](Link& link) { link.deliver(work_for(5)); };
  pair.dial();
  CHECK(pair.story_.wait_for("closed"));
  CHECK(pair.story_.text().find("settled 5; closed") != std::string::npos);
  CHECK(pair.lane_.outcome_.disposition == Disposition::returned);
}

TEST_CASE("operations section 2: over a bound the engine says busy, far over it nobody speaks") {
  ConnectionLimits limits;
  limits.per_prefix_max = 2;
  limits.trusted = {*parse_network("192.0.2.0/24")};
  Node node(1, false, limits);
  node.room_->inbound_ = [](const InboundContext& context) -> Script {
    return [busy = context.busy](Event& event, Instant, Outbox& out) {
      if (std::holds_alternative<Opened>(event)) out.send(busy ? "busy!\n" : "hello\n");
    };
  };
  node.listen();
  std::array<std::unique_ptr<Client>, 5> clients;
  std::string said;
  for (auto& client : clients) {
    client = std::make_unique<Client>(node.port());
    said += client->read(6);
  }
  CHECK(said == "hello\nhello\nbusy!\nbusy!\n");
  CHECK(node.metrics_.render().find(
            "hanse_connections_rejected_total{proto=\"test\",reason=\"prefix\"} 3") !=
        std::string::npos);
  for (auto& client : clients) client.reset();
  CHECK(node.wait_until([&] { return node.setup_->census->total() == 0; }));
  CHECK(Client(node.port()).read(6) == "hello\n");
}

TEST_CASE("xmpp 9.3: who has proved its name is not counted by its address any more") {
  ConnectionLimits limits;
  limits.per_prefix_max = 1;
  limits.trusted = {*parse_network("192.0.2.0/24")};
  Node node(1, false, limits);
  node.room_->inbound_ = [](const InboundContext& context) -> Script {
    return [busy = context.busy](Event& event, Instant, Outbox& out) {
      if (std::holds_alternative<Opened>(event)) out.send(busy ? "busy!\n" : "hello\n");
      if (!std::holds_alternative<Received>(event)) return;
      out.wake(">b.example");
      out.send("known\n");
    };
  };
  node.listen();
  Client one(node.port());
  CHECK(one.read(6) == "hello\n");
  CHECK(Client(node.port()).read(6) == "busy!\n");
  CHECK(node.wait_until([&] { return node.setup_->census->total() == 1; }));
  one.send("I am b.example\n");
  CHECK(one.read(6) == "known\n");
  Client two(node.port());
  CHECK(two.read(6) == "hello\n");
  CHECK(node.setup_->census->total() == 2);   // of the node it is one as before
  CHECK(Client(node.port()).read(6) == "busy!\n");
}

TEST_CASE("an IPv4 network that is trusted has no bound of its own") {
  ConnectionLimits limits;
  limits.per_prefix_max = 1;
  limits.trusted = {*parse_network("127.0.0.0/8")};
  Node node(1, false, limits);
  node.listen();
  Client one(node.port()), two(node.port());
  CHECK(one.read(6) + two.read(6) == "hello\nhello\n");
  CHECK(node.metrics_.render().find("hanse_connections_rejected_total") == std::string::npos);
}

TEST_CASE("the rows of a shard tell who is connected") {
  Node node;
  node.listen();
  Client client(node.port());
  CHECK(client.read(6) == "hello\n");
  node.on_shard(0, [&] {
    const std::vector<ConnectionRow> rows = node.connections_[0]->rows();
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].connection == "s0-1");
    CHECK(rows[0].protocol == "test");
    CHECK(rows[0].remote.starts_with("127.0.0.1:"));
    CHECK(rows[0].bytes_out == 6);
    CHECK_FALSE(rows[0].outgoing);
  });
}

}  // namespace
}  // namespace hanse::net::test
