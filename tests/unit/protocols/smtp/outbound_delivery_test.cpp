// SPDX-License-Identifier: Apache-2.0
#include "server/base/limits.h"
#include "tests/catch.h"
#include "tests/unit/protocols/smtp/outbound_bench.h"

namespace hanse {
namespace {

using test::OutboundBench;

constexpr std::string_view content = "From: x\n\nhi\n.\n";

TEST_CASE("C-2 one write for the envelope, one for the message") {
  OutboundBench bench;
  bench.become_ready();
  bench.writes_ = 0;
  bench.deliver({"c@b.example", "d@b.example"});
  CHECK(bench.sent() ==
        "MAIL FROM:<alice@a.example> SIZE=15\nRCPT TO:<c@b.example>\nRCPT TO:<d@b.example>\n"
        "DATA\n");
  CHECK(bench.writes_ == 1);
  bench.server("250 2.1.0 ok\n250 2.1.5 ok\n250 2.1.5 ok\n354 go\n");
  CHECK(bench.sent() == content);
  CHECK(bench.writes_ == 2);
  CHECK(bench.story() == "");
  bench.server("250 2.0.0 queued as X\n");
  CHECK(bench.story() == "1 delivered 2.0.0\n2 delivered 2.0.0\n");
  CHECK(bench.outcome(1).reply == "250 2.0.0 queued as X");
  CHECK(bench.outcome(1).remote == "mx.b.example [192.0.2.7]:25");
}

TEST_CASE("C-2 without PIPELINING one command at a time") {
  OutboundBench bench;
  bench.become_ready("");
  bench.deliver({"c@b.example", "d@b.example"});
  CHECK(bench.sent() == "MAIL FROM:<alice@a.example>\n");
  bench.server("250 ok\n");
  CHECK(bench.sent() == "RCPT TO:<c@b.example>\n");
  bench.server("550 5.1.1 who?\n");
  CHECK(bench.sent() == "RCPT TO:<d@b.example>\n");
  bench.server("250 ok\n");
  CHECK(bench.sent() == "DATA\n");
  bench.server("354 go\n");
  CHECK(bench.sent() == content);
  bench.server("250 ok\n");
  CHECK(bench.story() == "1 failed 5.1.1\n2 delivered 2.0.0\n");
}

TEST_CASE("C-2 nobody accepted and 354 all the same: the dot alone, and nothing is delivered") {
  OutboundBench bench;
  bench.become_ready();
  bench.deliver({"c@b.example"});
  bench.server("250 ok\n550 5.1.1 who?\n354 go\n");
  bench.sent_raw();
  CHECK(bench.story() == "");
  bench.server("250 2.0.0 accepted\n");
  CHECK(bench.story() == "1 failed 5.1.1\n");
}

TEST_CASE("C-2 without PIPELINING there is no DATA for nobody, and RSET before the next") {
  OutboundBench bench;
  bench.become_ready("");
  bench.deliver({"c@b.example"});
  bench.server("250 ok\n");
  bench.server("450 4.2.1 busy\n");
  CHECK(bench.story() == "1 deferred 4.2.1\n");
  bench.sent();
  bench.deliver({"d@b.example"});
  CHECK(bench.sent() == "RSET\n");
  bench.server("250 ok\n");
  CHECK(bench.sent() == "MAIL FROM:<alice@a.example>\n");
}

TEST_CASE("C-6 RSET goes along only when the server has a transaction of ours open") {
  OutboundBench bench;
  bench.become_ready("PIPELINING\n");
  bench.deliver({"c@b.example"});
  bench.server("250 ok\n550 5.1.1 who?\n554 5.5.1 no valid recipients\n");
  CHECK(bench.story() == "1 failed 5.1.1\n");
  bench.sent();
  bench.deliver({"d@b.example"});
  CHECK(bench.sent() == "RSET\nMAIL FROM:<alice@a.example>\nRCPT TO:<d@b.example>\nDATA\n");
  bench.server("250 ok\n250 ok\n250 ok\n354 go\n");
  bench.sent();
  bench.server("250 ok\n");
  bench.deliver({"e@b.example"});
  CHECK(bench.sent() == "MAIL FROM:<alice@a.example>\nRCPT TO:<e@b.example>\nDATA\n");
}

TEST_CASE("M-10 each step's refusal is the recipients' outcome") {
  struct Row {
    std::string_view replies, story;
  };
  const Row rows[] = {
      {"550 5.7.1 no\n503 x\n503 x\n503 x\n", "1 failed 5.7.1\n2 failed 5.7.1\n"},
      {"451 4.3.0 later\n503 x\n503 x\n503 x\n", "1 deferred 4.3.0\n2 deferred 4.3.0\n"},
      {"250 ok\n450 later\n550 no\n554 nobody\n", "1 deferred 4.0.0\n2 failed 5.0.0\n"},
      {"250 ok\n250 ok\n550 5.1.1 who\n451 4.3.0 later\n", "1 deferred 4.3.0\n2 failed 5.1.1\n"},
      {"250 ok\n250 ok\n251 forward\n554 5.6.0 no\n", "1 failed 5.6.0\n2 failed 5.6.0\n"},
      {"250 ok\n250 ok\n250 ok\n250 what?\n", "1 deferred 4.5.0\n2 deferred 4.5.0\n"},
      {"354 what?\n503 x\n503 x\n503 x\n", "1 deferred 4.5.0\n2 deferred 4.5.0\n"},
  };
  for (const Row& row : rows) {
    OutboundBench bench;
    bench.become_ready();
    bench.deliver({"c@b.example", "d@b.example"});
    bench.server(row.replies);
    CHECK(bench.story() == row.story);
  }
}

TEST_CASE("M-10 try_next: what a host does not take for now goes to the next one at once") {
  struct Row {
    std::string_view replies, story;
  };
  const Row rows[] = {
      {"451 4.3.0 later\n503 x\n503 x\n503 x\n",
       "1 returned 4.3.0\n2 returned 4.3.0\nfailed 4.3.0\nhang up\n"},
      {"250 ok\n450 4.2.0 later\n451 4.7.1 later\n554 nobody\n",
       "1 returned 4.2.0\n2 returned 4.7.1\nfailed 4.2.0\nhang up\n"},
      {"250 ok\n250 ok\n250 ok\n451 4.3.0 later\n",
       "1 returned 4.3.0\n2 returned 4.3.0\nfailed 4.3.0\nhang up\n"},
      // A host that decided for somebody is of use.
      {"250 ok\n450 later\n550 no\n554 nobody\n",
       "1 returned 4.0.0\n2 failed 5.0.0\nend in order\nhang up\n"},
      {"550 5.7.1 no\n503 x\n503 x\n503 x\n", "1 failed 5.7.1\n2 failed 5.7.1\n"},
  };
  for (const Row& row : rows) {
    OutboundBench bench(TlsLevel::off, 50, true, true);
    bench.become_ready();
    bench.deliver({"c@b.example", "d@b.example"});
    bench.sent();
    bench.server(row.replies);
    CHECK(bench.story() == row.story);
    CHECK((bench.sent() == "QUIT\n") == (row.story.find("hang up") != std::string::npos));
  }
  OutboundBench dot(TlsLevel::off, 50, true, true);
  dot.become_ready();
  dot.deliver({"c@b.example", "d@b.example"});
  dot.server("250 ok\n250 ok\n450 4.2.0 later\n354 go\n");
  dot.server("250 ok\n");
  CHECK(dot.story() == "1 delivered 2.0.0\n2 returned 4.2.0\nend in order\nhang up\n");
}

TEST_CASE("M-10 try_next: the last host, and one that took another message, are believed") {
  const auto answered = [](bool others_left, bool try_next, std::string_view first) {
    OutboundBench bench(TlsLevel::off, 50, others_left, try_next);
    bench.become_ready();
    if (!first.empty()) {
      bench.deliver({"c@b.example"});
      bench.server("250 ok\n250 ok\n354 go\n");
      bench.server(first);
    }
    bench.story();
    bench.deliver({"d@b.example"});
    bench.server("451 4.3.0 later\n503 x\n503 x\n");
    return bench.story();
  };
  CHECK(answered(true, true, "") == "1 returned 4.3.0\nfailed 4.3.0\nhang up\n");
  CHECK(answered(false, true, "") == "1 deferred 4.3.0\n");
  CHECK(answered(true, false, "") == "1 deferred 4.3.0\n");
  CHECK(answered(true, true, "250 ok\n") == "2 deferred 4.3.0\n");
}

TEST_CASE("M-10 the answer to the final dot decides for those who were accepted") {
  struct Row {
    std::string_view reply, story;
  };
  const Row rows[] = {
      {"250 ok\n", "1 delivered 2.0.0\n2 failed 5.1.1\n"},
      {"250 2.6.0 ok\n", "1 delivered 2.6.0\n2 failed 5.1.1\n"},
      {"451 4.3.0 disk\n", "1 deferred 4.3.0\n2 failed 5.1.1\n"},
      {"550 5.7.1 spam\n", "1 failed 5.7.1\n2 failed 5.1.1\n"},
      {"354 what?\n", "1 deferred 4.5.0\n2 failed 5.1.1\n"},
  };
  for (const Row& row : rows) {
    OutboundBench bench;
    bench.become_ready();
    bench.deliver({"c@b.example", "d@b.example"});
    bench.server("250 ok\n250 ok\n550 5.1.1 who\n354 go\n");
    bench.server(row.reply);
    CHECK(bench.story() == row.story);
  }
}

TEST_CASE("C-11 too many recipients: the rest at once in the next transaction") {
  const std::string_view refusals[] = {"452 4.5.3 enough\n", "452 enough\n", "552 5.5.3 enough\n"};
  for (const std::string_view refusal : refusals) {
    OutboundBench bench;
    bench.become_ready();
    bench.deliver({"c@b.example", "d@b.example"});
    bench.server("250 ok\n250 ok\n" + std::string(refusal) + "354 go\n");
    CHECK(bench.sent().ends_with(content));
    bench.server("250 ok\n");
    CHECK(bench.story() == "");
    CHECK(bench.sent() == "MAIL FROM:<alice@a.example> SIZE=15\nRCPT TO:<d@b.example>\nDATA\n");
    bench.server("250 ok\n250 ok\n354 go\n");
    CHECK(bench.sent() == content);
    bench.server("250 2.0.0 second\n");
    CHECK(bench.story() == "1 delivered 2.0.0\n2 delivered 2.0.0\n");
    CHECK(bench.outcome(2).reply == "250 2.0.0 second");
  }
}

TEST_CASE("C-11 a 452 that is about something else, or for the first recipient, is a deferral") {
  OutboundBench space;
  space.become_ready();
  space.deliver({"c@b.example", "d@b.example"});
  space.server("250 ok\n250 ok\n452 4.3.1 no space\n354 go\n");
  space.server("250 ok\n");
  CHECK(space.story() == "1 delivered 2.0.0\n2 deferred 4.3.1\n");
  OutboundBench first;
  first.become_ready();
  first.deliver({"c@b.example"});
  first.server("250 ok\n452 4.5.3 enough\n554 no\n");
  CHECK(first.story() == "1 deferred 4.5.3\n");
}

TEST_CASE("C-10 recipients go in batches, of the server's own size if it is smaller") {
  OutboundBench bench(TlsLevel::off, 3);
  bench.become_ready("PIPELINING\nLIMITS RCPTMAX=2\n");
  bench.deliver({"c@b.example", "d@b.example", "e@b.example"});
  bench.server("250 ok\n250 ok\n250 ok\n354 go\n");
  bench.sent();
  bench.server("250 ok\n");
  CHECK(bench.sent() == "MAIL FROM:<alice@a.example>\nRCPT TO:<e@b.example>\nDATA\n");
  bench.server("250 ok\n250 ok\n354 go\n");
  bench.server("451 4.3.0 now not\n");
  CHECK(bench.story() == "1 delivered 2.0.0\n2 delivered 2.0.0\n3 deferred 4.3.0\n");
}

TEST_CASE("E-5 E-8 C-3 what cannot be sent is refused without asking, and the line stays up") {
  OutboundBench bench;
  bench.become_ready("PIPELINING\nSIZE 20\n");
  bench.deliver({"c@b.example"}, "From: x\r\n\r\n\xc3\xa9\r\n", "8bit");
  CHECK(bench.story() == "1 failed 5.6.3\n");
  bench.deliver({"c@b.example"}, "From: x\r\n\r\n" + std::string(20, 'x') + "\r\n");
  CHECK(bench.story() == "2 failed 5.3.4\n");
  bench.deliver({"c@b.example"}, "From: x\r\n\r\na\nb\r\n");
  CHECK(bench.story() == "3 failed 5.6.0\n");
  bench.deliver({"c\r\nDATA@b.example", "d@b.example"}, "a: b\r\n");
  CHECK(bench.sent() == "MAIL FROM:<alice@a.example> SIZE=6\nRCPT TO:<d@b.example>\nDATA\n");
  bench.server("250 ok\n250 ok\n354 go\n");
  bench.server("250 ok\n");
  CHECK(bench.story() == "4 failed 5.6.7\n5 delivered 2.0.0\n");
}

TEST_CASE("E-5 8-bit content is announced where it is taken") {
  OutboundBench bench;
  bench.become_ready("PIPELINING\n8BITMIME\n");
  bench.deliver({"c@b.example"}, "From: x\r\n\r\n\xc3\xa9\r\n", "8bit");
  CHECK(bench.sent() ==
        "MAIL FROM:<alice@a.example> BODY=8BITMIME\nRCPT TO:<c@b.example>\nDATA\n");
}

TEST_CASE("RFC 2920 3.1 the next envelope goes out behind the content of the one before") {
  OutboundBench bench;
  bench.become_ready("PIPELINING\n");
  bench.deliver({"c@b.example"});
  bench.deliver({"d@b.example"});
  CHECK(bench.sent() == "MAIL FROM:<alice@a.example>\nRCPT TO:<c@b.example>\nDATA\n");
  bench.server("250 ok\n250 ok\n354 go\n");
  CHECK(bench.sent() == std::string(content) +
                            "MAIL FROM:<alice@a.example>\nRCPT TO:<d@b.example>\nDATA\n");
  bench.server("250 2.0.0 first\n250 ok\n250 ok\n354 go\n");
  CHECK(bench.story() == "1 delivered 2.0.0\n");
  CHECK(bench.sent() == content);
  bench.deliver({"e@b.example"});  // the answer to the dot is still to come: no need to wait
  CHECK(bench.sent() == "MAIL FROM:<alice@a.example>\nRCPT TO:<e@b.example>\nDATA\n");
  bench.server("550 5.7.1 second\n450 4.2.1 busy\n503 x\n503 x\n");
  CHECK(bench.story() == "2 failed 5.7.1\n3 deferred 4.2.1\n");
}

TEST_CASE("a body in the store is streamed in chunks, each asked for after the one before") {
  std::string body = "From: x\r\n\r\n";
  while (body.size() < 3 * limits::body_chunk_bytes) body += ".line of a long message\r\n";
  OutboundBench bench;
  bench.become_ready("PIPELINING\n");
  bench.deliver({"c@b.example"}, body, "", true);
  bench.sent();
  bench.server("250 ok\n250 ok\n354 go\n");
  CHECK(bench.sent() == "");
  CHECK(bench.fetches_.size() == 1);
  CHECK(bench.fetches_.front().blob == 9);
  bench.deliver({"d@b.example"}, "a: b\r\n", "", false);
  bench.answer_fetches();
  const std::string wire = bench.sent_raw();
  CHECK(wire.starts_with("From: x\r\n\r\n..line of a long message\r\n..line"));
  CHECK(wire.ends_with("..line of a long message\r\n.\r\n"
                       "MAIL FROM:<alice@a.example>\r\nRCPT TO:<d@b.example>\r\nDATA\r\n"));
  bench.server("250 ok\n");
  CHECK(bench.story() == "1 delivered 2.0.0\n");
}

TEST_CASE("a stored body that cannot be read, or is another, never ends in a dot") {
  const std::string body = "From: x\r\n\r\nhi\r\n";
  struct Row {
    Answer answer;
    std::string_view story;
  };
  const Row rows[] = {
      {Error{Fault::broken, "disk"}, "1 deferred 4.3.0\nfailed 4.3.0\nhang up\n"},
      {Fetched{""}, "1 deferred 4.3.0\nend in order\nhang up\n"},
      {Fetched{body + "x"}, "1 deferred 4.3.0\nend in order\nhang up\n"},
      {Fetched{"From: x\n"}, "1 failed 5.6.0\nend in order\nhang up\n"},
  };
  for (const Row& row : rows) {
    OutboundBench bench;
    bench.become_ready("PIPELINING\n");
    bench.deliver({"c@b.example"}, body, "", true);
    bench.server("250 ok\n250 ok\n354 go\n");
    bench.sent();
    bench.answer(row.answer);
    CHECK(bench.sent() == "");
    CHECK(bench.story() == row.story);
  }
}

TEST_CASE("R-1 the trace field is part of the content and of its size") {
  auto envelope = std::make_shared<Envelope>();
  envelope->id = "01TEST";
  envelope->from = {"smtp", "alice", "a.example"};
  envelope->to = {{"smtp", "c", "b.example"}};
  Hop hop;
  hop.by_node = "a.example";
  hop.protocol = "ESMTP";
  hop.from_name = "client.example";
  hop.from_address = "192.0.2.9";
  envelope->trace = {hop};
  Work work;
  work.body.bytes = std::make_shared<const std::string>("From: x\r\n\r\nhi\r\n");
  work.body.size = work.body.bytes->size();
  work.targets = {{1, envelope->to.front(), 1}};
  work.envelope = envelope;
  OutboundBench bench;
  bench.become_ready("PIPELINING\nSIZE\n");
  bench.event(Deliver{work});
  const std::string commands = bench.sent_raw();
  bench.server("250 ok\n250 ok\n354 go\n");
  const std::string wire = bench.sent_raw();
  CHECK(wire.starts_with("Received: from client.example (unknown [192.0.2.9])\r\n"));
  CHECK(wire.find("for <c@b.example>;") != std::string::npos);
  CHECK(wire.ends_with("\r\nFrom: x\r\n\r\nhi\r\n.\r\n"));
  CHECK(commands.find(" SIZE=" + std::to_string(wire.size() - 3) + "\r\n") != std::string::npos);
}

}  // namespace
}  // namespace hanse
