// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/protocols/xmpp/outbound_bench.h"

#include "tests/catch.h"

using namespace hanse;
using namespace std::chrono_literals;
using Bench = xmpp::test::OutboundBench;

namespace {

constexpr std::string_view starttls = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
constexpr std::string_view proceed = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
constexpr std::string_view external = "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
                                      "<mechanism>EXTERNAL</mechanism></mechanisms>";
constexpr std::string_view dialback = "<dialback xmlns='urn:xmpp:features:dialback'/>";
constexpr std::string_view management = "<sm xmlns='urn:xmpp:sm:3'/>";

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// To the point where the peer's certificate is trusted and features are awaited.
void secure(Bench& bench) {
  bench.open();
  bench.feed(Bench::head("one") + Bench::features(starttls));
  bench.feed(proceed);
  bench.tls_up();
  bench.trust(Verdict::accept);
  bench.take();
}

std::string settled(const Bench& bench) {
  std::string out;
  for (const auto& [id, outcome] : bench.settled_)
    out += std::to_string(id) +
           (outcome.disposition == Disposition::delivered ? " delivered;" : " deferred;");
  return out;
}

}  // namespace

TEST_CASE("xmpp 2.1, 3.1: a stream begins in clear and goes no further without TLS", "[xmpp]") {
  Bench bench;
  bench.open();
  CHECK(bench.take() == "<?xml version='1.0'?><stream:stream xmlns='jabber:server' "
                        "xmlns:db='jabber:server:dialback' "
                        "xmlns:stream='http://etherx.jabber.org/streams' from='a.example' "
                        "to='b.example' version='1.0' xml:lang='en'>");
  SECTION("with it") {
    bench.feed(Bench::head("one") + Bench::features(starttls));
    CHECK(bench.take() == starttls);
    bench.feed(proceed);
    REQUIRE(bench.wishes_.size() == 1);
    CHECK(bench.wishes_[0].name == "b.example");        // xmpp 1.9: the domain, not its host
    CHECK(bench.wishes_[0].identity == "a.example");
    CHECK(bench.wishes_[0].alpn == "xmpp-server");
  }
  SECTION("without it") {
    bench.feed(Bench::head("one") + Bench::features(dialback));
    CHECK(has(bench.take(), "<policy-violation"));
    REQUIRE(bench.ends_.size() == 1);
    CHECK(bench.ends_[0].status == "4.7.5");
    CHECK(bench.hung_up_ == 1);
  }
  SECTION("RFC 6120 5.4.3.3: text behind <proceed/> is not the peer's") {
    bench.feed(Bench::head("one") + Bench::features(starttls));
    bench.feed(std::string(proceed) + "<x/>");
    CHECK(bench.wishes_.empty());
    REQUIRE(bench.ends_.size() == 1);
    CHECK(has(bench.ends_[0].what, "behind <proceed/>"));
  }
}

TEST_CASE("xmpp 1.8: direct TLS comes before the first octet", "[xmpp]") {
  OutboundContext context = Bench::sample_context();
  context.endpoint.tls_first = true;
  Bench bench(context);
  bench.open();
  CHECK(bench.take().empty());
  CHECK(bench.wishes_.size() == 1);
  bench.tls_up();
  bench.trust(Verdict::accept);
  CHECK(has(bench.take(), "<stream:stream"));
}

TEST_CASE("xmpp 3.5: trust is asked with what the certificate proves", "[xmpp]") {
  Bench bench;
  bench.open();
  bench.feed(Bench::head("one") + Bench::features(starttls));
  bench.feed(proceed);
  bench.tls_up();
  REQUIRE(bench.asked_.size() == 1);
  const Verify& question = std::get<Verify>(bench.asked_[0]);
  CHECK(question.claim.domain == "b.example");
  CHECK(question.claim.outgoing);
  CHECK(question.claim.level == TlsLevel::verify);
  REQUIRE(question.evidence.size() == 2);
  CHECK(question.evidence[1].kind == "pkix");
  CHECK(question.evidence[1].passed);
  bench.take();
  bench.trust(Verdict::defer, "no");
  CHECK(bench.take().empty());                    // not a word to a peer we do not trust
  REQUIRE(bench.ends_.size() == 1);
  CHECK(bench.ends_[0].status == "4.7.5");
}

TEST_CASE("xmpp 3.5: a pin is demanded, whatever else policy lets count", "[xmpp]") {
  auto settings = Bench::sample_settings();
  settings.trust = xmpp::Trust::dialback;
  const bool pinned = GENERATE(true, false);
  if (pinned) settings.peer_pinned.insert("b.example");
  if (GENERATE(true, false)) settings.faces = {{"b.example"}};   // nor for a server behind us
  Bench bench(Bench::sample_context(), settings);
  bench.open();
  bench.feed(Bench::head("one") + Bench::features(starttls));
  bench.feed(proceed);
  bench.tls_up();
  REQUIRE(bench.asked_.size() == 1);
  const Verify& question = std::get<Verify>(bench.asked_[0]);
  CHECK(question.claim.level == (pinned ? TlsLevel::verify : TlsLevel::encrypt));
  CHECK(question.evidence.back().passed != pinned);
}

TEST_CASE("xmpp 3.6: EXTERNAL says our domain, and the stream begins anew", "[xmpp]") {
  Bench bench;
  secure(bench);
  bench.feed(Bench::head("two") + Bench::features(external));
  CHECK(bench.take() == "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>"
                        "YS5leGFtcGxl</auth>");
  bench.feed("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
  CHECK(has(bench.take(), "<stream:stream"));
  bench.feed(Bench::head("three") + "<stream:features/>");
  CHECK(bench.ready_ == 1);
}

TEST_CASE("xmpp 3.3: dialback after a refused certificate only where policy allows it", "[xmpp]") {
  auto settings = Bench::sample_settings();
  const bool allowed = GENERATE(true, false);
  if (allowed) settings.peer_trust["b.example"] = xmpp::Trust::dialback;
  Bench bench(Bench::sample_context(), settings);
  secure(bench);
  bench.feed(Bench::head("two") + Bench::features(std::string(external) + std::string(dialback)));
  bench.take();
  bench.feed("<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>");
  CHECK(has(bench.take(), "<db:result") == allowed);
  CHECK(bench.ends_.empty() == allowed);
}

TEST_CASE("xmpp 3.8, 3.9: dialback with the key of XEP-0185", "[xmpp]") {
  Bench bench;
  secure(bench);
  bench.feed(Bench::head("D60000229F") + Bench::features(dialback));
  const std::string asked = bench.take();
  CHECK(has(asked, "<db:result from='a.example' to='b.example'>"));
  SECTION("valid") {
    bench.feed("<db:result from='b.example' to='a.example' type='valid'/>");
    CHECK(bench.ready_ == 1);
  }
  SECTION("invalid") {
    bench.feed("<db:result from='b.example' to='a.example' type='invalid'/>");
    CHECK(bench.ready_ == 0);
    CHECK(bench.ends_.size() == 1);
  }
  SECTION("an answer for another pair is an attack") {
    bench.feed("<db:result from='b.example' to='c.example' type='valid'/>");
    CHECK(bench.ready_ == 0);
    CHECK(has(bench.take(), "not-authorized"));
    CHECK(has(bench.log_, "SECURITY"));
  }
  SECTION("no answer within the wait") {
    bench.pass(61s);
    CHECK(has(bench.take(), "connection-timeout"));
  }
}

TEST_CASE("xmpp 6.1: no features follow dialback; the first ones count", "[xmpp]") {
  Bench bench;
  secure(bench);
  bench.feed(Bench::head("D60000229F") +
             Bench::features(std::string(dialback) + std::string(management)));
  bench.take();
  bench.feed("<db:result from='b.example' to='a.example' type='valid'/>");
  CHECK(bench.take() == "<enable xmlns='urn:xmpp:sm:3' resume='true'/>");
  CHECK(bench.ready_ == 0);
  bench.feed("<enabled xmlns='urn:xmpp:sm:3'/>");
  CHECK(bench.ready_ == 1);
}

TEST_CASE("xmpp 3.9: a dialback answer on a stream that is up was not asked for", "[xmpp]") {
  Bench bench;
  bench.negotiate();
  bench.take();
  bench.feed("<db:result from='b.example' to='a.example' type='valid'/>");
  CHECK(has(bench.take(), "not-authorized"));
  CHECK(has(bench.log_, "SECURITY"));
}

TEST_CASE("xmpp 6: what is acknowledged is delivered, the rest is not", "[xmpp]") {
  Bench bench;
  bench.negotiate(management);
  CHECK(bench.ready_ == 0);
  CHECK(has(bench.take(), "<enable xmlns='urn:xmpp:sm:3' resume='true'/>"));
  bench.feed("<enabled xmlns='urn:xmpp:sm:3'/>");
  REQUIRE(bench.ready_ == 1);
  bench.take();
  bench.deliver(Bench::message(1, "first"));
  CHECK(has(bench.take(), "<r xmlns='urn:xmpp:sm:3'/>"));
  bench.deliver(Bench::message(2, "second"));
  bench.deliver(Bench::message(3, "third"));
  CHECK_FALSE(has(bench.take(), "<r "));               // one question at a time
  CHECK(settled(bench).empty());
  bench.feed("<a xmlns='urn:xmpp:sm:3' h='2'/>");
  CHECK(settled(bench) == "1 delivered;2 delivered;");
  CHECK(has(bench.take(), "<r "));
  SECTION("the end leaves the rest open") {
    bench.close();
    CHECK(settled(bench) == "1 delivered;2 delivered;3 deferred;");
    CHECK(bench.settled_.back().second.ambiguous);
  }
  SECTION("more than was sent") {
    bench.feed("<a xmlns='urn:xmpp:sm:3' h='4'/>");
    CHECK(has(bench.take(), "<handled-count-too-high xmlns='urn:xmpp:sm:3' h='4' "
                            "send-count='3'/>"));
  }
  SECTION("no answer") {
    bench.pass(61s);
    CHECK(has(bench.take(), "connection-timeout"));
  }
}

TEST_CASE("xmpp 6.2: a question for every fifty stanzas, each answered in time", "[xmpp]") {
  Bench bench;
  bench.negotiate(management);
  bench.feed("<enabled xmlns='urn:xmpp:sm:3'/>");
  bench.take();
  for (DeliveryId id = 1; id <= 101; ++id) bench.deliver(Bench::message(id, "x"));
  const std::string sent = bench.take();
  std::size_t questions = 0;
  for (std::size_t at = 0; (at = sent.find("<r ", at)) != std::string::npos; ++at) ++questions;
  CHECK(questions == 3);                               // after 1, 51 and 101
  bench.pass(50s);
  bench.feed("<a xmlns='urn:xmpp:sm:3' h='51'/>");     // progress: more patience
  CHECK(bench.settled_.size() == 51);
  bench.pass(50s);
  CHECK(bench.ends_.empty());
  bench.feed("<a xmlns='urn:xmpp:sm:3' h='51'/>");     // none: no more
  CHECK_FALSE(has(bench.take(), "<r "));
  bench.pass(20s);
  CHECK(has(bench.take(), "connection-timeout"));
}

TEST_CASE("xmpp 5.4: what was held for long says since when", "[xmpp]") {
  Bench bench;
  bench.negotiate();
  bench.take();
  bench.deliver(Bench::message(1, "fresh"));
  CHECK_FALSE(has(bench.take(), "<delay"));
  bench.clock_.utc_ += 31s;
  bench.deliver(Bench::message(2, "held"));
  CHECK(has(bench.take(), "<delay xmlns='urn:xmpp:delay' from='node.a.example' "
                          "stamp='2023-11-14T22:13:20.000Z'/></message>"));
}

TEST_CASE("xmpp 9.2: a stanza larger than the peer takes fails without being sent", "[xmpp]") {
  Bench bench;
  bench.negotiate("<limits xmlns='urn:xmpp:stream-limits:0'><max-bytes>10000</max-bytes>"
                  "</limits>");
  bench.take();
  bench.deliver(Bench::message(1, std::string(10'000, 'x')));
  CHECK(bench.take().empty());
  REQUIRE(bench.settled_.size() == 1);
  CHECK(bench.settled_[0].second.disposition == Disposition::failed);
  CHECK(bench.settled_[0].second.status == "5.3.4");
}

TEST_CASE("xmpp 2.7, 4.6: how streams end", "[xmpp]") {
  Bench bench;
  SECTION("by us") {
    bench.negotiate();
    bench.take();
    bench.drain();
    CHECK(bench.take() == "</stream:stream>");
    REQUIRE(bench.ends_.size() == 1);
    CHECK(bench.ends_[0].orderly);
    CHECK(bench.hung_up_ == 0);
    bench.feed("</stream:stream>");
    CHECK(bench.hung_up_ == 1);
  }
  SECTION("by us, and the peer does not answer") {
    bench.negotiate();
    bench.drain();
    bench.pass(5s);
    CHECK(bench.hung_up_ == 1);
  }
  SECTION("the peer knows no such host: for good") {
    bench.open();
    bench.feed(Bench::head("one") + "<stream:error><host-unknown "
               "xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>");
    REQUIRE(bench.ends_.size() == 1);
    CHECK(bench.ends_[0].fault == Fault::never);
    CHECK(bench.ends_[0].status == "5.1.2");
  }
  SECTION("negotiation takes too long") {
    bench.open();
    bench.pass(31s);
    CHECK(has(bench.take(), "connection-timeout"));
  }
}

TEST_CASE("xmpp: who only looks is ready before any proof, and says what it would have been",
          "[xmpp]") {
  OutboundContext context = Bench::sample_context();
  context.look_only = true;
  Bench bench(context);
  secure(bench);
  SECTION("EXTERNAL") {
    bench.feed(Bench::head("two") + Bench::features(std::string(external) + std::string(dialback)));
    CHECK(has(bench.log_, "would prove a.example by SASL EXTERNAL: the peer offers it, and "
                          "dialback; b.example has to show a certificate (trust = verify)"));
  }
  SECTION("dialback") {
    bench.feed(Bench::head("two") + Bench::features(dialback));
    CHECK(has(bench.log_, "would prove a.example by dialback: the peer does not offer EXTERNAL"));
  }
  SECTION("neither: of no use") {
    std::string head = Bench::head("two");   // whose declaration of db: offers dialback too
    const std::string_view declared = "xmlns:db='jabber:server:dialback' ";
    head.erase(head.find(declared), declared.size());
    bench.feed(head + Bench::features(""));
    CHECK(bench.ready_ == 0);
    CHECK(bench.ends_.size() == 1);
    return;
  }
  CHECK(bench.ready_ == 1);
  CHECK(bench.take().empty());
  bench.pass(10min);   // no timer of a negotiation is left
  CHECK(bench.ends_.empty());
  bench.drain();
  CHECK(bench.take() == "</stream:stream>");
}

TEST_CASE("xmpp 4.8: a way that leads back to this node is given up, once and for all", "[xmpp]") {
  auto settings = Bench::sample_settings();
  settings.node_secret = std::string("the node's own");
  Bench bench(Bench::sample_context(), settings);
  bench.open();
  bench.take();
  const bool ours = GENERATE(true, false);
  const std::string secret = ours ? settings.node_secret.text() : "the peer's own";
  bench.feed(Bench::head(xmpp::make_id("nonce", 0, secret)) + Bench::features(starttls));
  CHECK(bench.take().empty() == ours);
  REQUIRE(bench.ends_.size() == (ours ? 1u : 0u));
  if (!ours) return;
  CHECK(bench.ends_[0].status == "5.4.6");
  CHECK(bench.ends_[0].fault == Fault::never);
  CHECK(bench.hung_up_ == 1);
}

TEST_CASE("xmpp: every split of a stream leads to the same end", "[xmpp]") {
  const std::string input = Bench::head("one") + Bench::features(starttls);
  for (std::size_t cut = 1; cut < input.size(); ++cut) {
    Bench bench;
    bench.open();
    bench.take();
    bench.feed(input.substr(0, cut));
    bench.feed(input.substr(cut));
    REQUIRE(bench.take() == starttls);
  }
}
