// SPDX-License-Identifier: Apache-2.0
#include "tests/catch.h"
#include "tests/unit/protocols/smtp/outbound_bench.h"

namespace hanse {
namespace {

using test::OutboundBench;
using namespace std::chrono_literals;

constexpr std::string_view offers_tls = "250-mx.b.example\n250-PIPELINING\n250 STARTTLS\n";
constexpr std::string_view offers_no_tls = "250-mx.b.example\n250 PIPELINING\n";

// A connection at the answer to EHLO.
OutboundBench greeted(TlsLevel tls) {
  OutboundBench bench(tls);
  bench.open();
  bench.server("220 mx.b.example ESMTP\n");
  CHECK(bench.sent() == "EHLO a.example\n");
  return bench;
}

TEST_CASE("C-1 greeting, EHLO, ready") {
  OutboundBench bench = greeted(TlsLevel::off);
  bench.server(offers_tls);
  CHECK(bench.sent() == "");
  CHECK(bench.story() == "ready\n");
  CHECK(bench.trust_asked_.claim.domain == "b.example");
  CHECK(bench.trust_asked_.claim.outgoing);
}

TEST_CASE("C-1 a server without EHLO is greeted by HELO and offers nothing") {
  OutboundBench bench = greeted(TlsLevel::may);
  bench.server("502 5.5.1 what?\n");
  CHECK(bench.sent() == "HELO a.example\n");
  bench.server("250-PIPELINING\n250 SIZE 5\n");
  CHECK(bench.story() == "ready\n");
  bench.deliver({"c@b.example"});
  CHECK(bench.sent() == "MAIL FROM:<alice@a.example>\n");
}

TEST_CASE("M-10 a refusal before the first MAIL moves on, none is final but 521") {
  const auto refused = [](std::string_view greeting) {
    OutboundBench bench;
    bench.open();
    bench.server(greeting);
    return bench.story();
  };
  CHECK(refused("421 4.3.2 busy\n") == "failed before ready 4.3.2\nhang up\n");
  CHECK(refused("554 no\n") == "failed before ready 4.0.0\nhang up\n");   // B-7: deferred
  CHECK(refused("554 5.7.1 no\n") == "failed before ready 4.7.1\nhang up\n");
  CHECK(refused("354 what\n") == "failed before ready 4.0.0\nhang up\n");
  CHECK(refused("521 5.3.2 takes no mail\n") ==  // RFC 7504
        "failed before ready 5.3.2 for good\nhang up\n");
  CHECK(refused("HTTP/1.1 400\n") == "failed before ready 4.5.0\nhang up\n");
  for (const std::string_view reply : {"451 4.3.0 later\n", "421 4.3.0 later\n"}) {
    OutboundBench bench = greeted(TlsLevel::off);
    bench.server(reply);
    CHECK(bench.story() == "failed before ready 4.3.0\nhang up\n");
  }
  OutboundBench bench = greeted(TlsLevel::off);
  bench.server("500 what\n");
  bench.server("550 5.7.1 not you\n");
  CHECK(bench.story() == "failed before ready 4.7.1\nhang up\n");
}

TEST_CASE("T-7 after TLS the server is asked anew, and only that counts") {
  OutboundBench bench = greeted(TlsLevel::encrypt);
  bench.server("250-mx.b.example\n250-SIZE 5\n250 STARTTLS\n");
  CHECK(bench.sent() == "STARTTLS\n");
  bench.server("220 go\n");
  CHECK(bench.story() == "tls mx.b.example or b.example\n");
  bench.tls_up(false);
  CHECK(bench.sent() == "EHLO a.example\n");
  bench.server("250-mx.b.example\n250 STARTTLS\n");  // offered again: ignored
  CHECK(bench.story() == "ready\n");
  bench.deliver({"c@b.example"});
  CHECK(bench.sent() == "MAIL FROM:<alice@a.example>\n");  // neither SIZE nor PIPELINING
  CHECK(bench.notes_ == "conn.tls\n");
}

TEST_CASE("T-6 bytes behind the answer to STARTTLS are an attack") {
  for (const TlsLevel level : {TlsLevel::may, TlsLevel::encrypt, TlsLevel::verify}) {
    OutboundBench bench = greeted(level);
    bench.server(offers_tls);
    bench.server("220 go\n250 injected\n");
    CHECK(bench.story() == "failed before ready 4.7.0\nhang up\n");
    CHECK(bench.notes_ == "smtp.starttls_injection\nconn.failed\n");
    bench.closed();
    CHECK(bench.story() == "");
  }
}

TEST_CASE("X-9 what each level makes of what the server offers") {
  struct Row {
    TlsLevel level;
    std::string_view offer, answer;
    std::string_view story;
  };
  const std::string_view demanded = "failed before ready 4.7.5\nhang up\n";
  const Row rows[] = {
      {TlsLevel::off, offers_tls, "", "ready\n"},
      {TlsLevel::may, offers_no_tls, "", "ready\n"},
      {TlsLevel::may, offers_tls, "454 4.7.0 not now\n", "ready\n"},
      {TlsLevel::may, offers_tls, "502 what\n", "ready\n"},
      {TlsLevel::may, offers_tls, "421 4.3.2 bye\n", "failed before ready 4.3.2\nhang up\n"},
      {TlsLevel::encrypt, offers_no_tls, "", demanded},
      {TlsLevel::encrypt, offers_tls, "454 4.7.0 not now\n", demanded},
      {TlsLevel::verify, offers_no_tls, "", demanded},
      {TlsLevel::verify, offers_tls, "554 5.7.0 no\n", demanded},
  };
  for (const Row& row : rows) {
    OutboundBench bench = greeted(row.level);
    bench.server(row.offer);
    if (!row.answer.empty()) bench.server(row.answer);
    CHECK(bench.story() == row.story);
  }
}

TEST_CASE("X-9 a server known only by HELO gets no mail where TLS is demanded") {
  OutboundBench bench = greeted(TlsLevel::encrypt);
  bench.server("500 what\n");
  bench.server("250 hello\n");
  CHECK(bench.story() == "failed before ready 4.7.5\nhang up\n");
}

TEST_CASE("X-9 the trust decision has the last word, with the facts of TLS") {
  OutboundBench bench = greeted(TlsLevel::verify);
  bench.server(offers_tls);
  bench.server("220 go\n");
  bench.tls_up(false);
  bench.story();
  bench.verdict_ = Verdict::defer;
  bench.server(offers_no_tls);
  CHECK(bench.story() == "failed before ready 4.7.5\nhang up\n");
  const Verify& asked = bench.trust_asked_;
  CHECK(asked.claim.level == TlsLevel::verify);
  CHECK(asked.claim.certificate_sha256 == "ab12");
  REQUIRE(asked.evidence.size() == 2);
  CHECK(asked.evidence[0].kind == "tls");
  CHECK(asked.evidence[0].passed);
  CHECK(asked.evidence[1].kind == "pkix");
  CHECK_FALSE(asked.evidence[1].passed);
}

TEST_CASE("B-7 a failed TLS handshake says so, that the lane may dial again without") {
  OutboundBench bench = greeted(TlsLevel::may);
  bench.server(offers_tls);
  bench.server("220 go\n");
  bench.story();
  bench.event(Closed{true, "wrong version number"});
  CHECK(bench.story() == "failed before ready 4.7.5 (TLS)\nhang up\n");
}

TEST_CASE("C-5 no answer before ready") {
  OutboundBench bench;
  bench.open();
  bench.pass(299s);
  CHECK(bench.story() == "");
  bench.server("220-mx.b");  // half an answer is no answer
  bench.pass(2s);
  CHECK(bench.story() == "failed before ready 4.4.2\nhang up\n");
}

TEST_CASE("a lost connection and a drain before ready") {
  OutboundBench lost;
  lost.open();
  lost.closed();
  CHECK(lost.story() == "failed before ready 4.4.2\nhang up\n");
  OutboundBench drained = greeted(TlsLevel::off);
  drained.event(Drain{});
  CHECK(drained.story() == "end in order\nhang up\n");
}

}  // namespace
}  // namespace hanse
