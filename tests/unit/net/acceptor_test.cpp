// SPDX-License-Identifier: Apache-2.0
#include "server/net/acceptor.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/net/inherited.h"
#include "server/net/socket.h"
#include "tests/unit/net/bench.h"

namespace hanse::net::test {
namespace {

TEST_CASE("socket addresses in text form, and what is none") {
  const auto good = [](std::string_view text, std::string_view shown) {
    const auto parsed = parse_socket_address(text);
    CAPTURE(text);
    REQUIRE(parsed);
    CHECK(to_text(*parsed) == shown);
  };
  good("192.0.2.7:25", "192.0.2.7:25");
  good("[2001:db8::1]:2525", "[2001:db8::1]:2525");
  good(":25", "0.0.0.0:25");
  good("unix:/run/hanse/lmtp", "unix:/run/hanse/lmtp");
  for (const std::string_view bad : {"192.0.2.7", "mx.a.example:25", "192.0.2.7:65536",
                                     "192.0.2.7:-1", "192.0.2.7:", "unix:", ""}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_socket_address(bad));
  }
  CHECK_FALSE(parse_socket_address("unix:" + std::string(200, 'x')));
}

TEST_CASE("a port that is taken is not shared with a second node") {
  Node node;
  node.listen();
  const auto second = Acceptor::listen(*node.shards_[0], node.acceptor_->local_address(), {},
                                       "test", {node.connections_[0].get()}, node.log_);
  REQUIRE_FALSE(second);
  CHECK(second.error().what ==
        "listen on " + node.acceptor_->local_address() + ": Address already in use");
}

TEST_CASE("a new connection goes to the shard that has the fewest") {
  Node node(2);
  node.listen();
  const auto open = [&node](std::size_t shard) { return node.connections_[shard]->open(); };
  std::vector<std::unique_ptr<Client>> clients;
  const auto come = [&] {
    clients.push_back(std::make_unique<Client>(node.port()));
    CHECK(clients.back()->read(6) == "hello\n");
  };
  for (int i = 0; i < 4; ++i) come();
  CHECK(open(0) == 2);
  CHECK(open(1) == 2);
  // Both of one shard go: the next two take their places.
  clients.erase(clients.begin() + 2);
  clients.erase(clients.begin());
  REQUIRE(node.wait_until([&] { return open(0) + open(1) == 2; }));
  CHECK(std::max(open(0), open(1)) == 2);
  come();
  come();
  CHECK(open(0) == 2);
  CHECK(open(1) == 2);
}

TEST_CASE("a listener of both families knows who comes by IPv4 by his address") {
  const auto any = parse_socket_address("[::]:0");
  REQUIRE(any);
  const bool both = GENERATE(true, false);
  const auto listener = open_listener(*any, both);
  if (!listener) return;   // a machine without IPv6
  const int port = port_of(local_address(*listener));
  CHECK(address_text(local_address(*listener)) == "::");
  const auto there = parse_socket_address("127.0.0.1:" + std::to_string(port));
  const int client = ::socket(AF_INET, SOCK_STREAM, 0);
  CHECK((::connect(client, there->raw(), there->size) == 0) == both);
  if (both) {
    pollfd ready{*listener, POLLIN, 0};
    REQUIRE(::poll(&ready, 1, 5000) == 1);
    const int accepted = ::accept(*listener, nullptr, nullptr);
    CHECK(address_text(remote_address(accepted)) == "127.0.0.1");
    CHECK(to_text(local_address(accepted)) == "127.0.0.1:" + std::to_string(port));
    ::close(accepted);
  }
  ::close(client);
  ::close(*listener);
}

TEST_CASE("operations section 8: a socket from the service manager is taken once") {
  const auto address = parse_socket_address("127.0.0.1:0");
  REQUIRE(address);
  const auto make = [&] {
    const auto opened = open_listener(*address);
    REQUIRE(opened);
    ::fcntl(*opened, F_SETFD, 0);  // as systemd leaves it
    return *opened;
  };
  const int first = make(), second = make();
  REQUIRE(second == first + 1);
  const auto sockets = inherited_sockets(first, 2, "other:listen.test");
  REQUIRE(sockets.size() == 2);
  CHECK(take_inherited(sockets, "listen.none", *address) == -1);
  CHECK(take_inherited(sockets, "listen.test", *address) == second);
  CHECK(inherited_sockets(first, 2, "other:listen.test").size() == 1);
  CHECK(take_inherited(sockets, "listen.none", local_address(first)) == first);
  CHECK(inherited_sockets(first, 2, "").empty());
  ::close(first);
  ::close(second);
}

TEST_CASE("LISTEN_FDS of another process is not ours") {
  ::setenv("LISTEN_PID", std::to_string(::getpid() + 1).c_str(), 1);
  ::setenv("LISTEN_FDS", "1", 1);
  CHECK(inherited_sockets().empty());
  ::unsetenv("LISTEN_PID");
  ::unsetenv("LISTEN_FDS");
}

// The sanitizers open pipes of their own whenever they meet a new type: they cannot run short, and
// leave what is tagged so out.
TEST_CASE("operations section 2: out of descriptors it waits, says so once, and goes on",
          "[descriptors]") {
  Node node;
  node.listen();
  Client before(node.port());
  CHECK(before.read(6) == "hello\n");
  rlimit kept{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &kept) == 0);
  const int last = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  rlimit few = kept;
  few.rlim_cur = static_cast<rlim_t>(last) + 1;
  const auto address = parse_socket_address(node.acceptor_->local_address());
  REQUIRE(address);
  setrlimit(RLIMIT_NOFILE, &few);
  const int connected = ::connect(last, address->raw(), address->size);
  const bool told = node.log_story_.wait_for("conn.descriptors_used_up");
  char none = 0;
  const ssize_t got = ::recv(last, &none, 1, 0);
  setrlimit(RLIMIT_NOFILE, &kept);
  ::close(last);
  CHECK(connected == 0);
  CHECK(told);
  CHECK(got == 0);  // taken with the reserve, and closed
  Client after(node.port());
  CHECK(after.read(6) == "hello\n");
  before.send("still here");
  CHECK(before.read(10) == "still here");
}

}  // namespace
}  // namespace hanse::net::test
