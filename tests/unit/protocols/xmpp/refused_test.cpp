// SPDX-License-Identifier: Apache-2.0
// A stream that ends over one stanza: which one it was, and what becomes of the others.

#include "protocols/xmpp/errors.h"
#include "protocols/xmpp/report.h"
#include "tests/catch.h"
#include "tests/unit/protocols/xmpp/inbound_bench.h"
#include "tests/unit/protocols/xmpp/outbound_bench.h"

namespace hanse::xmpp {
namespace {

using Bench = test::OutboundBench;

constexpr std::string_view management = "<sm xmlns='urn:xmpp:sm:3'/>";
constexpr std::string_view enabled = "<enabled xmlns='urn:xmpp:sm:3' id='one' resume='true'/>";

std::string stream_error(std::string_view condition, std::string_view more = {}) {
  return "<stream:error><" + std::string(condition) +
         " xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>" + std::string(more) + "</stream:error>";
}

std::string settled(const Bench& bench) {
  std::string out;
  for (const auto& [id, outcome] : bench.settled_) {
    const bool failed = outcome.disposition == Disposition::failed;
    out += std::to_string(id) +
           (outcome.disposition == Disposition::delivered ? " delivered;"
            : failed                                      ? " failed " + outcome.status + ";"
                                                          : " deferred;");
  }
  return out;
}

TEST_CASE("what a stream error says of the stanza before it", "[xmpp]") {
  const auto status = [](std::string condition, std::string application = {}) {
    return std::string(stanza_status({std::move(condition), {}, std::move(application)}));
  };
  CHECK(status("invalid-from") == "5.7.1");
  for (const char* form : {"improper-addressing", "invalid-namespace", "unsupported-stanza-type",
                           "not-well-formed", "xml-not-well-formed", "restricted-xml"})
    CHECK(status(form) == "5.6.0");
  CHECK(status("policy-violation", "stanza-too-big") == "5.3.4");
  for (const char* stream : {"policy-violation", "system-shutdown", "connection-timeout",
                             "host-unknown", "not-authorized", "reset", "undefined-condition"})
    CHECK(status(stream).empty());
  Outcome failed;
  failed.status = "5.7.1";
  CHECK(stanza_error_of(failed).condition == "not-allowed");
  failed.status = "5.6.0";
  CHECK(stanza_error_of(failed).condition == "not-acceptable");
  failed.status = "5.3.4";
  CHECK(stanza_error_of(failed).type == "modify");
  failed.status = "5.0.0";
  CHECK(stanza_error_of(failed).type == "cancel");
}

TEST_CASE("a peer that ends the stream over the only stanza that is open has refused that one",
          "[xmpp]") {
  Bench bench;
  const bool counts = GENERATE(true, false);
  bench.negotiate(counts ? management : "");
  if (counts) bench.feed(enabled);
  bench.deliver(Bench::message(1, "first"));
  SECTION("alone") {
    bench.feed(stream_error("invalid-from"));
    bench.close();
    CHECK(settled(bench) == "1 failed 5.7.1;");
    CHECK(bench.settled_[0].second.reply.find("invalid-from") != std::string::npos);
    REQUIRE(bench.ends_.size() == 1);
    CHECK(bench.ends_[0].fault == Fault::try_later);     // others may go on
  }
  SECTION("over the stream, not over a stanza") {
    bench.feed(stream_error("system-shutdown"));
    bench.close();
    CHECK(settled(bench) == "1 deferred;");
  }
  SECTION("one of several: it cannot be told which") {
    bench.deliver(Bench::message(2, "second"));
    bench.feed(stream_error("invalid-from"));
    bench.close();
    CHECK(settled(bench) == "1 deferred;2 deferred;");
  }
  SECTION("one of several, and the count says which") {
    if (!counts) return;
    bench.deliver(Bench::message(2, "second"));
    bench.feed("<a xmlns='urn:xmpp:sm:3' h='1'/>" + stream_error("improper-addressing"));
    bench.close();
    CHECK(settled(bench) == "1 delivered;2 failed 5.6.0;");
  }
}

TEST_CASE("a peer that refuses our name as that of a stream refuses it for good", "[xmpp]") {
  Bench bench;
  bench.open();
  const auto [condition, fault, status] =
      GENERATE(std::tuple{"invalid-from", Fault::never, "5.7.1"},
               std::tuple{"host-unknown", Fault::never, "5.1.2"},
               std::tuple{"not-authorized", Fault::try_later, "4.7.1"});
  bench.feed(Bench::head("one") + stream_error(condition));
  REQUIRE(bench.ends_.size() == 1);
  CHECK(bench.ends_[0].fault == fault);
  CHECK(bench.ends_[0].status == status);
}

std::string message(std::string_view from, std::string_view id) {
  return "<message from='u@" + std::string(from) + "' to='v@gw.a.example' id='" +
         std::string(id) + "'><body>b</body></message>";
}

TEST_CASE("we end a stream over a stanza when all before it is acknowledged", "[xmpp]") {
  auto bench = test::trusted();
  bench.feed("<db:result from='b.example' to='gw.a.example'>k</db:result>");
  test::no_names(bench);
  bench.answer_first(TrustDecision{Verdict::accept, "b.example", "", {}});
  bench.feed("<enable xmlns='urn:xmpp:sm:3'/>");
  bench.take_output();
  const std::string input = message("b.example", "1") + message("b.example", "2") +
                            message("c.example", "3") + message("b.example", "4");
  std::string output;
  const auto all = [&] { return output += bench.take_output(); };
  bench.feed(input);
  while (!bench.open_.empty()) {
    CHECK(all().find("<stream:error>") == std::string::npos);
    if (std::holds_alternative<Permit>(bench.open_.front().ask))
      bench.answer_first(Permission{Permission::Answer::yes, {}, {}});
    else bench.answer_first(Submitted{"id"});
  }
  const std::size_t said =
      all().find("<a xmlns='urn:xmpp:sm:3' h='2'/><stream:error><invalid-from ");
  INFO(output);
  CHECK(said != std::string::npos);
  CHECK(bench.hung_up_);
}

}  // namespace
}  // namespace hanse::xmpp
