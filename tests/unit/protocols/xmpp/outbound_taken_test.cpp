// SPDX-License-Identifier: Apache-2.0
// Peers without XEP-0198: what is known to have arrived.

#include "tests/catch.h"
#include "tests/unit/protocols/xmpp/outbound_bench.h"

using namespace hanse;
using namespace std::chrono_literals;
using Bench = xmpp::test::OutboundBench;

namespace {

constexpr std::string_view dialback = "<dialback xmlns='urn:xmpp:features:dialback'/>";

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::string settled(const Bench& bench) {
  std::string out;
  for (const auto& [id, outcome] : bench.settled_)
    out += std::to_string(id) +
           (outcome.disposition == Disposition::delivered ? " delivered;" : " deferred;");
  return out;
}

// To a stream of questions.
void question(Bench& bench) {
  bench.open();
  bench.feed(Bench::head("one") +
             Bench::features("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"));
  bench.feed("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
  bench.tls_up();
  bench.trust(Verdict::accept);
  bench.take();
  bench.feed(Bench::head("two") + Bench::features(dialback));
}

}  // namespace

TEST_CASE("xmpp 5.3: without XEP-0198 a question that comes back shows what was read", "[xmpp]") {
  Bench bench;
  bench.negotiate(dialback);
  bench.take();
  bench.deliver(Bench::message(1, "first"));
  const std::string sent = bench.take();
  CHECK(has(sent, "<db:verify from='a.example' to='b.example' id='hanse-1'>0</db:verify>"));
  CHECK(settled(bench).empty());
  SECTION("the answer") {
    bench.feed("<db:verify from='b.example' to='a.example' id='hanse-1' type='invalid'/>");
    CHECK(settled(bench) == "1 delivered;");
  }
  SECTION("others' answers") {
    bench.feed("<db:verify from='b.example' to='a.example' id='hanse-7' type='valid'/>");
    bench.feed("<db:verify from='c.example' to='a.example' id='hanse-1' type='valid'/>");
    CHECK(settled(bench).empty());
    CHECK(bench.ends_.empty());
    bench.feed("<db:verify from='b.example' to='a.example' id='strange' type='valid'/>");
    CHECK(has(bench.take(), "not-authorized"));
  }
}

TEST_CASE("xmpp 5.3: what no answer tells of has arrived when the peer's host has it", "[xmpp]") {
  Bench bench;
  bench.negotiate();   // the namespace is declared; that alone promises no answers
  bench.take();
  const Work first = Bench::message(1, "first");
  bench.deliver(first);
  CHECK_FALSE(has(bench.take(), "verify"));
  bench.untaken_ = 1000;
  bench.pass(11s);
  CHECK(settled(bench).empty());
  SECTION("all of it") {
    bench.untaken_ = 0;
    bench.pass(2s);
    CHECK(settled(bench) == "1 delivered;");
  }
  SECTION("all but what was sent after it") {
    bench.deliver(Bench::message(2, std::string(990, 'x')));
    bench.pass(2s);
    CHECK(settled(bench) == "1 delivered;");
  }
  SECTION("piece by piece, as long as that takes") {
    for (; bench.untaken_ > 0; --bench.untaken_) bench.pass(50s);
    bench.pass(50s);
    CHECK(settled(bench) == "1 delivered;");
    CHECK(bench.ends_.empty());
  }
  SECTION("never") {
    bench.pass(70s);
    CHECK(has(bench.take(), "connection-timeout"));
    bench.close();
    CHECK(settled(bench) == "1 deferred;");
    CHECK(bench.settled_.back().second.ambiguous);
  }
}

TEST_CASE("xmpp 5.3: a peer that never answers a question is asked no more", "[xmpp]") {
  Bench bench;
  bench.negotiate(dialback);
  bench.deliver(Bench::message(1, "first"));
  CHECK(has(bench.take(), "verify"));
  const bool once = GENERATE(true, false);
  if (once) {
    bench.feed("<db:verify from='b.example' to='a.example' id='hanse-1' type='invalid'/>");
    bench.deliver(Bench::message(2, "second"));
  }
  bench.pass(61s);
  if (once) {   // it can: so now it hangs
    CHECK(has(bench.take(), "connection-timeout"));
    return;
  }
  CHECK(settled(bench) == "1 delivered;");
  CHECK(bench.ends_.empty());
  bench.deliver(Bench::message(2, "second"));
  CHECK_FALSE(has(bench.take(), "verify"));
  bench.pass(11s);
  CHECK(settled(bench) == "1 delivered;2 delivered;");
}

TEST_CASE("xmpp 3.11: an answer counts for the question it was asked by, once", "[xmpp]") {
  OutboundContext context = Bench::sample_context();
  context.lane = "a.example>b.example?verify";
  Bench bench(context);
  question(bench);
  REQUIRE(bench.ready_ == 1);
  Work work = Bench::message(1, "");
  work.body.bytes = std::make_shared<const std::string>(
      "<db:verify xmlns:db='jabber:server:dialback' from='a.example' to='b.example' id='s1'>k"
      "</db:verify>");
  bench.deliver(std::move(work));
  const auto answer = [&](std::string_view from, std::string_view to, std::string_view id) {
    bench.feed("<db:verify from='" + std::string(from) + "' to='" + std::string(to) + "' id='" +
               std::string(id) + "' type='valid'/>");
  };
  SECTION("in every part") {
    answer("b.example", "a.example", "s1");
    CHECK(settled(bench) == "1 delivered;");
    CHECK(bench.settled_[0].second.reply == "valid");
    answer("b.example", "a.example", "s1");
    CHECK(has(bench.log_, "SECURITY"));
    CHECK(bench.ends_.empty());
  }
  SECTION("three that do not are enough") {
    answer("c.example", "a.example", "s1");
    answer("b.example", "x.example", "s1");
    CHECK(settled(bench).empty());
    CHECK(bench.ends_.empty());
    answer("b.example", "a.example", "s2");
    CHECK(has(bench.take(), "not-authorized"));
    CHECK(bench.ends_.size() == 1);
  }
}

TEST_CASE("xmpp 9.1: a quiet stream is asked as soon as it was quiet for so long", "[xmpp]") {
  Bench bench;
  bench.negotiate(dialback);
  bench.take();
  bench.pass(5min);
  bench.feed(" ");
  bench.pass(9min);
  CHECK(bench.take().empty());
  bench.pass(1min);
  CHECK(has(bench.take(), "verify"));
}

TEST_CASE("xmpp 4.6: a domain that is no longer there takes nothing of what is open", "[xmpp]") {
  Bench bench;
  bench.negotiate(dialback);
  bench.deliver(Bench::message(1, "first"));
  bench.deliver(Bench::message(2, "second"));
  bench.feed("<stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
             "</stream:error>");
  REQUIRE(bench.settled_.size() == 2);
  for (const auto& [id, outcome] : bench.settled_) {
    CHECK(outcome.disposition == Disposition::failed);
    CHECK(outcome.status == "5.1.2");
  }
}

TEST_CASE("xmpp 9.1: a peer that answers nothing else is pinged", "[xmpp]") {
  Bench bench;
  bench.negotiate();
  bench.take();
  const auto quiet = [&](Duration time) {     // ... in both directions
    for (; time > 0s; time -= 1min) bench.pass(1min);
  };
  quiet(9min);
  bench.deliver(Bench::message(1, "however much goes there"));
  bench.take();
  quiet(1min);
  CHECK(bench.take() == "<iq from='a.example' to='b.example' id='hanse-ping-1' type='get'>"
                        "<ping xmlns='urn:xmpp:ping'/></iq>");
  SECTION("its answer comes on another stream, which may live elsewhere") {
    CHECK(bench.settings_->pings->answered({"a.example", "b.example"}, "hanse-ping-1"));
    quiet(10min);
    CHECK(bench.ends_.empty());
    quiet(1min);
    CHECK(has(bench.take(), "hanse-ping-2"));
  }
  SECTION("somebody else's answer is none") {
    CHECK_FALSE(bench.settings_->pings->answered({"a.example", "c.example"}, "hanse-ping-1"));
    CHECK_FALSE(bench.settings_->pings->answered({"a.example", "b.example"}, "hanse-ping-2"));
    quiet(1min);
    REQUIRE(bench.ends_.size() == 1);
    CHECK(bench.ends_[0].what.find("no answer to a ping") != std::string::npos);
    CHECK(has(bench.take(), "connection-timeout"));
    CHECK_FALSE(bench.settings_->pings->answered({"a.example", "b.example"}, "hanse-ping-1"));
  }
  SECTION("any octet of it is a sign of life") {
    bench.feed(" ");
    quiet(2min);
    CHECK(bench.ends_.empty());
  }
}

TEST_CASE("xmpp 9.1: nobody else's domain is used for a ping", "[xmpp]") {
  xmpp::XmppSettings settings = Bench::sample_settings();
  settings.hosts = {"elsewhere.example"};
  Bench bench({}, settings);
  bench.negotiate();
  bench.take();
  bench.pass(10min);
  CHECK(bench.take() == " ");
  bench.pass(2min);
  CHECK(bench.ends_.empty());
}
