// SPDX-License-Identifier: Apache-2.0
// A place that is no configured network, as a probe looks at it.
#include "protocols/irc/look.h"

#include "tests/catch.h"
#include "tests/unit/protocols/engine_bench.h"

namespace hanse::irc {
namespace {

using hanse::test::EngineBench;

EngineBench look(TlsLevel tls = TlsLevel::may) {
  OutboundContext context;
  context.lane = "192.0.2.1:6667";
  context.endpoint.host = context.endpoint.address = "192.0.2.1";
  context.tls = tls;
  EngineBench bench(std::make_unique<Look>(context));
  bench.event(Opened{"192.0.2.9", "192.0.2.1", 6667});
  return bench;
}

bool notes(const EngineBench& bench, std::string_view text) {
  return bench.log_.find(text) != std::string::npos;
}

TEST_CASE("irc look: what a server says first tells which software it is") {
  struct Case {
    std::string_view says, software;
  };
  const Case cases[] = {
      {"CAPAB START 1205\n", "inspircd"},
      {":insp.example 451 * VERSION :You have not registered.\r\n", "inspircd"},
      {":hyb.example NOTICE * :*** Looking up your hostname\r\n", "hybrid"},
      {":ng.example 451 * :Connection not registered\r\n", "ngircd"},
      {":irc2.example 020 * :Please wait while we process your connection.\r\n", "irc2"},
      {":other.example NOTICE * :*** Looking up your hostname...\r\n", "no software known"}};
  for (const Case& one : cases) {
    EngineBench bench = look();
    bench.feed(one.says);
    bench.pass(std::chrono::seconds(5));
    CAPTURE(one.says);
    CHECK(notes(bench, "it says: "));
    CHECK(notes(bench, "in plain text; it looks like "));
    CHECK(notes(bench, one.software));
    CHECK(bench.tls_started_ == 0);
    bench.event(Drain{});
    CHECK(bench.hung_up_ == 1);
  }
}

TEST_CASE("irc look: who says nothing may want TLS first, and is then asked") {
  EngineBench bench = look();
  bench.pass(std::chrono::seconds(2));
  REQUIRE(bench.tls_started_ == 1);
  CHECK(bench.take_output().empty());
  TlsFacts facts;
  facts.version = "TLSv1.3";
  facts.certificate_sha256 = "ab12";
  facts.verify_error = "self-signed certificate";
  bench.event(TlsUp{facts});
  CHECK(notes(bench, "TLSv1.3, certificate sha256:ab12, not valid: self-signed certificate"));
  bench.pass(std::chrono::seconds(2));
  CHECK(bench.take_output() == "VERSION\r\n");
  bench.feed(":ng.example 451 * :Connection not registered\r\n");
  bench.pass(std::chrono::seconds(2));
  CHECK(notes(bench, "by TLS; it looks like ngircd"));
}

TEST_CASE("irc look: it ends in time, whatever is there") {
  SECTION("TLS that never comes") {
    EngineBench bench = look();
    bench.pass(std::chrono::seconds(10));
    CHECK(bench.hung_up_ == 1);
  }
  SECTION("nobody who says anything") {
    EngineBench bench = look(TlsLevel::off);
    bench.pass(std::chrono::seconds(10));
    CHECK(bench.tls_started_ == 0);
    CHECK(bench.hung_up_ == 1);
  }
  SECTION("somebody who never stops") {
    EngineBench bench = look();
    for (int i = 0; i < 100; ++i) bench.feed(":other.example NOTICE * :hello\r\n");
    CHECK(notes(bench, "it looks like"));
  }
  SECTION("something else") {
    EngineBench bench = look();
    bench.feed("220 mail.example ESMTP\r\n");
    CHECK(bench.hung_up_ == 1);
    CHECK_FALSE(notes(bench, "it looks like"));
  }
  SECTION("lines with what terminals obey") {
    EngineBench bench = look();
    bench.feed(":other.example NOTICE * :\x1b[2J\r\n");
    CHECK(bench.log_.find('\x1b') == std::string::npos);
  }
}

TEST_CASE("irc look: only what can be no network's name is a place") {
  CHECK(is_place(parse_next_hop("192.0.2.1:6667")));
  CHECK(is_place(parse_next_hop("irc.b.example:6697")));
  CHECK(is_place(parse_next_hop("irc.b.example")));
  CHECK_FALSE(is_place(parse_next_hop("home")));
  const auto place = look_at(parse_next_hop("irc.b.example"));
  while (const auto ask = place->next()) {
    DnsAnswer answer;
    if (ask->question.type == DnsType::a) answer.records.push_back(DnsAddress{"192.0.2.1"});
    else answer.status = DnsStatus::no_data;
    place->on(ask->question, answer);
  }
  REQUIRE(place->done());
  const auto found = place->endpoints();
  REQUIRE(found);
  REQUIRE(found->size() == 2);
  CHECK((*found)[0].port == 6697);
  CHECK((*found)[1].port == 6667);
}

}  // namespace
}  // namespace hanse::irc
