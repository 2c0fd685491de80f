// SPDX-License-Identifier: Apache-2.0
// XEP-0288: what goes to the peer over the stream that it has opened.

#include "tests/catch.h"
#include "tests/unit/protocols/xmpp/inbound_bench.h"

namespace hanse::xmpp {
namespace {

using hanse::test::EngineBench;
using namespace std::chrono_literals;
using Names = std::vector<std::string>;

constexpr const char* lane = "a.example>b.example beside";

Work message(DeliveryId id) {
  auto envelope = std::make_shared<Envelope>();
  envelope->flow = Flow::swift;
  envelope->accepted = test::inbound_settings()->clock->utc();
  envelope->from = {"xmpp", "me", "a.example"};
  envelope->to = {{"xmpp", "you", "b.example"}};
  const std::string text =
      "<message from='me@a.example' to='you@b.example' id='" + std::to_string(id) + "'/>";
  return {envelope, {std::make_shared<const std::string>(text), 0, text.size()},
          {{id, envelope->to.front(), 1}}};
}

bool holds(const std::string& output, std::string_view part) {
  return output.find(part) != std::string::npos;
}

// b.example has asked for both directions, and for XEP-0198 or not.
EngineBench both_ways(bool managed) {
  EngineBench bench = test::trusted("<bidi xmlns='urn:xmpp:bidi'/>");
  if (managed) bench.feed("<enable xmlns='urn:xmpp:sm:3'/>");
  bench.take_output();
  return bench;
}

TEST_CASE("bidi: without it a stream serves no lane", "[bidi]") {
  EngineBench bench = test::trusted();
  bench.feed("<enable xmlns='urn:xmpp:sm:3'/>");
  CHECK(bench.served_.empty());
  bench.event(Deliver{message(7)});
  REQUIRE(bench.settled_.size() == 1);
  CHECK(bench.settled_[0].second.disposition == Disposition::returned);
}

TEST_CASE("bidi: the lane the other way is served once the peer has said how it acknowledges",
          "[bidi]") {
  EngineBench bench = both_ways(false);
  CHECK(bench.served_.empty());
  SECTION("by XEP-0198") { bench.feed("<enable xmlns='urn:xmpp:sm:3'/>"); }
  SECTION("not at all: a stanza comes first") {
    bench.feed("<presence from='u@b.example' to='a.example'/>");
  }
  CHECK(bench.served_ == Names{lane});
  bench.feed("<presence from='u@b.example' to='a.example'/>");
  CHECK(bench.served_ == Names{lane});
}

TEST_CASE("bidi: a message counts as delivered when it is acknowledged", "[bidi]") {
  EngineBench bench = both_ways(true);
  bench.event(Deliver{message(7)});
  const std::string output = bench.take_output();
  CHECK(holds(output, "id='7'/>"));
  CHECK(holds(output, "<r xmlns='urn:xmpp:sm:3'/>"));
  CHECK(bench.settled_.empty());
  bench.feed("<a xmlns='urn:xmpp:sm:3' h='1'/>");
  REQUIRE(bench.settled_.size() == 1);
  CHECK(bench.settled_[0].first == 7);
  CHECK(bench.settled_[0].second.disposition == Disposition::delivered);
  bench.feed("<a xmlns='urn:xmpp:sm:3' h='2'/>");
  CHECK(holds(bench.take_output(), "<handled-count-too-high xmlns='urn:xmpp:sm:3' h='2' "
                                   "send-count='1'/>"));
  CHECK(bench.hung_up_ == 1);
}

TEST_CASE("bidi: a peer that owes an acknowledgement too long is left", "[bidi]") {
  EngineBench bench = both_ways(true);
  bench.event(Deliver{message(7)});
  bench.pass(61s);
  CHECK(holds(bench.take_output(), "connection-timeout"));
  REQUIRE(bench.settled_.size() == 1);
  CHECK(bench.settled_[0].second.disposition == Disposition::deferred);
  CHECK(bench.settled_[0].second.ambiguous);
}

TEST_CASE("bidi: without XEP-0198 what broke nothing for a while has arrived", "[bidi]") {
  EngineBench bench = both_ways(false);
  bench.feed("<presence from='u@b.example' to='a.example'/>");
  bench.event(Deliver{message(7)});
  bench.pass(9s);
  CHECK(bench.settled_.empty());
  bench.pass(2s);
  REQUIRE(bench.settled_.size() == 1);
  CHECK(bench.settled_[0].second.disposition == Disposition::delivered);
  CHECK(bench.hung_up_ == 0);
}

TEST_CASE("bidi: without XEP-0198 what its host has not taken has not arrived", "[bidi]") {
  EngineBench bench = both_ways(false);
  bench.feed("<presence from='u@b.example' to='a.example'/>");
  bench.untaken_ = 1;
  bench.event(Deliver{message(7)});
  bench.pass(60s);
  CHECK(bench.settled_.empty());
  SECTION("then it takes it") {
    bench.untaken_ = 0;
    bench.pass(2s);
    REQUIRE(bench.settled_.size() == 1);
    CHECK(bench.settled_[0].second.disposition == Disposition::delivered);
  }
  SECTION("it never does") {
    bench.pass(15s);
    REQUIRE(bench.settled_.size() == 1);
    CHECK(bench.settled_[0].second.ambiguous);
    CHECK(bench.hung_up_ == 1);
  }
}

TEST_CASE("bidi: XEP-0198 may begin behind the first stanzas; its counts begin there", "[bidi]") {
  EngineBench bench = both_ways(false);
  bench.feed("<presence from='u@b.example' to='a.example'/>");
  bench.answer_first(Permission{Permission::Answer::yes, "", {}});
  bench.event(Deliver{message(7)});
  bench.feed("<enable xmlns='urn:xmpp:sm:3'/>");
  CHECK(holds(bench.take_output(), "<enabled xmlns='urn:xmpp:sm:3'/><r xmlns='urn:xmpp:sm:3'/>"));
  bench.event(Deliver{message(8)});
  bench.pass(20s);
  CHECK(bench.settled_.empty());
  bench.feed("<a xmlns='urn:xmpp:sm:3' h='0'/>");
  REQUIRE(bench.settled_.size() == 1);
  CHECK(bench.settled_[0].first == 7);
  bench.feed("<a xmlns='urn:xmpp:sm:3' h='1'/>");
  REQUIRE(bench.settled_.size() == 2);
  CHECK(bench.settled_[1].first == 8);
  CHECK(bench.hung_up_ == 0);
}

TEST_CASE("bidi: every delivery ends with the stream, one way or another", "[bidi]") {
  EngineBench bench = both_ways(true);
  bench.event(Deliver{message(7)});
  SECTION("it breaks") {
    bench.event(Closed{});
    CHECK(bench.settled_[0].second.ambiguous);
  }
  SECTION("the peer says goodbye") {
    bench.feed("</stream:stream>");
    CHECK(bench.settled_[0].second.ambiguous);
    CHECK(bench.hung_up_ == 1);
  }
  SECTION("we go down: what is under way is finished first") {
    bench.event(Drain{});
    CHECK_FALSE(holds(bench.take_output(), "system-shutdown"));
    bench.feed("<a xmlns='urn:xmpp:sm:3' h='1'/>");
    CHECK(holds(bench.take_output(), "system-shutdown"));
    REQUIRE(bench.settled_.size() == 1);
    CHECK(bench.settled_[0].second.disposition == Disposition::delivered);
  }
  REQUIRE(bench.settled_.size() == 1);
  bench.event(Deliver{message(8)});
  REQUIRE(bench.settled_.size() == 2);
  CHECK(bench.settled_[1].second.disposition == Disposition::returned);
}

}  // namespace
}  // namespace hanse::xmpp
