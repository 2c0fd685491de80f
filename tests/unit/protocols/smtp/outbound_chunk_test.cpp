// SPDX-License-Identifier: Apache-2.0
// C-2 where the server takes chunks (RFC 3030).

#include "tests/catch.h"
#include "tests/unit/protocols/smtp/outbound_bench.h"

namespace hanse {
namespace {

using test::OutboundBench;

constexpr std::string_view chunking = "PIPELINING\nCHUNKING\nSIZE\n";
constexpr std::string_view body = "From: x\r\n\r\n.hi\r\n";
constexpr std::string_view envelope =
    "MAIL FROM:<alice@a.example> SIZE=16\nRCPT TO:<c@b.example>\n";
constexpr std::string_view chunk = "BDAT 16 LAST\nFrom: x\n\n.hi\n";

OutboundBench ready(std::string_view extensions = chunking) {
  OutboundBench bench;
  bench.become_ready(extensions);
  return bench;
}

// One that was taken; then the connection is idle.
void deliver_one(OutboundBench& bench) {
  bench.deliver({"c@b.example"}, std::string(body));
  bench.server("250 ok\n250 ok\n");
  bench.server("250 2.0.0 queued\n");
  bench.sent_raw();
  bench.story();
}

TEST_CASE("C-2 a chunk has no dot at its end and doubles none, and goes when somebody wants it") {
  OutboundBench bench = ready();
  bench.deliver({"c@b.example"}, std::string(body));
  CHECK(bench.sent() == envelope);
  bench.server("250 ok\n");
  CHECK(bench.sent().empty());
  bench.server("250 ok\n");
  CHECK(bench.sent() == chunk);
  CHECK(bench.story() == "");
  bench.server("250 2.0.0 queued as X\n");
  CHECK(bench.story() == "1 delivered 2.0.0\n");
}

// The second of two, whose envelope and chunk have gone out behind the first one's chunk.
OutboundBench busy() {
  OutboundBench bench = ready();
  bench.deliver({"c@b.example"}, std::string(body));
  bench.sent_raw();
  bench.deliver({"c@b.example"}, std::string(body));
  CHECK(bench.sent().empty());   // not before it is known that somebody wants the first
  bench.server("250 ok\n250 ok\n");
  CHECK(bench.sent() ==
        std::string(chunk) + "RSET\n" + std::string(envelope) + std::string(chunk));
  return bench;
}

TEST_CASE("C-2 behind another message envelope and chunk go out at once") {
  OutboundBench bench = busy();
  SECTION("taken") {
    bench.server("250 2.0.0 queued\n250 ok\n250 ok\n250 ok\n250 2.0.0 queued\n");
    CHECK(bench.story() == "1 delivered 2.0.0\n2 delivered 2.0.0\n");
  }
  SECTION("the first is refused: RSET has settled what is left of it") {
    bench.server("552 5.3.4 too big\n250 ok\n250 ok\n250 ok\n250 2.0.0 queued\n");
    CHECK(bench.story() == "1 failed 5.3.4\n2 delivered 2.0.0\n");
  }
  SECTION("nobody wants it: the answer to its chunk says nothing of anybody, and RSET follows") {
    bench.server("250 2.0.0 queued\n250 ok\n250 ok\n550 5.1.1 who?\n503 5.5.1 for whom?\n");
    CHECK(bench.story() == "1 delivered 2.0.0\n2 failed 5.1.1\n");
    bench.deliver({"c@b.example"}, std::string(body));
    CHECK(bench.sent() == "RSET\n" + std::string(envelope));
  }
  SECTION("the sender is refused") {
    bench.server("250 2.0.0 queued\n250 ok\n550 5.7.1 no\n503 5.5.1 MAIL\n503 5.5.1 MAIL\n");
    CHECK(bench.story() == "1 delivered 2.0.0\n2 failed 5.7.1\n");
  }
  SECTION("lost: either may have arrived (M-11)") {
    bench.closed();
    CHECK(bench.outcome(1).ambiguous);
    CHECK(bench.outcome(2).ambiguous);
  }
}

TEST_CASE("C-6 C-2 on a connection that was idle the chunk waits: found dead, it costs nothing") {
  OutboundBench bench = ready();
  deliver_one(bench);
  bench.deliver({"c@b.example"}, std::string(body));
  CHECK(bench.sent() == envelope);
  bench.closed();
  CHECK(bench.outcome(2).disposition == Disposition::returned);
}

TEST_CASE("C-2 without PIPELINING one command at a time, the chunk too") {
  OutboundBench bench = ready("CHUNKING\nSIZE\n");
  deliver_one(bench);
  bench.deliver({"c@b.example"}, std::string(body));
  CHECK(bench.sent() == "MAIL FROM:<alice@a.example> SIZE=16\n");
  bench.server("250 ok\n");
  CHECK(bench.sent() == "RCPT TO:<c@b.example>\n");
  bench.server("250 ok\n");
  CHECK(bench.sent() == chunk);
}

TEST_CASE("C-2 chunks of 1 MiB, each when the one before is taken") {
  std::string large = "From: x\r\n\r\n";
  while (large.size() < 2'500'000) large += std::string(70, 'x') + "\r\n";
  OutboundBench bench = ready();
  bench.deliver({"c@b.example"}, large);
  bench.sent_raw();
  bench.server("250 ok\n250 ok\n");
  std::string seen;
  for (int i = 0; i < 3; ++i) {
    const std::string sent = bench.sent_raw();
    const std::size_t head = sent.find("\r\n") + 2;
    CHECK(sent.substr(0, head) ==
          (i < 2 ? "BDAT 1048576\r\n"
                 : "BDAT " + std::to_string(large.size() - 2 * 1048576) + " LAST\r\n"));
    seen += sent.substr(head);
    if (i == 1) SECTION("one is refused") {
      bench.server("452 4.3.1 full\n");
      CHECK(bench.story() == "1 deferred 4.3.1\n");
      return;
    }
    bench.server("250 ok\n");
  }
  CHECK(seen == large);
  CHECK(bench.story() == "1 delivered 2.0.0\n");
}

TEST_CASE("V-2 an answer ahead of the chunk is none") {
  OutboundBench bench = ready();
  bench.deliver({"c@b.example"}, std::string(body));
  bench.server("250 ok\n250 ok\n250 2.0.0 queued\n");
  CHECK(bench.notes_ == "conn.protocol_error\n");
  CHECK(bench.outcome(1).disposition == Disposition::deferred);
}

TEST_CASE("C-2 a body that is in the store is sent by DATA, as ever") {
  OutboundBench bench = ready();
  bench.deliver({"c@b.example"}, std::string(body), "", true);
  CHECK(bench.sent() == std::string(envelope) + "DATA\n");
}

}  // namespace
}  // namespace hanse
