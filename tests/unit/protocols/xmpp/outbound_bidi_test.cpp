// SPDX-License-Identifier: Apache-2.0
// XEP-0288: what the peer sends to us over a stream that we have opened.

#include "tests/catch.h"
#include "tests/unit/protocols/xmpp/outbound_bench.h"

namespace hanse {
namespace {

using namespace std::chrono_literals;
using Bench = xmpp::test::OutboundBench;

constexpr std::string_view bidi = "<bidi xmlns='urn:xmpp:features:bidi'/>";
constexpr std::string_view external = "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
                                      "<mechanism>EXTERNAL</mechanism></mechanisms>";
constexpr std::string_view management = "<sm xmlns='urn:xmpp:sm:3'/>";
constexpr std::string_view asks = "<bidi xmlns='urn:xmpp:bidi'><limits "
                                  "xmlns='urn:xmpp:stream-limits:0'><max-bytes>262144</max-bytes>"
                                  "<idle-seconds>3600</idle-seconds></limits></bidi>";
constexpr std::string_view said = "<message from='you@b.example' to='me@gw.a.example' id='1'>"
                                  "<body>hi</body></message>";

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

OutboundContext from_component() {
  OutboundContext out = Bench::sample_context();
  out.lane = "gw.a.example>b.example";
  return out;
}

xmpp::XmppSettings with_component() {
  auto out = Bench::sample_settings();
  out.components["gw.a.example"] = {"gw.a.example", xmpp::Component::Role::accept, "",
                                    std::string("secret")};
  return out;
}

std::string head(std::string_view id) {
  std::string out = Bench::head(id);
  out.replace(out.find("'a.example'"), 11, "'gw.a.example'");
  return out;
}

// To where the features after TLS say how we may prove ourselves.
void secure(Bench& bench, std::string_view offered) {
  bench.open();
  bench.feed(head("one") + Bench::features("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"));
  bench.feed("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
  bench.tls_up();
  bench.trust(Verdict::accept);
  bench.take();
  bench.feed(head("two") + Bench::features(std::string(external) + std::string(offered)));
}

// A stream for both directions that carries works.
void both_ways(Bench& bench, bool managed = true) {
  secure(bench, bidi);
  bench.trust(Verdict::accept);
  bench.feed("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
  bench.feed(head("three") + Bench::features(managed ? management : ""));
  if (managed) bench.feed("<enabled xmlns='urn:xmpp:sm:3'/>");
  REQUIRE(bench.ready_ == 1);
  bench.take();
}

void permit(Bench& bench, Permission::Answer answer = Permission::Answer::yes) {
  REQUIRE(std::holds_alternative<Permit>(bench.asked_.back()));
  bench.answer(Permission{answer, "", {}});
}

}  // namespace

TEST_CASE("bidi: we ask for it right before we prove ourselves", "[bidi]") {
  Bench bench(from_component(), with_component());
  secure(bench, bidi);
  CHECK(bench.take().empty());                    // first it is asked whether the peer may come
  REQUIRE(bench.asked_.size() == 2);
  const Verify& question = std::get<Verify>(bench.asked_[1]);
  CHECK_FALSE(question.claim.outgoing);
  CHECK(question.claim.domain == "b.example");
  CHECK(question.claim.address == "192.0.2.7");
  SECTION("it may") {
    bench.trust(Verdict::accept);
    CHECK(bench.take().starts_with(std::string(asks) + "<auth "));
  }
  SECTION("it may not") {
    bench.trust(Verdict::refuse);
    CHECK(bench.take().starts_with("<auth "));
    bench.feed("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
    bench.feed(head("three") + "<stream:features/>");
    bench.take();
    bench.feed(said);
    CHECK(has(bench.take(), "<not-authorized"));
  }
}

TEST_CASE("bidi: we ask for it only who offers it, and nobody behind us", "[bidi]") {
  auto settings = with_component();
  std::string_view offered = bidi;
  OutboundContext context = from_component();
  SECTION("not offered") { offered = ""; }
  SECTION("the namespace of the command is not that of the feature") {
    offered = "<bidi xmlns='urn:xmpp:bidi'/>";
  }
  SECTION("a server behind us") { settings.faces = {{"b.example", "192.0.2.7:5269"}}; }
  Bench bench(context, settings);
  secure(bench, offered);
  CHECK(bench.asked_.size() == 1);
  CHECK(bench.take().starts_with("<auth "));
}

TEST_CASE("bidi: dialback asks for it right before its key", "[bidi]") {
  Bench bench(from_component(), with_component());
  bench.open();
  bench.feed(head("one") + Bench::features("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"));
  bench.feed("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
  bench.tls_up();
  bench.trust(Verdict::accept);
  bench.take();
  bench.feed(head("two") + Bench::features(std::string(bidi) +
                                           "<dialback xmlns='urn:xmpp:features:dialback'/>"));
  bench.trust(Verdict::accept);
  CHECK(bench.take().starts_with(std::string(asks) + "<db:result "));
  bench.feed(said);                                // before the answer: nobody knows us yet
  CHECK(has(bench.take(), "not-authorized"));
}

TEST_CASE("bidi: the peer's stanzas pass as on a stream of its own", "[bidi]") {
  Bench bench(from_component(), with_component());
  both_ways(bench);
  bench.feed(said);
  const Permit& question = std::get<Permit>(bench.asked_.back());
  CHECK(question.question.claim.domain == "b.example");
  CHECK(question.question.served);
  permit(bench);
  REQUIRE(std::holds_alternative<Submit>(bench.asked_.back()));
  const Submission& kept = std::get<Submit>(bench.asked_.back()).submission;
  CHECK(kept.envelope.from.domain == "b.example");
  CHECK(kept.envelope.flow == Flow::durable);
  REQUIRE(kept.envelope.trace.size() == 1);
  CHECK(kept.envelope.trace[0].from_name == "b.example");
  bench.feed("<r xmlns='urn:xmpp:sm:3'/>");
  CHECK(bench.take().empty());                     // xmpp 6.3: not on the disk yet
  bench.answer(Submitted{"01"});
  CHECK(bench.take() == "<a xmlns='urn:xmpp:sm:3' h='1'/>");
}

TEST_CASE("bidi: only the inverse of the pair that is proved", "[bidi]") {
  Bench bench(from_component(), with_component());
  both_ways(bench);
  SECTION("another domain of ours") {
    bench.feed("<message from='you@b.example' to='me@a.example'/>");
    CHECK(has(bench.take(), "<invalid-from"));
  }
  SECTION("somebody else") {
    bench.feed("<message from='you@c.example' to='me@gw.a.example'/>");
    CHECK(has(bench.take(), "<invalid-from"));
  }
  SECTION("below it") {
    bench.feed("<message from='you@sub.b.example' to='me@gw.a.example'/>");
    CHECK(has(bench.take(), "<invalid-from"));
  }
  SECTION("a domain that is not ours") {
    bench.feed("<message from='you@b.example' to='me@c.example'/>");
    CHECK(has(bench.take(), "<host-unknown"));
  }
  CHECK(bench.hung_up_ == 1);
}

TEST_CASE("bidi: what comes behind a question waits for its answer", "[bidi]") {
  Bench bench(from_component(), with_component());
  both_ways(bench, false);
  bench.feed(std::string(said) + "<presence from='you@b.example' to='me@gw.a.example'/>");
  bench.feed("<message from='you@b.example' to='me@gw.a.example' id='2'><body/></message>");
  CHECK(bench.passed_.empty());
  permit(bench);
  REQUIRE(bench.passed_.size() == 3);
  CHECK(has(*bench.passed_[2].body.bytes, "id='2'"));
  CHECK(bench.passed_[0].envelope.flow == Flow::swift);   // nobody was promised anything
}

TEST_CASE("bidi: the peer may begin as soon as we have proved ourselves", "[bidi]") {
  Bench bench(from_component(), with_component());
  secure(bench, bidi);
  bench.trust(Verdict::accept);
  bench.feed("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
  bench.take();
  bench.feed(head("three") + std::string(said) + Bench::features(management));
  permit(bench);
  CHECK(bench.passed_.size() == 1);
  CHECK(has(bench.take(), "<enable xmlns='urn:xmpp:sm:3' resume='true'/>"));
  bench.feed("<enabled xmlns='urn:xmpp:sm:3'/><r xmlns='urn:xmpp:sm:3'/>");
  CHECK(has(bench.take(), "<a xmlns='urn:xmpp:sm:3' h='0'/>"));   // it counts from there
}

TEST_CASE("bidi: at the end what came is in good hands first", "[bidi]") {
  Bench bench(from_component(), with_component());
  both_ways(bench);
  bench.feed(said);
  permit(bench);
  SECTION("the peer says goodbye") {
    bench.feed("</stream:stream>");
    CHECK(bench.hung_up_ == 0);
    bench.deliver(Bench::message(7, "late"));
    REQUIRE(bench.settled_.size() == 1);
    CHECK(bench.settled_[0].second.disposition == Disposition::returned);
    bench.answer(Submitted{"01"});
    CHECK(bench.hung_up_ == 1);
  }
  SECTION("we do") {
    bench.drain();
    CHECK(bench.take().empty());
    bench.answer(Submitted{"01"});
    CHECK(bench.ends_.size() == 1);
  }
  CHECK(bench.take() == "<a xmlns='urn:xmpp:sm:3' h='1'/></stream:stream>");
}

TEST_CASE("bidi: we end a stream over a stanza when all before it is acknowledged", "[bidi]") {
  Bench bench(from_component(), with_component());
  both_ways(bench);
  bench.feed(said);
  permit(bench);
  bench.feed("<message from='you@c.example' to='me@gw.a.example'/>" + std::string(said));
  CHECK(bench.take().empty());                     // the first one is not on the disk yet
  CHECK(bench.hung_up_ == 0);
  bench.answer(Submitted{"01"});
  CHECK(bench.take().starts_with("<a xmlns='urn:xmpp:sm:3' h='1'/><stream:error><invalid-from "));
  CHECK(bench.hung_up_ == 1);
  CHECK(bench.asked_.size() == 5);                 // nothing of what came behind it
}

TEST_CASE("bidi: the disk fails: the stream ends, and what came is sent again", "[bidi]") {
  Bench bench(from_component(), with_component());
  both_ways(bench);
  bench.feed(said);
  permit(bench);
  bench.answer(Error{Fault::broken, "no disk"});
  const std::string last = bench.take();
  CHECK(has(last, "internal-server-error"));
  CHECK_FALSE(has(last, "<a "));
  CHECK(bench.hung_up_ == 1);
}

TEST_CASE("bidi: a rate holds for what comes over our own streams, too", "[bidi]") {
  auto settings = with_component();
  settings.peer_bytes_per_second["b.example"] = 1000;
  Bench bench(from_component(), settings);
  both_ways(bench);
  bench.feed(std::string(limits::read_burst_bytes_max / 2, ' '));
  CHECK_FALSE(std::holds_alternative<Heed>(bench.asked_.back()));
  bench.feed(std::string(limits::read_burst_bytes_max / 2 + 10, ' '));
  REQUIRE(std::holds_alternative<Heed>(bench.asked_.back()));
}

}  // namespace hanse
