// SPDX-License-Identifier: Apache-2.0
#include <malloc.h>

#include "protocols/xmpp/inbound.h"
#include "tests/catch.h"
#include "tests/unit/protocols/xmpp/inbound_bench.h"

namespace hanse::xmpp {
namespace {

using hanse::test::EngineBench;

bool said(const std::string& output, std::string_view condition) {
  return output.find("<" + std::string(condition) + " ") != std::string::npos;
}

std::size_t memory_in_use() { return mallinfo2().uordblks; }

TEST_CASE("xmpp 7.5 sixty thousand open tags are too many at once, before and after trust") {
  std::string nested;
  for (int i = 0; i < 60'000; ++i) nested += "<a>";
  EngineBench fresh(test::make_inbound({}));
  fresh.event(Opened{"192.0.2.1", "192.0.2.7", 40000});
  fresh.feed(test::open_head());
  fresh.feed(nested);
  CHECK(said(fresh.take_output(), "policy-violation"));
  CHECK(fresh.hung_up_ == 1);
  EngineBench known = test::trusted();
  known.feed("<message from='u@b.example' to='v@a.example'>" + nested);
  CHECK(said(known.take_output(), "policy-violation"));
  CHECK(known.hung_up_ == 1);
}

TEST_CASE("xmpp 7.6 fresh names for ever leave the memory as it is") {
  EngineBench bench = test::trusted();
  std::size_t after_warm_up = 0, names = 0;
  for (int round = 0; round < 300; ++round) {
    std::string stanzas;
    for (int i = 0; i < 200; ++i) {
      stanzas += "<presence from='u@b.example' to='a.example'><n" + std::to_string(names++) +
                 " xmlns='y'/></presence>";
    }
    bench.feed(stanzas);
    if (round == 0) bench.answer_first(Permission{Permission::Answer::yes, "", {}});
    bench.passed_.clear();
    if (round == 99) after_warm_up = memory_in_use();
  }
  CHECK(bench.hung_up_ == 0);
  CHECK(memory_in_use() < after_warm_up + 1024 * 1024);
}

TEST_CASE("xmpp 7.5 too large: before trust, after it, in all, and in blanks") {
  EngineBench fresh(test::make_inbound({}));
  fresh.event(Opened{"192.0.2.1", "192.0.2.7", 40000});
  fresh.feed(test::open_head());
  SECTION("one element") {
    fresh.feed("<a x='" + std::string(9000, 'y'));
    CHECK(said(fresh.take_output(), "policy-violation"));
  }
  SECTION("blanks") {
    fresh.feed(std::string(1025, ' '));
    CHECK(said(fresh.take_output(), "policy-violation"));
  }
  SECTION("as many blanks as time allows") {
    for (int second = 0; second < 20; ++second) {
      fresh.feed(std::string(1000, ' '));
      fresh.pass(std::chrono::seconds(1));
    }
    CHECK(fresh.hung_up_ == 0);
  }
  SECTION("after it") {
    EngineBench known = test::trusted();
    known.feed("<message from='u@b.example' to='v@a.example'><body>" + std::string(600'000, 'y'));
    const std::string output = known.take_output();
    CHECK(said(output, "policy-violation"));
    CHECK(said(output, "stanza-too-big"));
  }
}

TEST_CASE("xmpp 1.9 what is wished of TLS") {
  EngineBench bench(test::make_inbound({}));
  bench.event(Opened{"192.0.2.1", "192.0.2.7", 40000});
  bench.feed(test::open_head());
  bench.feed("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
  REQUIRE(bench.tls_started_ == 1);
  CHECK(bench.wish_.alpn == "xmpp-server");
  CHECK(bench.wish_.identity == "a.example");
  CHECK(bench.wish_.ask_certificate);
}

TEST_CASE("xmpp 3.5 a pinned certificate needs no authority") {
  EngineBench bench(test::make_inbound({{"tls_first", "1"}}));
  bench.event(Opened{"192.0.2.1", "192.0.2.7", 40000});
  TlsFacts facts;
  auto chain = std::make_shared<CertificateChain>();
  chain->error = "self-signed certificate";
  chain->certificates.emplace_back();
  facts.chain = std::move(chain);
  facts.certificate_sha256 = std::string(64, 'c');
  bench.event(TlsUp{facts});
  bench.feed(test::open_head());
  test::no_names(bench);
  SECTION("for this peer") {
    bench.answer_first(TrustDecision{Verdict::accept, "b.example", "", {{"pin", true, ""}}});
    CHECK(bench.take_output().find("EXTERNAL") != std::string::npos);
  }
  SECTION("for another") {
    bench.answer_first(TrustDecision{Verdict::accept, "c.example", "", {{"pin", true, ""}}});
    CHECK(said(bench.take_output(), "not-authorized"));
  }
}

TEST_CASE("xmpp 3.5 where a pin is, dialback is not even asked") {
  EngineBench bench(
      test::make_inbound({{"trust", "dialback"}, {"pinned", "b.example"}, {"tls_first", "1"}}));
  bench.event(Opened{"192.0.2.1", "192.0.2.7", 40000});
  const auto head = [&](const std::string& from) {
    std::string text = test::open_head();
    return text.replace(text.find("b.example"), 9, from);
  };
  TlsFacts facts;
  SECTION("without a certificate") {
    bench.event(TlsUp{facts});
    bench.feed(head("b.example"));
    bench.answer_first(TrustDecision{Verdict::accept, "", "", {}});
    CHECK(said(bench.take_output(), "not-authorized"));
  }
  SECTION("with one that a known authority has signed") {
    auto chain = std::make_shared<CertificateChain>();
    chain->valid = true;
    chain->certificates.emplace_back().dns_names = {"b.example"};
    facts.chain = chain;
    bench.event(TlsUp{facts});
    bench.feed(head("b.example"));
    bench.answer_first(TrustDecision{Verdict::accept, "", "", {}});
    CHECK(said(bench.take_output(), "not-authorized"));
  }
  SECTION("on the stream of another") {
    bench.event(TlsUp{facts});
    bench.feed(head("c.example"));
    bench.answer_first(TrustDecision{Verdict::accept, "", "", {}});
    bench.take_output();
    bench.feed("<db:result from='b.example' to='a.example'>k</db:result>");
    REQUIRE(bench.open_.size() == 1);
    REQUIRE(std::holds_alternative<Verify>(bench.open_.front().ask));
    bench.answer_first(TrustDecision{Verdict::accept, "b.example", "", {}});
    CHECK(said(bench.take_output(), "not-authorized"));
  }
}

TEST_CASE("xmpp 3.10 as many questions to authorities as are allowed, and one more") {
  EngineBench bench(test::make_inbound({{"trust", "dialback"}, {"tls_first", "1"}}));
  bench.event(Opened{"192.0.2.1", "192.0.2.7", 40000});
  bench.event(TlsUp{});
  bench.feed(test::open_head());
  bench.answer_first(TrustDecision{Verdict::accept, "", "", {}});
  bench.take_output();
  for (std::size_t i = 0; i < limits::dialback_verifies_max; ++i)
    bench.feed("<db:result from='x" + std::to_string(i) + ".example' to='a.example'>k</db:result>");
  CHECK(bench.open_.size() == limits::dialback_verifies_max);
  CHECK(bench.take_output() == "");
  bench.feed("<db:result from='y.example' to='a.example'>k</db:result>");
  CHECK(said(bench.take_output(), "resource-constraint"));
}

TEST_CASE("xmpp 3.7 who is trusted by dialback may not authenticate again") {
  EngineBench bench(test::make_inbound({{"trust", "dialback"}, {"tls_first", "1"}}));
  bench.event(Opened{"192.0.2.1", "192.0.2.7", 40000});
  TlsFacts facts;
  auto chain = std::make_shared<CertificateChain>();
  chain->valid = true;
  chain->certificates.emplace_back().dns_names = {"b.example"};
  facts.chain = std::move(chain);
  bench.event(TlsUp{facts});
  bench.feed(test::open_head());
  const auto answer_all = [&bench] {
    bench.answer_all(
        [](const Ask&) -> Answer { return TrustDecision{Verdict::accept, "", "", {}}; });
  };
  answer_all();
  bench.feed("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AA==</auth>");
  CHECK(bench.take_output().find("<failure ") != std::string::npos);
  bench.feed("<db:result from='b.example' to='a.example'>k</db:result>");
  answer_all();
  CHECK(bench.take_output().find("type='valid'") != std::string::npos);
  bench.feed("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>");
  const std::string output = bench.take_output();
  CHECK(output.find("<success ") == std::string::npos);
  CHECK(said(output, "policy-violation"));
}

std::unique_ptr<EngineBench> dialback_stream(const std::shared_ptr<const XmppSettings>& settings,
                                             const std::string& address) {
  InboundContext context;
  context.tls_available = context.tls_first = true;
  auto bench = std::make_unique<EngineBench>(std::make_unique<Inbound>(context, settings));
  bench->event(Opened{"192.0.2.1", address, 40000});
  bench->event(TlsUp{});
  bench->feed(test::open_head());
  bench->answer_first(TrustDecision{Verdict::accept, "", "", {}});
  bench->take_output();
  return bench;
}

TEST_CASE("xmpp 3.10 questions to authorities are bounded for all streams of an address") {
  const auto settings = test::inbound_settings(Trust::dialback);
  std::vector<std::unique_ptr<EngineBench>> streams;
  std::size_t asked = 0;
  const auto ask = [&](EngineBench& bench) {
    bench.feed("<db:result from='x" + std::to_string(asked++) +
               ".example' to='a.example'>k</db:result>");
  };
  while (asked < limits::dialback_verifies_per_source_max) {
    streams.push_back(dialback_stream(settings, "192.0.2.7"));
    for (std::size_t i = 0; i < limits::dialback_verifies_max; ++i) ask(*streams.back());
    CHECK(streams.back()->take_output() == "");
  }
  const auto late = dialback_stream(settings, "192.0.2.7");
  ask(*late);
  CHECK(said(late->take_output(), "resource-constraint"));
  const auto other = dialback_stream(settings, "192.0.2.8");
  ask(*other);
  CHECK(other->take_output() == "");
  SECTION("an answer gives room") {
    Outcome denied;
    denied.disposition = Disposition::delivered;
    denied.reply = "item-not-found";
    streams[0]->answer_first(Conveyed{denied});
  }
  SECTION("so does the end of a stream, whoever ended it") {
    const bool by_us = GENERATE(true, false);
    if (by_us) streams[0]->feed("<x xmlns='y'/>");
    else streams[0]->event(Closed{});
  }
  ask(*late);
  CHECK(late->take_output() == "");
}

TEST_CASE("xmpp 3.12 keys are looked at twenty times a second for all streams of an address") {
  const auto settings = test::inbound_settings(Trust::dialback);
  const std::string question = "<db:verify from='b.example' to='a.example' id='1'>k</db:verify>";
  const auto one = dialback_stream(settings, "2001:db8::1");
  const auto two = dialback_stream(settings, "2001:db8::2");   // of the same /64
  const auto other = dialback_stream(settings, "2001:db8:0:1::1");
  for (unsigned i = 0; i < limits::dialback_vouches_per_second_max; ++i) one->feed(question);
  CHECK_FALSE(said(one->take_output(), "resource-constraint"));
  two->feed(question);
  CHECK(said(two->take_output(), "resource-constraint"));
  other->feed(question);
  CHECK_FALSE(said(other->take_output(), "resource-constraint"));
}

TEST_CASE("xmpp 3.12 keys are looked at twenty times a second") {
  EngineBench bench = test::trusted();
  const std::string question = "<db:verify from='b.example' to='a.example' id='1'>k</db:verify>";
  for (int i = 0; i < 20; ++i) bench.feed(question);
  CHECK_FALSE(said(bench.take_output(), "resource-constraint"));
  bench.feed(question);
  CHECK(said(bench.take_output(), "resource-constraint"));
  bench.pass(std::chrono::seconds(1));
  bench.feed(question);
  CHECK_FALSE(said(bench.take_output(), "resource-constraint"));
}

std::string message(std::string_view id) {
  return "<message from='u@b.example' to='v@gw.a.example' id='" + std::string(id) +
         "'><body>hi</body></message>";
}

// Stream management is on, and b.example may speak to the gateway.
EngineBench managed() {
  EngineBench bench = test::trusted();
  bench.feed("<db:result from='b.example' to='gw.a.example'>k</db:result>");
  test::no_names(bench);
  bench.answer_first(TrustDecision{Verdict::accept, "b.example", "", {}});
  bench.feed("<enable xmlns='urn:xmpp:sm:3'/>");
  bench.feed(message("0"));
  bench.answer_first(Permission{Permission::Answer::yes, "", {}});
  bench.answer_first(Submitted{"01"});
  bench.take_output();
  return bench;
}

TEST_CASE("xmpp 6.3 the count has no gaps, whatever is committed first") {
  EngineBench bench = managed();
  bench.feed(message("1") + message("2") + "<r xmlns='urn:xmpp:sm:3'/>");
  REQUIRE(bench.open_.size() == 2);
  CHECK(bench.take_output() == "");
  std::swap(bench.open_[0], bench.open_[1]);
  bench.answer_first(Submitted{"02"});
  CHECK(bench.take_output() == "");
  bench.answer_first(Submitted{"01"});
  CHECK(bench.take_output() == "<a xmlns='urn:xmpp:sm:3' h='3'/>");
}

TEST_CASE("xmpp 6.3 a stanza whose permission is still asked is not acknowledged") {
  EngineBench bench = managed();
  bench.feed(message("1") + "<r xmlns='urn:xmpp:sm:3'/>");
  bench.now_ += std::chrono::seconds(2);   // what was permitted is asked again
  bench.feed(message("2"));
  REQUIRE(bench.open_.size() == 2);
  REQUIRE(std::holds_alternative<Permit>(bench.open_[1].ask));
  bench.answer_first(Submitted{"01"});
  CHECK(bench.take_output() == "<a xmlns='urn:xmpp:sm:3' h='2'/>");
  SECTION("permitted") {
    bench.answer_first(Permission{Permission::Answer::yes, "", {}});
    bench.answer_first(Submitted{"02"});
  }
  SECTION("refused: the answer to its sender is all there will be") {
    bench.answer_first(Permission{Permission::Answer::no_relay, "", {}});
  }
  bench.feed("<r xmlns='urn:xmpp:sm:3'/>");
  CHECK(bench.take_output() == "<a xmlns='urn:xmpp:sm:3' h='3'/>");
}

TEST_CASE("xmpp 6.3 commits under way are bounded: the last one holds up the input") {
  EngineBench bench = managed();
  std::string all;
  for (std::size_t i = 0; i < limits::stream_submits_open_max + 10; ++i)
    all += message(std::to_string(i));
  bench.feed(all);
  REQUIRE(bench.open_.size() == limits::stream_submits_open_max);
  CHECK(std::get<Submit>(bench.open_.front().ask).background);
  CHECK_FALSE(std::get<Submit>(bench.open_.back().ask).background);
  std::size_t submits = 0;
  bench.answer_all([&submits](const Ask&) -> Answer {
    ++submits;
    return Submitted{"01"};
  });
  CHECK(submits == limits::stream_submits_open_max + 10);
  bench.feed("<r xmlns='urn:xmpp:sm:3'/>");
  const std::string all_of_them = std::to_string(limits::stream_submits_open_max + 11);
  CHECK(bench.take_output() == "<a xmlns='urn:xmpp:sm:3' h='" + all_of_them + "'/>");
}

TEST_CASE("xmpp a stanza that is handed on tells its way") {
  EngineBench bench = managed();
  bench.feed("<presence from='u@b.example' to='v@gw.a.example'/>");
  REQUIRE(bench.passed_.size() == 1);
  const Envelope& envelope = bench.passed_.front().envelope;
  CHECK(envelope.flow == Flow::latest);
  REQUIRE(envelope.trace.size() == 1);
  CHECK(envelope.trace[0].by_node == "a.example");
  CHECK(envelope.trace[0].peer == "b.example");
  CHECK(envelope.trace[0].from_address == "192.0.2.7");
  CHECK(bench.woken_ == std::vector<std::string>{">b.example", ">b.example"});
}

}  // namespace
}  // namespace hanse::xmpp
