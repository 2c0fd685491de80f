// SPDX-License-Identifier: Apache-2.0
#include "tests/catch.h"
#include "tests/unit/protocols/xmpp/outbound_bench.h"

using namespace hanse;
using Bench = xmpp::test::OutboundBench;

TEST_CASE("xmpp 1.7: a route says for whom the certificate has to be, and which key it holds",
          "[xmpp]") {
  OutboundContext context = Bench::sample_context();
  context.tls = TlsLevel::verify;
  const std::string identity = GENERATE("", "b.example", "hub.example");
  context.endpoint.identity = identity;
  context.endpoint.pin = "00ff";
  context.endpoint.verify_names = {"b.example"};   // found by DNSSEC: no way around the route
  Bench bench(context);
  bench.open();
  bench.feed(Bench::head("one") +
             Bench::features("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"));
  bench.feed("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
  bench.tls_up();                                  // shows one for b.example
  REQUIRE(bench.asked_.size() == 1);
  const Verify& question = std::get<Verify>(bench.asked_[0]);
  CHECK(question.claim.hop_pin == "00ff");
  CHECK(question.claim.domain == "b.example");
  CHECK(question.evidence.back().passed == (identity != "hub.example"));
}
