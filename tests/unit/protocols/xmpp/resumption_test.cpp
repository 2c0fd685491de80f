// SPDX-License-Identifier: Apache-2.0
// A stream that goes on from one that was lost, on the side that accepts it. XEP-0198 5, xmpp 6.4

#include "protocols/xmpp/resumption.h"

#include "tests/catch.h"
#include "tests/unit/protocols/xmpp/inbound_bench.h"

namespace hanse::xmpp {
namespace {

using hanse::test::EngineBench;
using namespace std::chrono_literals;

constexpr std::string_view enable = "<enable xmlns='urn:xmpp:sm:3' resume='true'/>";
constexpr std::string_view bidi = "<bidi xmlns='urn:xmpp:bidi'/>";

bool holds(const std::string& output, std::string_view part) {
  return output.find(part) != std::string::npos;
}

std::string message(std::string_view id) {
  return "<message from='u@b.example' to='v@gw.a.example' id='" + std::string(id) +
         "'><body>hi</body></message>";
}

std::string resume(std::string_view previd, std::uint32_t handled = 0) {
  return "<resume xmlns='urn:xmpp:sm:3' h='" + std::to_string(handled) + "' previd='" +
         std::string(previd) + "'/>";
}

Work work(DeliveryId id, const std::string& which) {
  auto envelope = std::make_shared<Envelope>();
  envelope->id = which;
  envelope->flow = Flow::swift;
  envelope->accepted = test::inbound_settings()->clock->utc();
  envelope->from = {"xmpp", "me", "a.example"};
  envelope->to = {{"xmpp", "you", "b.example"}};
  const std::string text = "<message from='me@a.example' to='you@b.example' id='" + which + "'/>";
  return {envelope, {std::make_shared<const std::string>(text), 0, text.size()},
          {{id, envelope->to.front(), 1}}};
}

// b.example may speak to the gateway, too, and its session can be resumed.
EngineBench resumable(std::string_view before_proof = {}) {
  EngineBench bench = test::trusted(before_proof);
  bench.feed("<db:result from='b.example' to='gw.a.example'>k</db:result>");
  test::no_names(bench);
  bench.answer_first(TrustDecision{Verdict::accept, "b.example", "", {}});
  bench.feed(enable);
  bench.feed(message("0"));
  bench.answer_first(Permission{Permission::Answer::yes, "", {}});
  bench.answer_first(Submitted{"01"});
  bench.take_output();
  return bench;
}

std::shared_ptr<const LostStream> left(const EngineBench& bench) {
  if (bench.left_.empty()) return nullptr;
  return std::dynamic_pointer_cast<const LostStream>(bench.left_.back().second);
}

// What such a stream leaves that had handled 5 and sent 3, of which one is acknowledged.
std::shared_ptr<LostStream> lost(bool both_ways = false) {
  auto out = std::make_shared<LostStream>();
  out->id = "before";
  out->external = true;
  out->both_ways = both_ways;
  out->pairs = {{{"a.example", "b.example"}, "b.example"},
                {{"gw.a.example", "b.example"}, "b.example"}};
  out->handled = 5;
  out->sent = {3, 1, {{2, "two you@b.example"}, {3, "three you@b.example"}},
               {"one you@b.example"}};
  out->resume_until = Instant(1h) + 300s;
  return out;
}

EngineBench asks_to_resume(const std::string& request, std::string_view before_proof = {}) {
  EngineBench bench = test::trusted(before_proof);
  bench.feed(request);
  REQUIRE(bench.open_.size() == 1);
  REQUIRE(std::holds_alternative<Inherit>(bench.open_.front().ask));
  return bench;
}

TEST_CASE("resumption: a session has an identifier when it is asked for", "[resumption]") {
  EngineBench bench = test::trusted();
  SECTION("asked for") {
    bench.feed(enable);
    const std::string id = make_session_id("");
    CHECK(id.size() == 32);
    CHECK(bench.take_output() == "<enabled xmlns='urn:xmpp:sm:3' id='" + id +
                                     "' resume='true' max='300'/>");
    CHECK(bench.promised_ ==
          std::vector<LegacyKey>{accepted_key("a.example", "b.example", id)});
  }
  SECTION("not asked for") {
    bench.feed("<enable xmlns='urn:xmpp:sm:3'/>");
    CHECK(bench.take_output() == "<enabled xmlns='urn:xmpp:sm:3'/>");
    CHECK(bench.promised_.empty());
    bench.event(Closed{});
    CHECK(bench.left_.empty());
  }
}

TEST_CASE("resumption: the count that is left waits for the commits under way", "[resumption]") {
  EngineBench bench = resumable();
  bench.feed(message("1") + message("2") + message("3"));
  REQUIRE(bench.open_.size() == 3);
  CHECK(std::get<Submit>(bench.open_.front().ask).beyond);
  bench.event(Closed{});
  CHECK(bench.left_.empty());
  std::swap(bench.open_[0], bench.open_[1]);
  bench.answer_first(Submitted{"03"});
  CHECK(bench.left_.empty());
  std::uint32_t handled = 4;
  SECTION("all end well") { bench.answer_first(Submitted{"02"}); }
  SECTION("one may be there or not: what comes behind it does not count") {
    bench.answer_first(Error{Fault::broken, "the disk"});
    handled = 1;
  }
  CHECK(bench.left_.empty());
  bench.answer_first(Submitted{"04"});
  REQUIRE(left(bench) != nullptr);
  CHECK(left(bench)->handled == handled);
  CHECK(left(bench)->external);
  CHECK(left(bench)->pairs.size() == 2);
  CHECK(bench.left_.back().first == bench.promised_.front());
}

TEST_CASE("resumption: a stream that was ended leaves nothing", "[resumption]") {
  EngineBench bench = resumable();
  SECTION("by the peer") { bench.feed("</stream:stream>"); }
  SECTION("by us") { bench.event(Drain{}); }
  SECTION("by an error of the peer's") {
    bench.feed("<stream:error><reset xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>");
  }
  SECTION("for what it said") { bench.feed("<message from='u@c.example' to='v@gw.a.example'/>"); }
  bench.event(Closed{});
  REQUIRE(bench.left_.size() == 1);
  CHECK(bench.left_[0].second == nullptr);
}

TEST_CASE("resumption: a peer that found us mute may come again", "[resumption]") {
  EngineBench bench = resumable();
  bench.feed("<stream:error><connection-timeout xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
             "</stream:error></stream:stream>");
  CHECK(bench.hung_up_ == 1);
  REQUIRE(left(bench) != nullptr);
  CHECK(left(bench)->handled == 1);
}

TEST_CASE("resumption: who comes again takes the place of a stream that seems to stand",
          "[resumption]") {
  EngineBench bench = resumable();
  bench.feed(message("1"));
  bench.event(Succeeded{});
  CHECK(holds(bench.take_output(), "<conflict "));
  CHECK(bench.hung_up_ == 1);
  CHECK(bench.left_.empty());
  bench.feed(message("2"));                       // nobody counts this one
  bench.answer_first(Submitted{"02"});
  REQUIRE(left(bench) != nullptr);
  CHECK(left(bench)->handled == 2);
  bench.event(Closed{});
  CHECK(bench.left_.size() == 1);
}

TEST_CASE("resumption: the stream goes on with its count, its pairs and its name", "[resumption]") {
  EngineBench bench = asks_to_resume(resume("before", 3) + message("6"));
  CHECK(std::get<Inherit>(bench.open_.front().ask).key ==
        accepted_key("a.example", "b.example", "before"));
  CHECK(bench.take_output() == "");
  bench.answer_first(Inherited{lost()});
  CHECK(bench.take_output() == "<resumed xmlns='urn:xmpp:sm:3' h='5' previd='before'/>");
  CHECK(bench.promised_ ==
        std::vector<LegacyKey>{accepted_key("a.example", "b.example", "before")});
  bench.answer_first(Permission{Permission::Answer::yes, "", {}});   // of the pair with the gateway
  bench.answer_first(Submitted{"06"});
  bench.feed("<r xmlns='urn:xmpp:sm:3'/>");
  CHECK(bench.take_output() == "<a xmlns='urn:xmpp:sm:3' h='6'/>");
  bench.feed(resume("before"));
  CHECK(holds(bench.take_output(), "<unexpected-request "));
  bench.event(Closed{});
  REQUIRE(left(bench) != nullptr);
  CHECK(left(bench)->handled == 6);
  CHECK(left(bench)->id == "before");
}

TEST_CASE("resumption: what does not go on tells what it had handled", "[resumption]") {
  const auto before = lost();
  std::string said = " h='5'>";
  EngineBench bench = asks_to_resume(resume("before", 2));
  SECTION("too late") { bench.now_ += 301s; }
  SECTION("authenticated in another way") { before->external = false; }
  SECTION("in one direction only") { before->both_ways = true; }
  SECTION("unknown") { said = ">"; }
  bench.answer_first(Inherited{said == ">" ? nullptr : before});
  CHECK(holds(bench.take_output(), "<failed xmlns='urn:xmpp:sm:3'" + said + "<item-not-found "));
  CHECK(bench.hung_up_ == 0);
  bench.feed(enable);
  CHECK(holds(bench.take_output(), "<enabled "));
}

// Of c.example, which the stream before had proved as well.
EngineBench goes_on_with(bool by_dialback, hanse::test::Settings settings) {
  EngineBench bench = test::trusted({}, std::move(settings));
  bench.feed(resume("before", 2));
  auto before = lost();
  before->pairs.push_back({{"gw.a.example", "c.example"}, "c.example", by_dialback});
  bench.answer_first(Inherited{before});
  CHECK(holds(bench.take_output(), "<resumed "));
  return bench;
}

constexpr std::string_view of_other =
    "<presence from='u@c.example' to='v@gw.a.example' id='1'/>";

TEST_CASE("resumption: a further domain that the certificate had proved has to be in this one",
          "[resumption]") {
  EngineBench bench = goes_on_with(false, GENERATE(hanse::test::Settings{},
                                                   hanse::test::Settings{{"trust", "dialback"}}));
  bench.feed(of_other);
  CHECK(bench.passed_.empty());
  CHECK(bench.hung_up_ == 0);                 // what is behind waits for the verdict
  test::no_names(bench);
  if (bench.hung_up_ == 0) bench.answer_first(TrustDecision{Verdict::accept, "c.example", "", {}});
  CHECK(holds(bench.take_output(), "<invalid-from "));
  CHECK(bench.passed_.empty());
}

TEST_CASE("resumption: what an authoritative server had said holds, if trust still does",
          "[resumption]") {
  const Verdict verdict = GENERATE(Verdict::accept, Verdict::refuse);
  EngineBench bench = goes_on_with(true, {{"trust", "dialback"}});
  bench.feed(of_other);
  REQUIRE(bench.open_.size() == 1);
  CHECK(std::get<Verify>(bench.open_.front().ask).claim.domain == "c.example");
  bench.answer_first(TrustDecision{verdict, "c.example", "", {}});
  if (verdict == Verdict::refuse) {
    CHECK(holds(bench.take_output(), "<invalid-from "));
    return;
  }
  bench.answer_first(Permission{Permission::Answer::yes, "", {}});
  CHECK(bench.hung_up_ == 0);
  CHECK(bench.passed_.size() == 1);
  CHECK(bench.take_output().empty());         // nobody has asked for a word
}

TEST_CASE("resumption: not before the peer is known, not behind its first stanza", "[resumption]") {
  EngineBench bench = test::trusted(bidi);
  SECTION("a count that is none") {
    bench.feed("<resume xmlns='urn:xmpp:sm:3' h='x' previd='before'/>");
    CHECK(holds(bench.take_output(), "<bad-format "));
  }
  SECTION("behind a stanza") {
    bench.feed("<presence from='u@b.example' to='a.example'/>" + resume("before"));
    bench.answer_first(Permission{Permission::Answer::yes, "", {}});
    CHECK(holds(bench.take_output(), "<unexpected-request "));
  }
  CHECK(bench.open_.empty());
}

TEST_CASE("resumption: both directions go on; what had arrived does not come again",
          "[resumption]") {
  EngineBench bench = asks_to_resume(resume("before", 2), bidi);
  bench.answer_first(Inherited{lost(true)});
  CHECK(holds(bench.take_output(), "<resumed "));
  REQUIRE(bench.served_.size() == 2);
  for (const auto& [id, which] : {std::pair{11, "one"}, {12, "two"}, {13, "three"}})
    bench.event(Deliver{work(id, which)});
  REQUIRE(bench.settled_.size() == 2);             // by what it said now, and before
  CHECK(bench.settled_[0].first == 11);
  CHECK(bench.settled_[1].first == 12);
  CHECK(bench.settled_[1].second.disposition == Disposition::delivered);
  const std::string output = bench.take_output();
  CHECK(holds(output, "id='three'"));
  CHECK_FALSE(holds(output, "id='two'"));
  bench.feed("<a xmlns='urn:xmpp:sm:3' h='3'/>");  // it counts on from 2
  REQUIRE(bench.settled_.size() == 3);
  CHECK(bench.settled_[2].first == 13);
  SECTION("the next one knows as much") {
    bench.event(Deliver{work(14, "four")});
    bench.event(Closed{});
    REQUIRE(left(bench) != nullptr);
    CHECK(left(bench)->both_ways);
    CHECK(left(bench)->sent.count == 4);
    CHECK(left(bench)->sent.acknowledged == 3);
    REQUIRE(left(bench)->sent.open.size() == 1);
    CHECK(left(bench)->sent.open.front().second == "four you@b.example");
  }
  SECTION("more than was sent") {
    bench.feed("<a xmlns='urn:xmpp:sm:3' h='4'/>");
    CHECK(holds(bench.take_output(), "handled-count-too-high"));
  }
}

TEST_CASE("resumption: nobody resumes with more than was sent", "[resumption]") {
  EngineBench bench = asks_to_resume(resume("before", 4), bidi);
  bench.answer_first(Inherited{lost(true)});
  CHECK(holds(bench.take_output(), "<handled-count-too-high xmlns='urn:xmpp:sm:3' h='4' "
                                   "send-count='3'/>"));
  CHECK(bench.hung_up_ == 1);
  CHECK(bench.served_.empty());
}

TEST_CASE("resumption: counts begin again after 2^32", "[resumption]") {
  const Sent sent{1, UINT32_MAX - 1, {{UINT32_MAX, "a"}, {0, "b"}, {1, "c"}}, {}};
  using Names = std::vector<std::string>;
  CHECK(handled_of(sent, UINT32_MAX - 1).value().yes == Names{});
  CHECK(handled_of(sent, 0).value().yes == Names{"a", "b"});
  CHECK(handled_of(sent, 0).value().no == Names{"c"});
  CHECK(handled_of(sent, 1).value().yes == Names{"a", "b", "c"});
  CHECK_FALSE(handled_of(sent, 2));
}

}  // namespace
}  // namespace hanse::xmpp
