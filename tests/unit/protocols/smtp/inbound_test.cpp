// SPDX-License-Identifier: Apache-2.0
#include <malloc.h>

#include "tests/catch.h"
#include "tests/unit/protocols/smtp/inbound_bench.h"

namespace hanse {
namespace {

using namespace std::chrono_literals;
using test::large_content;
using test::opened;

// Sends content in pieces; a question is answered before the next piece, as a session does it.
void send_content(test::EngineBench& bench, test::Acceptor& acceptor, const std::string& content,
                  std::size_t piece) {
  for (std::size_t at = 0; at < content.size(); at += piece) {
    bench.feed(content.substr(at, piece));
    bench.answer_all([&acceptor](const Ask& ask) { return acceptor(ask); });
  }
}

TEST_CASE("D-16 the replies of one input are one write") {
  test::Acceptor acceptor;
  test::EngineBench bench = opened();
  bench.writes_ = 0;
  bench.feed("EHLO b.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n"
             "RCPT TO:<e@d.example>\r\nDATA\r\n");
  bench.answer_all([&acceptor](const Ask& ask) { return acceptor(ask); });
  CHECK(bench.writes_ == 1);
}

TEST_CASE("D-14 no word of the message before its commit") {
  test::Acceptor acceptor;
  test::EngineBench bench = test::in_content({}, acceptor);
  bench.feed(std::string(test::small_content) + ".\r\nNOOP\r\n");
  REQUIRE(bench.open_.size() == 1);
  CHECK(bench.output_.empty());
  bench.answer_first(Submitted{"01TEST"});
  CHECK(bench.take_output() == "250 2.0.0 queued as 01TEST\r\n250 2.0.0 ok\r\n");
}

TEST_CASE("a large body goes to the store in chunks, and none of it stays in memory") {
  const std::string content = large_content(1024 * 1024);
  for (const std::size_t piece : {1460u, 16384u, 65536u}) {
    test::Acceptor acceptor;
    std::vector<std::size_t> chunks;
    test::EngineBench bench = test::in_content({}, acceptor);
    const std::string wire = content + ".\r\n";
    for (std::size_t at = 0; at < wire.size(); at += piece) {
      bench.feed(wire.substr(at, piece));
      bench.answer_all([&](const Ask& ask) {
        if (const Keep* keep = std::get_if<Keep>(&ask)) chunks.push_back(keep->bytes.size());
        return acceptor(ask);
      });
    }
    REQUIRE(acceptor.submissions.size() == 1);
    const Submission& submission = acceptor.submissions.front();
    CHECK(submission.body.bytes == nullptr);
    CHECK(submission.body.size == content.size());
    CHECK(bench.body_of(submission) == content);
    CHECK(chunks.size() == content.size() / limits::body_chunk_bytes + 1);
    CHECK(chunks.front() == limits::body_chunk_bytes);
    CHECK(bench.take_output() == "250 2.0.0 queued as 01TEST\r\n");
  }
}

TEST_CASE("input behind an open Keep is held, and bounded") {
  test::Acceptor acceptor;
  test::EngineBench bench = test::in_content({}, acceptor);
  const std::string content = large_content(300 * 1024);
  bench.feed(content);
  REQUIRE(bench.open_.size() == 1);
  bench.feed("held\r\n.\r\n");
  CHECK(bench.open_.size() == 1);
  bench.answer_all([&acceptor](const Ask& ask) { return acceptor(ask); });
  REQUIRE(acceptor.submissions.size() == 1);
  CHECK(bench.body_of(acceptor.submissions.front()) == content + "held\r\n");

  test::EngineBench flooded = test::in_content({}, acceptor);
  flooded.feed(content);
  flooded.feed(std::string(limits::input_held_bytes_max, 'x'));
  CHECK(flooded.hung_up_ == 0);
  flooded.feed("x");
  CHECK(flooded.hung_up_ == 1);
  CHECK(flooded.take_output() == "421 4.7.0 too much input ahead of the replies\r\n");
}

TEST_CASE("S-11 whatever stands behind QUIT has no effect, however much it is") {
  test::EngineBench bench = opened();
  bench.take_output();
  bench.feed("QUIT\r\n" + std::string(limits::input_held_bytes_max + 1, 'x'));
  CHECK(bench.take_output() == "221 2.0.0 goodbye\r\n");
  CHECK(bench.hung_up_ == 1);
}

TEST_CASE("a store that cannot keep a chunk: the rest is read, 452 or 451, nothing submitted") {
  for (const auto& [fault, reply] :
       {std::pair{Fault::overloaded, "452 4.3.1 no room for more, try again later\r\n"},
        std::pair{Fault::try_later, "451 4.3.0 local failure, try again later\r\n"}}) {
    test::Acceptor acceptor;
    test::EngineBench bench = test::in_content({}, acceptor);
    bench.feed(large_content(300 * 1024));
    bench.answer_first(Error{fault, "disk"});
    bench.feed(large_content(300 * 1024) + ".\r\n");
    CHECK(bench.open_.empty());
    CHECK(bench.take_output() == reply);
    CHECK(bench.hung_up_ == 0);
  }
}

TEST_CASE("what Keep began is dropped when the message is refused at its end") {
  test::Acceptor acceptor;
  test::EngineBench bench = test::in_content({}, acceptor);
  send_content(bench, acceptor, large_content(600 * 1024), 16384);
  CHECK(bench.blobs_.size() == 1);
  send_content(bench, acceptor, "bare\nLF\r\n.\r\n", 16384);
  CHECK(acceptor.submissions.empty());
  CHECK(bench.blobs_.empty());
  CHECK(bench.take_output() == "550 5.6.0 bare CR/LF or NUL not allowed\r\n");
}

TEST_CASE("D-3 a bare LF behind a line too long ends the session, in one piece or in many") {
  for (const std::size_t piece : {16384, 1}) {
    test::Acceptor acceptor;
    test::EngineBench bench = test::in_content({}, acceptor);
    send_content(bench, acceptor, std::string(1100, 'x') + "\nMAIL FROM\r\n.\r\n", piece);
    CHECK(acceptor.submissions.empty());
    CHECK(bench.take_output() == "550 5.6.0 bare CR/LF or NUL not allowed\r\n");
    CHECK(bench.hung_up_ == 1);
  }
}

TEST_CASE("D-6 a broken header is found before the first chunk is handed over") {
  test::Acceptor acceptor;
  test::EngineBench bench = test::in_content({}, acceptor);
  bench.feed("no field\r\n" + large_content(600 * 1024));
  CHECK(bench.open_.empty());
  bench.feed(".\r\n");
  CHECK(bench.take_output() == "550 5.6.0 broken header block\r\n");
}

TEST_CASE("D-8 what is far too large ends the session") {
  test::Acceptor acceptor;
  test::EngineBench bench = test::in_content({{"size_max", "65536"}}, acceptor);
  const std::string piece = large_content(1024 * 1024);
  for (int i = 0; i < 64; ++i) bench.feed(piece);
  CHECK(bench.hung_up_ == 0);
  bench.feed(piece);
  CHECK(bench.hung_up_ == 1);
  CHECK(bench.take_output() == "552 5.3.4 message too large\r\n");
}

TEST_CASE("D-13 the connection ends within a message: nothing is submitted, no more is read") {
  for (const bool tls_failed : {false, true}) {
    test::Acceptor acceptor;
    test::EngineBench bench = test::in_content({}, acceptor);
    bench.feed(std::string(test::small_content) + ".\r");
    bench.event(Closed{tls_failed, "close_notify"});
    bench.feed("\nMAIL FROM:<x@b.example>\r\n");
    CHECK(bench.open_.empty());
    CHECK(bench.output_.empty());
    CHECK(acceptor.submissions.empty());
  }
}

TEST_CASE("D-14 a question nobody answers in a minute ends the session with 451") {
  test::EngineBench bench = opened();
  bench.feed("EHLO b.example\r\n");
  bench.take_output();
  bench.feed("MAIL FROM:<a@b.example>\r\n");
  bench.pass(60s);
  CHECK(bench.take_output() == "451 4.3.0 the answer takes too long\r\n");
  CHECK(bench.hung_up_ == 1);
  bench.answer_first(TrustDecision{Verdict::accept, "", "", {}});
  CHECK(bench.output_.empty());
}

TEST_CASE("V-3 why a session was ended is one line of the log, QUIT is none") {
  test::EngineBench bench = opened();
  bench.feed("EHLO b.example\r\n");
  bench.pass(300s);
  CHECK(bench.log_ == "smtp.closed 421 4.4.2 you were silent for too long\n");
  test::EngineBench polite = opened();
  polite.feed("QUIT\r\n");
  CHECK(polite.log_.empty());
}

TEST_CASE("R-1 the reverse name is asked for at once and delays nothing") {
  test::EngineBench bench = opened({{"reverse_names", "1"}});
  REQUIRE(bench.open_.size() == 1);
  const test::EngineBench::Question name = bench.open_.front();
  bench.open_.pop_front();
  CHECK(std::get<Lookup>(name.ask).background);
  CHECK(std::get<Lookup>(name.ask).question == DnsQuestion{"7.2.0.192.in-addr.arpa", DnsType::ptr});
  CHECK(bench.take_output() == "220 a.example ESMTP hanse\r\n");

  const auto send = [&bench] {
    test::Acceptor acceptor;
    bench.feed("EHLO b.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n");
    bench.answer_all([&acceptor](const Ask& ask) { return acceptor(ask); });
    bench.feed(std::string(test::small_content) + ".\r\n");
    bench.answer_all([&acceptor](const Ask& ask) { return acceptor(ask); });
    REQUIRE(acceptor.submissions.size() == 1);
    return acceptor.submissions.front().envelope.trace.back().from_host;
  };
  CHECK(send().empty());
  DnsAnswer answer;
  answer.records = {DnsName{"mx.b.example"}};
  bench.event(Answered{name.id, answer});
  CHECK(send() == "mx.b.example");
}

TEST_CASE("R-1 a reverse name that is no name does not get into the trace") {
  for (const char* name : {"evil(comment).example", "a\r\nX: y", "a b", ""}) {
    test::EngineBench bench = opened({{"reverse_names", "1"}});
    DnsAnswer answer;
    answer.records = {DnsName{name}};
    bench.answer_first(answer);
    test::Acceptor acceptor;
    bench.feed("HELO b\r\nMAIL FROM:<>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n");
    bench.answer_all([&acceptor](const Ask& ask) { return acceptor(ask); });
    bench.feed(std::string(test::small_content) + ".\r\n");
    bench.answer_all([&acceptor](const Ask& ask) { return acceptor(ask); });
    REQUIRE(acceptor.submissions.size() == 1);
    CHECK(acceptor.submissions.front().envelope.trace.back().from_host.empty());
  }
}

TEST_CASE("R-1 what is submitted: key, hop, facts, and the bytes as they came") {
  test::Acceptor acceptor;
  test::EngineBench bench = test::in_content({}, acceptor);
  const std::string content =
      "Received: as it was\r\nFrom: <a@b.example>\r\nMessage-ID: <1@b.example>\r\n\r\n\xc3\xbc\r\n";
  bench.feed(content + ".\r\n");
  bench.answer_all([&acceptor](const Ask& ask) { return acceptor(ask); });
  REQUIRE(acceptor.submissions.size() == 1);
  const Submission& submission = acceptor.submissions.front();
  const Envelope& envelope = submission.envelope;
  CHECK(*submission.body.bytes == content);
  CHECK(submission.body.size == content.size());
  CHECK(envelope.key == MessageKey{"smtp", "b.example", "1@b.example"});
  CHECK(envelope.flow == Flow::durable);
  CHECK(envelope.native == "8bit");
  CHECK_FALSE(envelope.is_report);
  REQUIRE(envelope.trace.size() == 1);
  const Hop& hop = envelope.trace.front();
  CHECK(hop.by_node == "a.example");
  CHECK(hop.protocol == "ESMTP");
  CHECK(hop.from_name == "b.example");
  CHECK(hop.from_address == "192.0.2.7");
  CHECK(hop.tls.empty());
  CHECK(hop.at == from_unix_ms(1'700'000'000'000));
}

TEST_CASE("TLS from the first octet on, and after STARTTLS: the hop says ESMTPS") {
  for (const bool from_the_start : {true, false}) {
    test::Acceptor acceptor;
    test::EngineBench bench = opened({{"tls", "1"}});
    TlsFacts facts;
    facts.version = "TLSv1.3";
    facts.cipher = "TLS_AES_256_GCM_SHA384";
    facts.certificate_sha256 = "ab";
    if (!from_the_start) bench.feed("EHLO b.example\r\nSTARTTLS\r\n");
    bench.event(TlsUp{facts});
    bench.take_output();
    bench.feed("EHLO b.example\r\nMAIL FROM:<>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n");
    CHECK(test::describe(bench.open_.front().ask) == "verify b.example 192.0.2.7 tls+ pkix-");
    CHECK(std::get<Verify>(bench.open_.front().ask).claim.certificate_sha256 == "ab");
    bench.answer_all([&acceptor](const Ask& ask) { return acceptor(ask); });
    CHECK(bench.output_.find("STARTTLS") == std::string::npos);
    bench.feed(std::string(test::small_content) + ".\r\n");
    bench.answer_all([&acceptor](const Ask& ask) { return acceptor(ask); });
    REQUIRE(acceptor.submissions.size() == 1);
    const Hop& hop = acceptor.submissions.front().envelope.trace.front();
    CHECK(hop.protocol == "ESMTPS");
    CHECK(hop.tls == "TLSv1.3 TLS_AES_256_GCM_SHA384");
  }
}

TEST_CASE("S-15 S-16 every reply: three digits, a fitting class, no more than 512 octets") {
  test::Acceptor acceptor;
  test::EngineBench bench = opened();
  bench.feed("EHLO b.example\r\n");
  bench.take_output();
  bench.feed(std::string(4000, 'X') + "\x1b[2J\r\n");
  bench.feed(std::string(4000, 'X') + "\r\n");
  bench.feed("X\x7fY\xff\r\nVRFY\r\nRCPT\r\nMAIL\r\nQUIT\r\n");
  const std::string replies = bench.take_output();
  std::size_t from = 0, lines = 0;
  for (std::size_t end; (end = replies.find("\r\n", from)) != std::string::npos; from = end + 2) {
    const std::string line = replies.substr(from, end - from);
    ++lines;
    CHECK(line.size() <= 510);
    CHECK(line[3] == ' ');
    CHECK(line[4] == line[0]);
    for (const char octet : line) CHECK((octet >= 32 && octet < 127));
  }
  CHECK(lines == 7);
}

TEST_CASE("an idle session takes less than 2 KiB of its own") {
  constexpr std::size_t sessions = 1000;
  std::vector<test::EngineBench> benches;
  benches.reserve(sessions);
  const std::size_t before = mallinfo2().uordblks;
  for (std::size_t i = 0; i < sessions; ++i) {
    benches.push_back(opened());
    benches.back().feed("EHLO some.host.of.b.example\r\nNO");
    benches.back().output_ = std::string();
  }
  const std::size_t each = (mallinfo2().uordblks - before) / sessions;
  CHECK(each < 2048);
}

}  // namespace
}  // namespace hanse
