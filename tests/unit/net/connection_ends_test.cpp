// SPDX-License-Identifier: Apache-2.0
#include <sys/socket.h>

#include <array>

#include "tests/unit/net/bench.h"

namespace hanse::net::test {
namespace {

TEST_CASE("a peer that closes its own direction still gets every answer") {
  Node node;
  node.listen();
  Client client(node.port());
  const std::string much(3'000'000, 'x');
  std::thread writer([&] {
    client.send(much);
    client.end_output();
  });
  CHECK(client.read_to_end() == "hello\n" + much);
  writer.join();
  CHECK(node.wait_until([&] { return node.open() == 0; }));
}

TEST_CASE("output that is still waiting when the peer closes its direction goes out in full") {
  Node node;
  const std::string much(100'000, 'x');
  node.room_->inbound_ = [&](const InboundContext&) -> Script {
    return [&](Event& event, Instant, Outbox& out) {
      if (std::holds_alternative<Opened>(event)) out.send(much);
    };
  };
  std::array<int, 2> ends{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0);
  const int small = 4096;  // the kernel takes a little, the rest waits with us
  setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
  ::shutdown(ends[1], SHUT_WR);
  node.connections_[0]->adopt(ends[0], {}, "test");
  REQUIRE(node.log_story_.wait_for("conn.close"));
  std::size_t got = 0;
  std::array<char, 4096> block{};
  CHECK(node.wait_until([&] {
    const ssize_t part = ::recv(ends[1], block.data(), block.size(), 0);
    if (part > 0) got += static_cast<std::size_t>(part);
    return part == 0;
  }));
  CHECK(got == much.size());
  ::close(ends[1]);
}

TEST_CASE("what a peer said before it went away is heard, though nothing can be written to it") {
  Node node;
  Story heard;
  node.room_->inbound_ = [&](const InboundContext&) -> Script {
    return [&](Event& event, Instant, Outbox& out) {
      if (std::holds_alternative<Opened>(event)) out.send(std::string(100'000, 'x'));
      if (const auto* bytes = std::get_if<Received>(&event)) heard.add(std::string(bytes->bytes));
      if (std::holds_alternative<Closed>(event)) heard.add("closed");
    };
  };
  std::array<int, 2> ends{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0);
  REQUIRE(::send(ends[1], "all taken", 9, 0) == 9);
  ::close(ends[1]);
  node.connections_[0]->adopt(ends[0], {}, "test");
  REQUIRE(heard.wait_for("closed"));
  CHECK(heard.text() == "all taken; closed; ");
}

}  // namespace
}  // namespace hanse::net::test
