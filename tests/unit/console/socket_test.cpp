// SPDX-License-Identifier: Apache-2.0
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <thread>

#include "server/base/limits.h"
#include "server/console/client.h"
#include "server/console/control_server.h"
#include "server/console/control_socket.h"
#include "tests/catch.h"
#include "tests/unit/console/fake_node.h"

namespace hanse::console {
namespace {

// A node with a control socket in a folder of its own.
struct Served {
  Served() : node(fake, fake.schema, fake.clock), path(folder.path + "/control.sock") {
    server = *ControlServer::open({path, ""}, node);
  }
  Ended ask(const Request& request) {
    return ask_node({path, std::chrono::seconds(10)}, request,
                    [this](const std::string& line) { lines.push_back(line); });
  }

  Folder folder;
  FakeNode fake;
  Node node;
  std::string path;
  std::unique_ptr<ControlServer> server;
  std::vector<std::string> lines;
};

std::string raw_answer(const std::string& path, const std::string& bytes) {
  const Result<Descriptor> connection = connect_to(path, std::chrono::seconds(5));
  REQUIRE(connection);
  // The node may hang up before it has read everything: then there is no answer to come.
  if (!write_all(connection->get(), bytes, -1, std::chrono::seconds(5))) return "closed";
  LineReader reader(connection->get(), -1, limits::control_answer_bytes_max);
  return reader.next(SystemClock().now() + std::chrono::seconds(10)).value_or("closed");
}

TEST_CASE("console: a command goes over the socket and its answer comes back") {
  Served served;
  const Ended ended = served.ask(make_request("status"));
  CHECK(ended.exit == Exit::ok);
  REQUIRE(served.lines.size() == 1);
  CHECK(served.lines[0].starts_with("{\"v\":1,\"domain\":\"a.example\""));
}

TEST_CASE("console: exit codes and cursors come over the socket") {
  Served served;
  CHECK(served.ask(make_request("queue why", {"nope"})).exit == Exit::not_found);
  CHECK(served.ask(make_request("nonsense")).exit == Exit::usage);
  served.fake.queue_admin.rows.resize(5);
  const Ended ended = served.ask(make_request("queue list", {}, {{"limit", "2"}}));
  CHECK(ended.next_cursor == "2");
  CHECK(served.lines.size() == 2);
}

TEST_CASE("console: an answer may be many times larger than any buffer") {
  Served served;
  served.fake.queue_admin.rows.resize(20'000);
  CHECK(served.ask(make_request("queue list")).exit == Exit::ok);
  CHECK(served.lines.size() == 20'000);
}

TEST_CASE("console: the socket belongs to owner and group alone and is gone afterwards") {
  Served served;
  struct stat status {};
  REQUIRE(::stat(served.path.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0660);
  served.server.reset();
  CHECK(::stat(served.path.c_str(), &status) != 0);
  CHECK(served.ask(make_request("status")).exit == Exit::unreachable);
}

TEST_CASE("console: a socket somebody answers on is not taken, a dead one is") {
  Served served;
  const auto second = ControlServer::open({served.path, ""}, served.node);
  REQUIRE_FALSE(second);
  CHECK(second.error().what.find("another node answers") != std::string::npos);
  CHECK(served.ask(make_request("status")).exit == Exit::ok);

  const std::string dead = served.folder.path + "/dead.sock";
  {
    const Descriptor left(::socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    dead.copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(left.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  }
  CHECK(ControlServer::open({dead, ""}, served.node));
  const std::string file = served.folder.file("file", "mine");
  CHECK_FALSE(ControlServer::open({file, ""}, served.node));
}

TEST_CASE("console: nonsense on the socket gets one answer and harms nobody") {
  Served served;
  CHECK(raw_answer(served.path, "hello\n").find("bad request") != std::string::npos);
  CHECK(raw_answer(served.path, std::string(50'000, '[') + "\n").find("bad request") !=
        std::string::npos);
  CHECK(raw_answer(served.path, "\n").find("bad request") != std::string::npos);
  CHECK(raw_answer(served.path, std::string(limits::control_request_bytes_max + 50'000, 'x')) ==
        "closed");
  CHECK(served.ask(make_request("status")).exit == Exit::ok);
}

TEST_CASE("console: the server stops while a client sits on its connection in silence") {
  Served served;
  const Result<Descriptor> silent = connect_to(served.path, std::chrono::seconds(5));
  REQUIRE(silent);
  CHECK(served.ask(make_request("status")).exit == Exit::ok);
  served.server.reset();
  LineReader reader(silent->get(), -1, 100);
  const auto end = reader.next(SystemClock().now() + std::chrono::seconds(10));
  REQUIRE_FALSE(end);
  CHECK(end.error().fault == Fault::never);   // closed, not timed out
}

TEST_CASE("console: a client waits no longer than it was told") {
  const Folder folder;
  const std::string path = folder.path + "/deaf.sock";
  const Result<Descriptor> deaf = listen_on({path, ""});   // accepts nothing
  REQUIRE(deaf);
  const Ended ended = ask_node({path, std::chrono::milliseconds(50)}, make_request("status"),
                               [](const std::string&) {});
  CHECK(ended.exit == Exit::timeout);
}

TEST_CASE("console: the caller is known by the kernel's word") {
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  const Descriptor one(ends[0]), other(ends[1]);
  const Caller caller = caller_of(one.get(), "no-such-group-here");
  CHECK(caller.permitted);
  CHECK(caller.who.find("uid " + std::to_string(::geteuid())) != std::string::npos);
}

}  // namespace
}  // namespace hanse::console
