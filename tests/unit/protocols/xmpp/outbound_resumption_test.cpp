// SPDX-License-Identifier: Apache-2.0
// A stream that goes on from one that was lost, on the side that opens it. XEP-0198 5, xmpp 6.4

#include "protocols/xmpp/limits.h"
#include "protocols/xmpp/resumption.h"
#include "protocols/xmpp/stanza.h"
#include "tests/catch.h"
#include "tests/unit/protocols/xmpp/outbound_bench.h"

namespace hanse::xmpp {
namespace {

using namespace std::chrono_literals;
using Bench = test::OutboundBench;

constexpr std::string_view management = "<sm xmlns='urn:xmpp:sm:3'/>";
constexpr std::string_view enabled = "<enabled xmlns='urn:xmpp:sm:3' id='one' resume='true'/>";
constexpr std::string_view not_found =
    "<item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>";

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

Work message(DeliveryId id, const std::string& which) {
  Work work = Bench::message(id, which);
  auto envelope = std::make_shared<Envelope>(*work.envelope);
  envelope->id = which;
  work.envelope = std::move(envelope);
  return work;
}

std::string settled(const Bench& bench) {
  std::string out;
  for (const auto& [id, outcome] : bench.settled_)
    out += std::to_string(id) +
           (outcome.disposition == Disposition::delivered ? " delivered;" : " open;");
  return out;
}

// A stream with a session; three were sent on it, one is acknowledged, and then it was lost.
std::shared_ptr<const Legacy> lost_one() {
  Bench bench;
  bench.negotiate(management);
  bench.feed(enabled);
  for (const auto& [id, which] : {std::pair{1, "first"}, {2, "second"}, {3, "third"}})
    bench.deliver(message(id, which));
  bench.feed("<a xmlns='urn:xmpp:sm:3' h='1'/>");
  bench.close();
  CHECK(settled(bench) == "1 delivered;2 open;3 open;");
  REQUIRE(bench.left_.size() == 1);
  CHECK(bench.left_[0].first == opened_key("a.example>b.example"));
  CHECK(bench.promised_.front() == bench.left_[0].first);
  return bench.left_[0].second;
}

// The next stream of the lane, asking for it.
void ask_for_it(Bench& bench) {
  bench.inherited_ = lost_one();
  bench.negotiate(management);
  CHECK(has(bench.take(), "<resume xmlns='urn:xmpp:sm:3' h='0' previd='one'/>"));
  CHECK(bench.ready_ == 0);
}

TEST_CASE("resumption: what had arrived is settled when it comes again, the rest is sent",
          "[resumption]") {
  Bench bench;
  ask_for_it(bench);
  bench.feed("<resumed xmlns='urn:xmpp:sm:3' h='2' previd='one'/>");
  REQUIRE(bench.ready_ == 1);
  bench.deliver(message(12, "second"));
  CHECK(settled(bench) == "12 delivered;");
  CHECK(bench.take() == "");
  bench.deliver(message(13, "third"));
  CHECK(has(bench.take(), "third"));
  bench.deliver(message(14, "second"));            // it is known once only
  CHECK(has(bench.take(), "second"));
  bench.feed("<a xmlns='urn:xmpp:sm:3' h='4'/>");  // it counts on from 2
  CHECK(settled(bench) == "12 delivered;13 delivered;14 delivered;");
  CHECK(bench.ends_.empty());
}

TEST_CASE("resumption: a peer that no longer can says what it had, or nothing", "[resumption]") {
  Bench bench;
  ask_for_it(bench);
  bool told = true;
  SECTION("with a count") {
    bench.feed("<failed xmlns='urn:xmpp:sm:3' h='2'>" + std::string(not_found));
  }
  SECTION("without one") {
    bench.feed("<failed xmlns='urn:xmpp:sm:3'>" + std::string(not_found));
    told = false;
  }
  CHECK(has(bench.take(), "<enable xmlns='urn:xmpp:sm:3' resume='true'/>"));
  CHECK(bench.ready_ == 0);
  bench.feed("<enabled xmlns='urn:xmpp:sm:3' id='two' resume='true'/>");
  REQUIRE(bench.ready_ == 1);
  bench.deliver(message(12, "second"));
  bench.deliver(message(13, "third"));
  CHECK(settled(bench) == (told ? "12 delivered;" : ""));
  CHECK(has(bench.take(), "third"));
  bench.feed(told ? "<a xmlns='urn:xmpp:sm:3' h='1'/>" : "<a xmlns='urn:xmpp:sm:3' h='2'/>");
  CHECK(settled(bench) == "12 delivered;13 delivered;");
}

TEST_CASE("resumption: what is known of an earlier stream outlives one that was lost in between",
          "[resumption]") {
  Bench bench;
  ask_for_it(bench);
  std::shared_ptr<const Legacy> now;
  SECTION("before the answer: it is asked for again, some times") {
    bench.close();
    for (unsigned asked = 2; asked < limits::stream_resume_asks_max; ++asked) {
      REQUIRE(bench.left_.size() == 1);
      Bench next;
      next.inherited_ = bench.left_[0].second;
      next.negotiate(management);
      CHECK(has(next.take(), "<resume "));
      next.close();
      bench.left_ = next.left_;
    }
    REQUIRE(bench.left_.size() == 1);
    Bench last;
    last.inherited_ = bench.left_[0].second;
    last.negotiate(management);
    last.close();
    CHECK(last.left_.empty());
    return;
  }
  SECTION("after it") {
    bench.feed("<resumed xmlns='urn:xmpp:sm:3' h='2' previd='one'/>");
    bench.close();
  }
  SECTION("after the answer that there is nothing to resume") {
    bench.feed("<failed xmlns='urn:xmpp:sm:3' h='2'>" + std::string(not_found));
    bench.feed(enabled);
    bench.close();
  }
  REQUIRE(bench.left_.size() == 1);
  Bench third;
  third.inherited_ = bench.left_[0].second;
  third.negotiate(management);
  third.feed("<failed xmlns='urn:xmpp:sm:3'>" + std::string(not_found));
  third.feed(enabled);
  third.deliver(message(12, "second"));
  CHECK(settled(third) == "12 delivered;");
}

// What is kept nowhere: an iq that wants an answer, a presence, and the answer to an iq.
Work fleeting(DeliveryId id, const std::string& which, unsigned attempt) {
  xml::Element stanza("jabber:server", which == "presence" ? "presence" : "iq");
  if (which != "presence") stanza.set("type", which == "question" ? "get" : "result");
  stanza.set("from", "one@a.example/x");
  stanza.set("to", "two@b.example");
  stanza.set("id", which);
  Submission made =
      to_submission({stanza, {"one", "a.example", "x"}, {"two", "b.example", ""}, true});
  made.envelope.id = which;
  Work work;
  work.body = made.body;
  work.targets.push_back({id, made.envelope.to.front(), attempt});
  work.envelope = std::make_shared<const Envelope>(std::move(made.envelope));
  return work;
}

std::string outcomes(const Bench& bench) {
  constexpr std::string_view names[] = {" delivered;", " deferred;", " failed;", " returned;"};
  std::string out;
  for (const auto& [id, outcome] : bench.settled_)
    out += std::to_string(id) + std::string(names[static_cast<int>(outcome.disposition)]);
  return out;
}

void deliver_three(Bench& bench, DeliveryId first, unsigned attempt) {
  for (const char* which : {"question", "presence", "answer"})
    bench.deliver(fleeting(first++, which, attempt));
}

TEST_CASE("resumption: what is kept nowhere waits for the stream that goes on", "[resumption]") {
  Bench before;
  before.negotiate(management);
  before.feed(enabled);
  deliver_three(before, 1, 1);
  CHECK(outcomes(before).empty());
  before.close();
  CHECK(outcomes(before) == "1 returned;2 returned;3 returned;");
  for (const auto& [id, outcome] : before.settled_) CHECK(outcome.ambiguous);
  REQUIRE(before.left_.size() == 1);

  Bench bench;
  bench.inherited_ = before.left_[0].second;
  bench.negotiate(management);
  bench.take();
  SECTION("which says how far the last one had come") {
    if (GENERATE(true, false)) {
      bench.feed("<resumed xmlns='urn:xmpp:sm:3' h='1' previd='one'/>");
    } else {
      bench.feed("<failed xmlns='urn:xmpp:sm:3' h='1'>" + std::string(not_found));
      bench.feed(enabled);
    }
    bench.take();
    deliver_three(bench, 11, 2);
    CHECK(outcomes(bench) == "11 delivered;");
    const std::string sent = bench.take();
    CHECK_FALSE(has(sent, "question"));
    CHECK(has(sent, "<presence"));
    CHECK(has(sent, "answer"));
  }
  SECTION("which cannot say: nothing goes again, and who asked is told") {
    bench.feed("<failed xmlns='urn:xmpp:sm:3'>" + std::string(not_found));
    bench.feed(enabled);
    bench.take();
    deliver_three(bench, 11, 2);
    CHECK(outcomes(bench) == "11 failed;12 failed;13 failed;");
    CHECK(bench.settled_[0].second.status == "4.4.2");
    CHECK(bench.take().empty());
  }
}

TEST_CASE("resumption: a stream that nothing can go on from says at once what it lost",
          "[resumption]") {
  Bench bench;
  const bool counts = GENERATE(true, false);
  if (counts) {
    bench.negotiate(management);
    bench.feed("<enabled xmlns='urn:xmpp:sm:3'/>");
  } else {
    bench.negotiate("<dialback xmlns='urn:xmpp:features:dialback'/>");
  }
  deliver_three(bench, 1, 1);
  CHECK(outcomes(bench) == (counts ? "" : "2 delivered;3 delivered;"));
  bench.close();
  // The lane fails what nobody keeps and may have arrived, and tells whoever asked.
  CHECK(outcomes(bench) == (counts ? "1 deferred;2 deferred;3 deferred;"
                                   : "2 delivered;3 delivered;1 deferred;"));
  CHECK(bench.settled_.back().second.ambiguous);
}

TEST_CASE("resumption: answers that are none", "[resumption]") {
  Bench bench;
  ask_for_it(bench);
  SECTION("more than was sent") {
    bench.feed("<resumed xmlns='urn:xmpp:sm:3' h='4' previd='one'/>");
    CHECK(has(bench.take(), "handled-count-too-high"));
  }
  SECTION("another session") {
    bench.feed("<resumed xmlns='urn:xmpp:sm:3' h='2' previd='two'/>");
    CHECK(has(bench.take(), "<bad-format "));
  }
  SECTION("no count") {
    bench.feed("<resumed xmlns='urn:xmpp:sm:3' previd='one'/>");
    CHECK(has(bench.take(), "<bad-format "));
  }
  SECTION("what was not asked") {
    bench.feed(enabled);
    CHECK(has(bench.take(), "<policy-violation "));
  }
  CHECK(bench.ready_ == 0);
  CHECK(bench.hung_up_ == 1);
  bench.close();
  // What cannot be is not asked for again.
  CHECK((bench.left_.empty() || has(bench.log_, "policy-violation")));
}

TEST_CASE("resumption: only a session that was lost is left", "[resumption]") {
  Bench bench;
  bench.negotiate(management);
  std::size_t kept = 0;
  SECTION("the peer names none") { bench.feed("<enabled xmlns='urn:xmpp:sm:3' resume='true'/>"); }
  SECTION("the peer does not resume") { bench.feed("<enabled xmlns='urn:xmpp:sm:3' id='one'/>"); }
  SECTION("we said goodbye") {
    bench.feed(enabled);
    bench.drain();
  }
  SECTION("the peer did") {
    bench.feed(enabled);
    bench.feed("</stream:stream>");
  }
  SECTION("the peer was mute") {
    bench.feed(enabled);
    bench.deliver(message(1, "first"));
    bench.pass(61s);
    CHECK(has(bench.take(), "connection-timeout"));
    kept = 1;
  }
  bench.close();
  std::size_t left = 0;
  for (const auto& [key, legacy] : bench.left_) left += legacy != nullptr ? 1 : 0;
  CHECK(left == kept);
  CHECK(bench.left_.size() == bench.promised_.size());
}

TEST_CASE("resumption: a probe leaves sessions alone", "[resumption]") {
  OutboundContext context = Bench::sample_context();
  context.probe = true;
  Bench bench(context);
  bench.inherited_ = lost_one();
  bench.negotiate(management);
  CHECK(has(bench.take(), "<enable "));
  bench.feed(enabled);
  CHECK(bench.ready_ == 1);
  CHECK(bench.promised_.empty());
}

TEST_CASE("resumption: a stream that has failed meanwhile gives back what it finds",
          "[resumption]") {
  Bench bench;
  bench.finds_late_ = true;
  bench.negotiate(management);
  bench.pass(91s);                                  // the negotiation took too long
  REQUIRE(bench.hung_up_ == 1);
  const auto before = lost_one();
  bench.answer(Inherited{before});
  bench.close();
  REQUIRE(bench.left_.size() == 1);
  CHECK(bench.left_[0].second != nullptr);
}

}  // namespace
}  // namespace hanse::xmpp
