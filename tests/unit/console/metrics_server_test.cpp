// SPDX-License-Identifier: Apache-2.0
#include "server/console/metrics_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "server/base/limits.h"
#include "server/console/sockets.h"
#include "tests/catch.h"
#include "tests/unit/console/fake_node.h"

namespace hanse::console {
namespace {

struct Served {
  Served() : node(fake, fake.schema, fake.clock) {
    server = *MetricsServer::open("127.0.0.1:0", node);
    const std::string& address = server->local_address();
    port = static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
  }

  Descriptor connect() const {
    Descriptor socket(::socket(AF_INET, SOCK_STREAM, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    return socket;
  }

  std::string get(const std::string& bytes) const {
    const Descriptor socket = connect();
    REQUIRE(write_all(socket.get(), bytes, -1, std::chrono::seconds(5)));
    std::string all;
    char part[4096];
    for (ssize_t count; (count = ::recv(socket.get(), part, sizeof part, 0)) > 0;) {
      all.append(part, static_cast<std::size_t>(count));
    }
    return all;
  }
  std::string path(const std::string& name) const {
    return get("GET " + name + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  }

  FakeNode fake;
  Node node;
  std::unique_ptr<MetricsServer> server;
  std::uint16_t port = 0;
};

TEST_CASE("metrics: health follows the node, and the body lists what fails") {
  Served served;
  CHECK(served.path("/livez").starts_with("HTTP/1.1 200 OK\r\n"));
  served.fake.ready = {false, true, {"store not recovered"}};
  CHECK(served.path("/startupz").starts_with("HTTP/1.1 200"));   // it was ready once
  const std::string not_ready = served.path("/readyz");
  CHECK(not_ready.starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
  CHECK(not_ready.ends_with("\r\n\r\nstore not recovered\n"));
  CHECK(served.path("/livez").starts_with("HTTP/1.1 200"));
}

TEST_CASE("metrics: a node that was never ready has not started up") {
  Served served;
  served.fake.ready = {false, true, {"still starting"}};
  CHECK(served.path("/startupz").starts_with("HTTP/1.1 503"));
}

TEST_CASE("metrics: the figures come as OpenMetrics") {
  Served served;
  const std::string answer = served.path("/metrics");
  CHECK(answer.find("Content-Type: application/openmetrics-text") != std::string::npos);
  CHECK(answer.find("hanse_build_info{version=\"0.1.0\",commit=\"") != std::string::npos);
  CHECK(answer.find("hanse_queue_oldest_seconds{peer=\"other\"} 11520.0\n") != std::string::npos);
  CHECK(answer.find("hanse_ready 1.0\n") != std::string::npos);
  CHECK(answer.ends_with("# EOF\n"));
}

TEST_CASE("metrics: what waits behind a place is a peer's, when its rule leads there") {
  Served served;
  Policy policy;
  policy.peers.emplace_back();
  policy.peers.front().domain = "v.example";
  policy.routes = RouteTable({{"route.0", "v.example", "", "c.example", std::nullopt}});
  served.fake.set_policy(policy);
  const std::string answer = served.path("/metrics");
  CHECK(answer.find("hanse_queue_oldest_seconds{peer=\"v.example\"} 11520.0\n") !=
        std::string::npos);
}

TEST_CASE("metrics: a silent client holds up nobody, and stopping does not wait for it") {
  Served served;
  const Descriptor silent = served.connect();
  CHECK(served.path("/livez").starts_with("HTTP/1.1 200"));
  served.server.reset();
  char byte = 0;
  CHECK(::recv(silent.get(), &byte, 1, 0) <= 0);
}

TEST_CASE("metrics: a request may come byte by byte") {
  Served served;
  const Descriptor socket = served.connect();
  for (const char c : std::string_view("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")) {
    REQUIRE(write_all(socket.get(), std::string_view(&c, 1), -1, std::chrono::seconds(5)));
  }
  char answer[15] = "";
  REQUIRE(::recv(socket.get(), answer, sizeof answer - 1, MSG_WAITALL) == 14);
  CHECK(std::string(answer) == "HTTP/1.1 200 O");
}

TEST_CASE("metrics: the HTTP reader is strict") {
  const auto status = [](const std::string& bytes) { return read_get(bytes).status; };
  CHECK(status("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n") == 200);
  CHECK(status("GET /metrics HTTP/1.0\r\n\r\n") == 200);
  CHECK(read_get("GET /metrics?x=1 HTTP/1.1\r\n\r\n").path == "/metrics");
  CHECK(status("") == 0);
  CHECK(status("GET /metrics HTTP/1.1\r\nHost: a\r\n") == 0);
  CHECK(status("POST /metrics HTTP/1.1\r\n\r\n") == 405);
  CHECK(status("HEAD /metrics HTTP/1.1\r\n\r\n") == 405);
  CHECK(status("GET /metrics HTTP/2.0\r\n\r\n") == 505);
  CHECK(status("GET /metrics\r\n\r\n") == 400);
  CHECK(status("GET  /metrics HTTP/1.1\r\n\r\n") == 400);
  CHECK(status("GET metrics HTTP/1.1\r\n\r\n") == 400);
  CHECK(status("GET http://x/metrics HTTP/1.1\r\n\r\n") == 400);
  CHECK(status("GET /me\ttrics HTTP/1.1\r\n\r\n") == 400);
  CHECK(status("EHLO a.example\r\n\r\n") == 400);
  CHECK(status("GET / HTTP/1.1\r\nHost : a\r\n\r\n") == 400);
  CHECK(status("GET / HTTP/1.1\r\n folded\r\n\r\n") == 400);
  CHECK(status("GET / HTTP/1.1\r\nA: b\nC: d\r\n\r\n") == 400);
  CHECK(status("GET /" + std::string(limits::metrics_request_bytes_max, 'x')) == 431);
  CHECK(status("GET / HTTP/1.1\r\nA: " + std::string(limits::metrics_request_bytes_max, 'x') +
               "\r\n\r\n") == 431);
}

}  // namespace
}  // namespace hanse::console
