// SPDX-License-Identifier: Apache-2.0
#include "server/net/connections.h"

#include <cstdlib>

#include "tests/unit/net/bench.h"

namespace hanse::net::test {
namespace {

// Server: greets, and on "tls" says "go" and starts TLS; then echoes.
Script upgrading_server(Story& story) {
  return [&story](Event& event, Instant, Outbox& out) {
    if (std::holds_alternative<Opened>(event)) out.send("hello\n");
    if (std::holds_alternative<TlsUp>(event)) story.add("server up");
    if (const auto* closed = std::get_if<Closed>(&event))
      story.add(closed->tls_failed ? "server tls failed: " + closed->why : "server closed");
    const auto* received = std::get_if<Received>(&event);
    if (received == nullptr) return;
    if (received->bytes == "tls") {
      out.send("go");
      out.start_tls({});
    } else {
      out.send(received->bytes);
    }
  };
}

// Client: asks for TLS, then sends much and settles when all of it has come back.
Script upgrading_client(Story& story, std::string name, std::string much) {
  auto got = std::make_shared<std::string>();
  return [&story, name, much, got](Event& event, Instant, Outbox& out) {
    if (const auto* received = std::get_if<Received>(&event)) {
      if (received->bytes == "hello\n") {
        out.send("tls");
      } else if (received->bytes == "go") {
        out.start_tls({.name = name});
      } else {
        got->append(received->bytes);
        if (*got == much) story.add("all back");
      }
    }
    if (const auto* up = std::get_if<TlsUp>(&event)) {
      story.add("client up " + up->facts.version + (up->facts.verified ? " verified" : " not"));
      out.ready();
      out.send(much);
    }
    if (const auto* closed = std::get_if<Closed>(&event))
      story.add(closed->tls_failed ? "client tls failed" : "client closed");
  };
}

struct TlsPair {
  explicit TlsPair(std::size_t shards, std::string much = "ping", bool tls = true,
                   ConnectionLimits limits = {})
      : node_(shards, tls, std::move(limits)) {
    node_.room_->inbound_ = [this](const InboundContext&) { return upgrading_server(story_); };
    node_.room_->outbound_ = [this, much](const OutboundContext&) {
      return upgrading_client(story_, "mx.a.example", much);
    };
    node_.listen();
  }
  ~TlsPair() {
    node_.on_shard(0, [this] { link_.reset(); });
  }
  void dial() {
    node_.on_shard(0, [this] {
      link_ = node_.connections_[0]->dial({"test", "a.example", node_.endpoint(), TlsLevel::may},
                                          lane_);
    });
  }
  Story story_;
  Node node_;
  ToldLane lane_{story_};
  std::unique_ptr<Link> link_;
};

TEST_CASE("T-1 TLS in the middle of a connection, both sides ours, with much data") {
  TlsPair pair(GENERATE(std::size_t{1}, std::size_t{4}), std::string(2'000'000, 'x'));
  pair.dial();
  CHECK(pair.story_.wait_for("all back"));
  CHECK(pair.story_.count("client up TLSv1.3 verified") == 1);
  CHECK(pair.story_.count("server up") == 1);
  const std::string figures = pair.node_.metrics_.render();
  CHECK(figures.find("hanse_tls_handshakes_total{proto=\"test\",dir=\"in\",result=\"ok\","
                     "version=\"TLSv1.3\"} 1") != std::string::npos);
  pair.node_.on_shard(0, [&] {
    CHECK(pair.node_.connections_[0]->rows().at(0).tls.starts_with("TLSv1.3 TLS_"));
  });
}

TEST_CASE("T-3 a failed handshake closes the connection and says that TLS failed") {
  TlsPair pair(1);
  Client client(pair.node_.port());
  CHECK(client.read(6) == "hello\n");
  client.send("tls");
  CHECK(client.read(2) == "go");
  client.send("EHLO plain again\r\n");
  CHECK(client.read_to_end().empty());
  CHECK(pair.story_.wait_for("server tls failed: "));
  CHECK(pair.node_.log_story_.wait_for("conn.tls"));
}

TEST_CASE("operations section 2: a handshake that does not go on ends at its deadline") {
  ConnectionLimits limits;
  limits.handshake_timeout = 200ms;
  TlsPair pair(1, "ping", true, limits);
  Client client(pair.node_.port());
  CHECK(client.read(6) == "hello\n");
  client.send("tls");
  CHECK(client.read_to_end() == "go");
  CHECK(pair.story_.wait_for("server tls failed: TLS handshake timeout"));
}

TEST_CASE("a dialled peer that hangs up during the handshake counts as failed TLS") {
  TlsPair pair(1);
  pair.node_.room_->inbound_ = [](const InboundContext&) -> Script {
    return [](Event& event, Instant, Outbox& out) {
      if (std::holds_alternative<Opened>(event)) out.send("hello\n");
      const auto* received = std::get_if<Received>(&event);
      if (received == nullptr) return;
      if (received->bytes == "tls") out.send("go");
      else out.hang_up();
    };
  };
  pair.dial();
  CHECK(pair.story_.wait_for("closed 4.4.2"));
  CHECK(pair.lane_.end_.tls_failed);
  CHECK(pair.lane_.end_.stage == LinkEnd::Stage::handshake);
  CHECK(pair.story_.count("client tls failed") == 1);
}

TEST_CASE("a node without a certificate fails the handshake instead of waiting") {
  TlsPair pair(1, "ping", false);
  Client client(pair.node_.port());
  CHECK(client.read(6) == "hello\n");
  client.send("tls");
  CHECK(client.read_to_end() == "go");
  CHECK(pair.story_.wait_for("server tls failed: TLS is not configured"));
}

TEST_CASE("TLS from the first byte: the engine is born when it is up") {
  TlsPair pair(1);
  pair.node_.listen(true);
  pair.node_.room_->outbound_ = [&](const OutboundContext&) -> Script {
    return [&](Event& event, Instant, Outbox& out) {
      if (std::holds_alternative<Opened>(event)) out.start_tls({.name = "mx.a.example"});
      if (const auto* received = std::get_if<Received>(&event))
        pair.story_.add("got " + std::string(received->bytes));
    };
  };
  pair.dial();
  CHECK(pair.story_.wait_for("got hello"));
  CHECK(pair.story_.count("server up") == 1);
}

TEST_CASE("operations section 9: real clients get in; older TLS and foreign ALPN do not") {
  TlsPair pair(1);
  pair.node_.listen(true);
  const auto with = [&](const std::string& options) {
    const std::string command = "timeout 20 openssl s_client -brief -connect 127.0.0.1:" +
                                std::to_string(pair.node_.port()) + " " + options +
                                " >/dev/null 2>&1 </dev/null";
    return std::system(command.c_str()) == 0;
  };
  CHECK(with("-tls1_2"));
  CHECK(with("-tls1_3 -servername mx.a.example -verify_return_error -CAfile '" +
             tls_files().ca_path + "'"));
  CHECK_FALSE(with("-tls1_1 -cipher DEFAULT@SECLEVEL=0"));
  CHECK_FALSE(with("-alpn http/1.1"));
}

TEST_CASE("the end of a TLS peer is the end, with close_notify and without") {
  TlsPair pair(1, "ping");
  pair.dial();
  CHECK(pair.story_.wait_for("all back"));
  pair.node_.on_shard(0, [&] { pair.link_.reset(); });
  CHECK(pair.story_.wait_for("server closed"));
}

}  // namespace
}  // namespace hanse::net::test
