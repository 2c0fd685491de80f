// SPDX-License-Identifier: Apache-2.0
// How long a session may take and how much it may say.

#include "tests/catch.h"
#include "tests/unit/protocols/smtp/inbound_bench.h"

namespace hanse {
namespace {

using namespace std::chrono_literals;
using test::large_content;
using test::opened;

TEST_CASE("D-17 a message may take a minute and a second per KiB") {
  test::Acceptor acceptor;
  test::EngineBench bench = test::in_content({}, acceptor);
  for (int second = 0; second < 200; ++second) {   // just fast enough
    bench.feed(large_content(1024));
    bench.pass(1s);
  }
  CHECK(bench.hung_up_ == 0);
  bench.pass(59s);
  CHECK(bench.hung_up_ == 0);
  bench.pass(30s);
  CHECK(bench.hung_up_ == 1);
  CHECK(bench.take_output() == "421 4.4.2 the message takes too long\r\n");
}

TEST_CASE("D-17 the octets of a refused BDAT have to keep the pace of a message") {
  test::EngineBench bench = opened();
  bench.feed("EHLO b.example\r\nBDAT 200000 LAST\r\n");
  bench.take_output();
  for (int second = 0; second < 100; ++second) {   // just fast enough
    bench.feed(std::string(1024, 'x'));
    bench.pass(1s);
  }
  CHECK(bench.hung_up_ == 0);
  for (int second = 0; second < 70; ++second) {
    bench.feed("x");
    bench.pass(1s);
  }
  CHECK(bench.hung_up_ == 1);
  CHECK(bench.take_output() == "421 4.4.2 the message takes too long\r\n");
}

TEST_CASE("D-17 a message has a head start of ten seconds when connections run out") {
  test::Acceptor acceptor;
  test::EngineBench bench = test::in_content({{"crowded", "1"}}, acceptor);
  for (int piece = 0; piece < 3; ++piece) {   // a fifth of the pace
    CHECK(bench.hung_up_ == 0);
    bench.feed(large_content(1024));
    bench.pass(5s);
  }
  CHECK(bench.take_output() == "421 4.4.2 the message takes too long\r\n");
}

TEST_CASE("D-17 sessions that are open already get less time when connections run out") {
  test::EngineBench bench = opened();
  bench.feed("EHLO b.example\r\n");
  bench.pass(100s);
  bench.event(Crowded{true});
  bench.event(Crowded{true});
  bench.pass(9s);
  CHECK(bench.hung_up_ == 0);
  bench.feed("NOOP\r\n");
  bench.take_output();
  bench.pass(9s);
  bench.event(Crowded{false});
  bench.feed("NOOP\r\n");
  bench.take_output();
  bench.pass(299s);
  CHECK(bench.hung_up_ == 0);
  bench.event(Crowded{true});   // what is left is less than that
  bench.pass(1s);
  CHECK(bench.take_output() == "421 4.4.2 you were silent for too long\r\n");
}

TEST_CASE("D-17 a wait that has begun is over ten seconds after connections have run out") {
  test::EngineBench bench = opened();
  bench.feed("EHLO b.example\r\n");
  bench.take_output();
  bench.pass(100s);
  bench.event(Crowded{true});
  bench.pass(9s);
  CHECK(bench.hung_up_ == 0);
  bench.pass(1s);
  CHECK(bench.take_output() == "421 4.4.2 you were silent for too long\r\n");
  CHECK(bench.hung_up_ == 1);
}

TEST_CASE("D-17 silence within a message") {
  test::Acceptor acceptor;
  test::EngineBench bench = test::in_content({}, acceptor);
  bench.feed(large_content(400 * 1024));
  bench.answer_all([&acceptor](const Ask& ask) { return acceptor(ask); });
  bench.pass(179s);
  CHECK(bench.hung_up_ == 0);
  bench.pass(1s);
  CHECK(bench.take_output() == "421 4.4.2 you were silent for too long\r\n");
}

TEST_CASE("S-12 a hundred commands without a message; recipients are not counted") {
  test::Acceptor acceptor;
  test::EngineBench bench = opened();
  bench.feed("EHLO b.example\r\nMAIL FROM:<a@b.example>\r\n");
  for (int i = 0; i < 500; ++i) bench.feed("RCPT TO:<c" + std::to_string(i) + "@d.example>\r\n");
  bench.answer_all([&acceptor](const Ask& ask) { return acceptor(ask); });
  CHECK(bench.hung_up_ == 0);
  for (int i = 0; i < 98; ++i) bench.feed("HELP\r\n");
  CHECK(bench.hung_up_ == 0);
  bench.take_output();
  bench.feed("HELP\r\n");
  CHECK(bench.take_output() == "421 4.7.0 too many commands without a message\r\n");
  CHECK(bench.hung_up_ == 1);
}

TEST_CASE("D-9 more recipients than fit: the first are taken, and the message with them") {
  test::Acceptor acceptor;
  test::EngineBench bench = opened();
  bench.feed("EHLO b.example\r\nMAIL FROM:<a@b.example>\r\n");
  for (int i = 0; i < 2000; ++i) {
    bench.feed("RCPT TO:<c" + std::to_string(i) + "@d.example>\r\n");
    bench.answer_all([&acceptor](const Ask& ask) { return acceptor(ask); });
  }
  CHECK(bench.hung_up_ == 0);
  CHECK(bench.take_output().ends_with("452 4.5.3 too many recipients\r\n"));
  bench.feed("DATA\r\n");
  CHECK(bench.take_output().starts_with("354 "));
}

TEST_CASE("S-12 who never stops with recipients that are too many is sent away") {
  test::Acceptor acceptor;
  test::EngineBench bench = opened();
  bench.feed("EHLO b.example\r\nMAIL FROM:<a@b.example>\r\n");
  for (int i = 0; i < 2100; ++i) {
    bench.feed("RCPT TO:<c" + std::to_string(i) + "@d.example>\r\n");
    bench.answer_all([&acceptor](const Ask& ask) { return acceptor(ask); });
  }
  CHECK(bench.hung_up_ == 1);
}

TEST_CASE("D-16 content sent along behind a sender that was refused") {
  test::EngineBench bench = opened();
  bench.feed("EHLO b.example\r\n");
  bench.take_output();
  bench.feed("MAIL FROM:<a@b.example> SIZE=99999999999\r\nRCPT TO:<c@d.example>\r\nDATA\r\n"
             "one\r\ntwo\r\nthree\r\nfour\r\nfive\r\n.\r\n");
  const std::string said = bench.take_output();
  CHECK(said.find("unknown command \"three\"") != std::string::npos);
  CHECK(said.find("unknown command \"four\"") == std::string::npos);
  CHECK(said.ends_with("421 4.7.0 too many errors\r\n"));
}

TEST_CASE("S-12 a recipient that is there already leads nowhere") {
  test::Acceptor acceptor;
  test::EngineBench bench = opened();
  bench.feed("EHLO b.example\r\nMAIL FROM:<a@b.example>\r\n");
  for (int i = 0; i < 99; ++i) bench.feed("RCPT TO:<c@d.example>\r\n");
  bench.answer_all([&acceptor](const Ask& ask) { return acceptor(ask); });
  CHECK(bench.hung_up_ == 0);
  bench.take_output();
  bench.feed("RCPT TO:<c@d.example>\r\n");
  bench.answer_all([&acceptor](const Ask& ask) { return acceptor(ask); });
  CHECK(bench.take_output() == "421 4.7.0 too many commands without a message\r\n");
}

TEST_CASE("operations section 2: a peer with too many connections is told so, and sent away") {
  test::EngineBench bench = opened();
  bench.feed("EHLO b.example\r\n");
  bench.take_output();
  bench.feed("MAIL FROM:<a@b.example>\r\n");
  TrustDecision no{Verdict::defer, "b.example", "", {}, Fault::overloaded};
  no.evidence.push_back({"connections", false, ""});
  bench.answer_first(std::move(no));
  CHECK(bench.take_output() == "421 4.3.2 too many connections of yours, try again later\r\n");
  CHECK(bench.hung_up_ == 1);
}

TEST_CASE("S-17 drain while a commit is open: its reply first, then goodbye") {
  test::Acceptor acceptor;
  test::EngineBench bench = test::in_content({}, acceptor);
  bench.feed(std::string(test::small_content) + ".\r\n");
  bench.event(Drain{});
  CHECK(bench.output_.empty());
  bench.answer_first(Submitted{"01TEST"});
  CHECK(bench.take_output() ==
        "250 2.0.0 queued as 01TEST\r\n421 4.3.2 going down, try again later\r\n");
  CHECK(bench.hung_up_ == 1);
}

}  // namespace
}  // namespace hanse
