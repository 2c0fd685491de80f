// SPDX-License-Identifier: Apache-2.0
#include "tests/catch.h"
#include "tests/unit/protocols/smtp/outbound_bench.h"

namespace hanse {
namespace {

using test::OutboundBench;
using namespace std::chrono_literals;

// A connection that has delivered one message and waits for work.
void deliver_one(OutboundBench& bench) {
  bench.become_ready("PIPELINING\n");
  bench.deliver({"c@b.example"});
  bench.server("250 ok\n250 ok\n354 go\n");
  bench.server("250 ok\n");
  bench.story();
  bench.sent();
}

TEST_CASE("M-11 lost between the final dot and its answer: ambiguous, and only then") {
  OutboundBench bench;
  bench.become_ready();
  bench.deliver({"c@b.example", "d@b.example"});
  bench.server("250 ok\n250 ok\n550 5.1.1 who\n354 go\n");
  bench.closed();
  CHECK(bench.story() == "1 deferred 4.4.2 ambiguous\n2 failed 5.1.1\nfailed 4.4.2\nhang up\n");
}

TEST_CASE("M-10 lost before the final dot: deferred") {
  for (const std::string_view replies : {"", "250 ok\n", "250 ok\n250 ok\n"}) {
    OutboundBench bench;
    bench.become_ready();
    bench.deliver({"c@b.example"});
    bench.server(replies);
    bench.closed();
    CHECK(bench.story() == "1 deferred 4.4.2\nfailed 4.4.2\nhang up\n");
  }
}

TEST_CASE("M-10 lost before the final dot while another host is left: that host's") {
  for (const std::string_view replies : {"", "250 ok\n", "250 ok\n250 ok\n"}) {
    OutboundBench bench(TlsLevel::off, 50, true);
    bench.become_ready();
    bench.deliver({"c@b.example"});
    bench.server(replies);
    bench.closed();
    CHECK(bench.story() == "1 returned 4.4.2\nfailed 4.4.2\nhang up\n");
  }
  OutboundBench slow(TlsLevel::off, 50, true);
  slow.become_ready();
  slow.deliver({"c@b.example"});
  slow.pass(300s);
  CHECK(slow.story() == "1 returned 4.4.2\nfailed 4.4.2\nhang up\n");
  OutboundBench sent(TlsLevel::off, 50, true);   // it may have arrived: never twice for nothing
  sent.become_ready();
  sent.deliver({"c@b.example"});
  sent.server("250 ok\n250 ok\n354 go\n");
  sent.closed();
  CHECK(sent.story() == "1 deferred 4.4.2 ambiguous\nfailed 4.4.2\nhang up\n");
}

TEST_CASE("M-11 lost in the middle of a streamed body: nothing was there yet") {
  OutboundBench bench;
  bench.become_ready();
  bench.deliver({"c@b.example"}, "From: x\r\n\r\nhi\r\n", "", true);
  bench.server("250 ok\n250 ok\n354 go\n");
  bench.closed();
  CHECK(bench.story() == "1 deferred 4.4.2\nfailed 4.4.2\nhang up\n");
}

TEST_CASE("C-6 a used connection found dead at the next MAIL costs nobody an attempt") {
  OutboundBench bench;
  deliver_one(bench);
  bench.deliver({"d@b.example"});
  bench.closed();
  CHECK(bench.story() == "2 returned 4.4.2\nfailed 4.4.2\nhang up\n");
  OutboundBench answered;  // but once MAIL was answered the attempt was one
  deliver_one(answered);
  answered.deliver({"d@b.example"});
  answered.server("250 ok\n");
  answered.closed();
  CHECK(answered.story() == "2 deferred 4.4.2\nfailed 4.4.2\nhang up\n");
}

TEST_CASE("C-6 neither does a 421 in the place of the answer to MAIL, nor one while idle") {
  OutboundBench bench;
  deliver_one(bench);
  bench.deliver({"d@b.example"});
  bench.server("421 4.7.0 enough for one connection\n");
  CHECK(bench.story() == "2 returned 4.7.0\nend in order\nhang up\n");
  OutboundBench idle;
  deliver_one(idle);
  idle.server("421 4.4.2 idle\n");
  CHECK(idle.story() == "end in order\nhang up\n");
  OutboundBench closed;
  deliver_one(closed);
  closed.closed();
  CHECK(closed.story() == "end in order\nhang up\n");
}

TEST_CASE("M-10 421 closes, whatever was asked; the others go back untouched") {
  OutboundBench bench;
  bench.become_ready("PIPELINING\n");
  bench.deliver({"c@b.example", "d@b.example"});
  bench.server("250 ok\n550 5.1.1 who\n421 4.3.2 going down\n");
  CHECK(bench.story() == "1 failed 5.1.1\n2 deferred 4.3.2\nfailed 4.3.2\nhang up\n");
  OutboundBench dot;
  dot.become_ready("PIPELINING\n");
  dot.deliver({"c@b.example"});
  dot.deliver({"d@b.example"});
  dot.server("250 ok\n250 ok\n354 go\n");
  dot.server("421 4.3.2 going down\n");
  CHECK(dot.story() == "1 deferred 4.3.2\n2 returned 4.3.2\nfailed 4.3.2\nhang up\n");
}

TEST_CASE("M-10 421 while another host is left: what it did not take is that host's") {
  for (const std::string_view replies :
       {"421 4.3.2 bye\n", "250 ok\n421 4.3.2 bye\n", "250 ok\n250 ok\n421 4.3.2 bye\n"}) {
    OutboundBench bench(TlsLevel::off, 50, true);
    bench.become_ready("PIPELINING\n");
    bench.deliver({"c@b.example"});
    bench.server(replies);
    CHECK(bench.story() == "1 returned 4.3.2\nfailed 4.3.2\nhang up\n");
  }
  OutboundBench partly(TlsLevel::off, 50, true);
  partly.become_ready("PIPELINING\n");
  partly.deliver({"c@b.example", "d@b.example"});
  partly.server("250 ok\n550 5.1.1 who\n421 4.3.2 going down\n");
  CHECK(partly.story() == "1 failed 5.1.1\n2 returned 4.3.2\nfailed 4.3.2\nhang up\n");
  OutboundBench streamed(TlsLevel::off, 50, true);   // in the middle of the content
  streamed.become_ready("PIPELINING\n");
  streamed.deliver({"c@b.example"}, "From: x\r\n\r\nhi\r\n", "", true);
  streamed.server("250 ok\n250 ok\n354 go\n");
  streamed.server("421 4.3.2 bye\n");
  CHECK(streamed.story() == "1 returned 4.3.2\nfailed 4.3.2\nhang up\n");
}

TEST_CASE("C-10 recipients no command has named go back when the connection ends") {
  OutboundBench bench(TlsLevel::off, 1);
  bench.become_ready("PIPELINING\n");
  bench.deliver({"c@b.example", "d@b.example"});
  bench.closed();
  CHECK(bench.story() == "1 deferred 4.4.2\n2 returned 4.4.2\nfailed 4.4.2\nhang up\n");
}

TEST_CASE("C-5 each step has its own patience") {
  struct Row {
    std::string_view replies;
    Duration patience;
    std::string_view story;
  };
  const Row rows[] = {
      {"", 300s, "1 deferred 4.4.2\nfailed 4.4.2\nhang up\n"},
      {"250 ok\n", 300s, "1 deferred 4.4.2\nfailed 4.4.2\nhang up\n"},
      {"250 ok\n250 ok\n", 120s, "1 deferred 4.4.2\nfailed 4.4.2\nhang up\n"},
      {"250 ok\n250 ok\n354 go\n", 600s, "1 deferred 4.4.2 ambiguous\nfailed 4.4.2\nhang up\n"},
  };
  for (const Row& row : rows) {
    OutboundBench bench;
    bench.become_ready();
    bench.deliver({"c@b.example"});
    bench.server(row.replies);
    bench.pass(row.patience - 1s);
    CHECK(bench.story() == "");
    bench.server("2");  // an answer that drips in begins no new wait
    bench.pass(1s);
    CHECK(bench.story() == row.story);
    bench.closed();
    CHECK(bench.story() == "");
  }
}

TEST_CASE("C-5 a server that takes no part of the message for too long") {
  OutboundBench bench;
  bench.become_ready();
  bench.deliver({"c@b.example"}, "From: x\r\n\r\nhi\r\n", "", true);
  bench.server("250 ok\n250 ok\n354 go\n");
  bench.pass(180s);
  CHECK(bench.story() == "1 deferred 4.4.2\nfailed 4.4.2\nhang up\n");
}

TEST_CASE("C-5 QUIT waits for its answer, 5 s at most") {
  OutboundBench answered;
  deliver_one(answered);
  answered.event(Drain{});
  CHECK(answered.sent() == "QUIT\n");
  CHECK(answered.story() == "end in order\n");
  answered.server("221 bye\n");
  CHECK(answered.story() == "hang up\n");
  OutboundBench silent;
  deliver_one(silent);
  silent.event(Drain{});
  silent.pass(4s);
  CHECK(silent.story() == "end in order\n");
  silent.pass(1s);
  CHECK(silent.story() == "hang up\n");
}

TEST_CASE("a drain finishes what is under way") {
  OutboundBench bench;
  bench.become_ready("PIPELINING\n");
  bench.deliver({"c@b.example"});
  bench.event(Drain{});
  bench.server("250 ok\n250 ok\n354 go\n");
  bench.sent();
  bench.server("250 ok\n");
  CHECK(bench.sent() == "QUIT\n");
  CHECK(bench.story() == "1 delivered 2.0.0\nend in order\n");
  bench.deliver({"d@b.example"});
  CHECK(bench.story() == "2 returned 4.4.2\n");
}

TEST_CASE("an idle connection has no deadline; what the server says unasked ends it") {
  OutboundBench bench;
  deliver_one(bench);
  bench.pass(1h);
  CHECK(bench.story() == "");
  bench.server("250 hello?\n");
  CHECK(bench.story() == "failed 4.5.0\nhang up\n");
}

TEST_CASE("V-2 an answer ahead of what it could answer delivers nothing") {
  OutboundBench ahead;  // the 250 was sent before the server could know our dot
  ahead.become_ready();
  ahead.deliver({"c@b.example"});
  ahead.server("250 ok\n250 ok\n354 go\n250 2.0.0 queued\n");
  CHECK(ahead.story() == "1 deferred 4.5.0\nfailed 4.5.0\nhang up\n");
  OutboundBench middle;  // nor is anything positive before the end of a streamed body
  middle.become_ready();
  middle.deliver({"c@b.example"}, "From: x\r\n\r\nhi\r\n", "", true);
  middle.server("250 ok\n250 ok\n354 go\n");
  middle.server("250 2.0.0 queued\n");
  CHECK(middle.story() == "1 deferred 4.5.0\nfailed 4.5.0\nhang up\n");
  OutboundBench refusal;  // but a refusal counts at once
  refusal.become_ready();
  refusal.deliver({"c@b.example"}, "From: x\r\n\r\nhi\r\n", "", true);
  refusal.server("250 ok\n250 ok\n354 go\n");
  refusal.server("552 5.3.4 too big\n");
  CHECK(refusal.story() == "1 failed 5.3.4\nend in order\nhang up\n");
}

}  // namespace
}  // namespace hanse
