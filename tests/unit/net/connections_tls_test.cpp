// SPDX-License-Identifier: Apache-2.0
#include "server/net/connections.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <set>

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

// A client of the system, by what it prints.
std::string real_client(std::uint16_t port, const std::string& options,
                        const std::string& input = "/dev/null") {
  const std::string command = "timeout 20 openssl s_client -connect 127.0.0.1:" +
                              std::to_string(port) + " " + options + " 2>&1 < " + input;
  std::string out;
  FILE* pipe = ::popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  char block[4096];
  for (std::size_t got = 0; (got = ::fread(block, 1, sizeof block, pipe)) > 0;)
    out.append(block, got);
  ::pclose(pipe);
  return out;
}

// Tells how each connection began, says hello after TLS or after the first text, and echoes.
void tell_beginnings(TlsPair& pair) {
  pair.node_.room_->inbound_ = [&](const InboundContext& context) -> Script {
    pair.story_.add(context.tls_first ? "opened by tls" : "opened plain");
    return [&](Event& event, Instant, Outbox& out) {
      if (const auto* up = std::get_if<TlsUp>(&event)) {
        pair.story_.add("up alpn=" + up->facts.alpn + " name=" + up->facts.server_name +
                        (up->facts.chain ? " chain" : " no chain"));
        out.send("hello\n");
        out.hang_up();
      }
      if (const auto* received = std::get_if<Received>(&event)) out.send(received->bytes);
      if (std::holds_alternative<Drain>(event)) out.hang_up();
    };
  };
}

constexpr Listen detecting{.table = {}, .address_key = {}, .detect_tls = true,
                           .alpn = "test-server", .ask_certificate = true};

TEST_CASE("xmpp 1.8 one listener takes TLS and plain text, told apart by the first octet") {
  TlsPair pair(1);
  tell_beginnings(pair);
  pair.node_.listen(detecting);
  Client plain(pair.node_.port());
  plain.send("<");
  CHECK(plain.read(1) == "<");
  plain.send("?xml");
  CHECK(plain.read(4) == "?xml");
  CHECK(pair.story_.count("opened plain") == 1);
  CHECK(pair.story_.count("opened by tls") == 0);
  const auto with = [&](const std::string& more) {
    return real_client(pair.node_.port(), "-quiet -servername mx.a.example " + more);
  };
  CHECK(with("").find("hello") != std::string::npos);
  CHECK(pair.story_.count("up alpn= name=mx.a.example no chain") == 1);
  CHECK(with("-alpn test-server").find("hello") != std::string::npos);
  CHECK(pair.story_.count("up alpn=test-server name=mx.a.example") == 1);
  CHECK(with("-alpn other").find("no application protocol") != std::string::npos);
  CHECK(pair.story_.count("opened by tls") == 2);
  CHECK(pair.story_.count("opened plain") == 1);
}

TEST_CASE("xmpp 1.8 who says nothing at the first octet's place is let go, and nobody hears") {
  ConnectionLimits limits;
  limits.handshake_timeout = 200ms;
  TlsPair pair(1, "ping", true, limits);
  tell_beginnings(pair);
  pair.node_.listen(detecting);
  Client silent(pair.node_.port());
  CHECK(silent.read_to_end().empty());
  Client ending(pair.node_.port());
  ending.end_output();
  CHECK(ending.read_to_end().empty());
  Client waiting(pair.node_.port());
  CHECK(pair.node_.wait_until([&] { return pair.node_.open() == 1; }));
  pair.node_.on_shard(0, [&] { pair.node_.connections_[0]->drain(); });
  CHECK(waiting.read_to_end().empty());
  CHECK(pair.story_.text().empty());
  CHECK(pair.node_.wait_until([&] { return pair.node_.open() == 0; }));
}

TEST_CASE("xmpp 1.8 a TLS hello to a node without a certificate is the end, not a crash") {
  TlsPair pair(1, "ping", false);
  tell_beginnings(pair);
  pair.node_.listen(detecting);
  Client client(pair.node_.port());
  client.send("\x16\x03\x01");
  CHECK(client.read_to_end().empty());
  CHECK(pair.story_.text().empty());
}

TEST_CASE("xmpp 3.2 a ticket opens the door it was given at, under its name, and no other") {
  TlsPair pair(1);
  tell_beginnings(pair);
  const std::string file = tls_files().ca_path + ".session";
  const std::string version = GENERATE(std::string("-tls1_3"), std::string("-tls1_2"));
  const auto at = [&](const Listen& table, const std::string& more) {
    pair.node_.listen(table);
    const std::string out = real_client(pair.node_.port(), version + " " + more);
    return out.find("\nReused, ") != std::string::npos   ? "reused"
           : out.find("\nNew, ") != std::string::npos ? "new" : out;
  };
  Listen plain;
  plain.implicit_tls = true;
  Listen asking = plain;
  asking.ask_certificate = true;
  const std::string name = "-ign_eof -servername mx.a.example ";
  CHECK(at(plain, name + "-sess_out " + file) == "new");
  CHECK(at(plain, name + "-sess_in " + file) == "reused");
  CHECK(at(plain, "-ign_eof -servername other.example -sess_in " + file) == "new");
  // Where certificates are asked for, every handshake is a whole one.
  CHECK(at(asking, name + "-sess_in " + file) == "new");
  std::remove(file.c_str());
  at(asking, name + "-sess_out " + file);
  CHECK(at(asking, name + "-sess_in " + file) != "reused");
}

TEST_CASE("xmpp 3.2 no early data, no renegotiation, no compression") {
  TlsPair pair(1);
  tell_beginnings(pair);
  pair.node_.listen(true);
  const std::string one = real_client(pair.node_.port(), "-tls1_3 -ign_eof -comp");
  CHECK(one.find("Max Early Data: 0") != std::string::npos);
  CHECK(one.find("Compression: NONE") != std::string::npos);
  pair.node_.on_shard(0, [&pair] {
    pair.node_.room_->inbound_ = [](const InboundContext&) -> Script {
      return [](Event& event, Instant, Outbox& out) {
        if (std::holds_alternative<Received>(event)) out.hang_up();
      };
    };
  });
  const std::string input = tls_files().ca_path + ".input";
  std::ofstream(input) << "R\n";
  const std::string two = real_client(pair.node_.port(), "-tls1_2", input);
  CHECK(two.find("RENEGOTIATING") != std::string::npos);
  CHECK(two.find("no renegotiation") != std::string::npos);
}

TEST_CASE("a dialled connection may begin with TLS: start_tls before any byte") {
  TlsPair pair(1);
  tell_beginnings(pair);
  pair.node_.listen(detecting);
  pair.node_.room_->outbound_ = [&](const OutboundContext&) -> Script {
    return [&](Event& event, Instant, Outbox& out) {
      if (std::holds_alternative<Opened>(event))
        out.start_tls({.name = "mx.a.example", .identity = "mx.a.example",
                       .alpn = "test-server"});
      if (const auto* received = std::get_if<Received>(&event))
        pair.story_.add("got " + std::string(received->bytes));
    };
  };
  pair.dial();
  CHECK(pair.story_.wait_for("got hello"));
  CHECK(pair.story_.count("up alpn=test-server name=mx.a.example chain") == 1);
}

TEST_CASE("every engine gets a nonce of its own, and hears where its peer came in") {
  TlsPair pair(1);
  std::set<std::string> nonces;   // these three belong to the shard
  std::string listener;
  bool tls_first = false;
  pair.node_.on_shard(0, [&] {
    pair.node_.room_->inbound_ = [&](const InboundContext& context) {
      nonces.insert(context.nonce);
      listener = context.listener;
      tls_first |= context.tls_first;
      pair.story_.add("engine");
      return echo();
    };
    pair.node_.room_->outbound_ = [&](const OutboundContext& context) {
      nonces.insert(context.nonce);
      pair.story_.add("engine");
      return echo();
    };
  });
  pair.dial();
  Client client(pair.node_.port());
  CHECK(client.read(6) == "hello\n");
  CHECK(pair.story_.wait_for("engine", 3));
  std::set<std::string> all;
  std::string where;
  bool first = true;
  pair.node_.on_shard(0, [&] {
    all = nonces;
    where = listener;
    first = tls_first;
  });
  CHECK(all.size() == 3);
  for (const std::string& nonce : all) CHECK(nonce.size() == 32);
  CHECK(where == "listen.test");
  CHECK_FALSE(first);
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
