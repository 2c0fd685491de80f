// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/component_outbound.h"

#include "protocols/xmpp/limits.h"
#include "server/base/digest.h"
#include "server/base/encoding.h"
#include "tests/catch.h"
#include "tests/unit/protocols/xmpp/inbound_bench.h"

namespace hanse::xmpp {
namespace {

using hanse::test::EngineBench;

constexpr std::string_view secret = "a secret of the server";
constexpr std::string_view answer =
    "<stream:stream xmlns='jabber:component:accept' "
    "xmlns:stream='http://etherx.jabber.org/streams' from='gw.b.example' id='a&amp;b'>";

// A node that is the component gw.b.example of a server.
XmppSettings settings(std::string gateway) {
  XmppSettings out = *test::inbound_settings();
  out.components["gw.b.example"] = {"gw.b.example", Component::Role::connect, "127.0.0.1:5347",
                                    std::string(secret), std::move(gateway)};
  return out;
}

EngineBench opened(const XmppSettings& all) {
  const Component* component = component_of(all, "*>gw.b.example");
  REQUIRE(component != nullptr);
  EngineBench bench(std::make_unique<ComponentOutbound>(
      *component, "127.0.0.1:5347", std::make_shared<const XmppSettings>(all)));
  bench.event(Opened{"127.0.0.1", "127.0.0.1", 5347});
  return bench;
}

EngineBench up(const std::string& gateway = "127.0.0.1:5348") {
  EngineBench bench = opened(settings(gateway));
  bench.take_output();
  bench.feed(answer);
  CHECK(bench.take_output() ==
        "<handshake>" + hex(sha1("a&b" + std::string(secret))) + "</handshake>");
  bench.feed("<handshake/>");
  return bench;
}

Work work(DeliveryId id, const char* bytes, std::string_view from = "gw.b.example") {
  auto envelope = std::make_shared<Envelope>();
  envelope->from = {"xmpp", "v", std::string(from)};
  envelope->accepted = from_unix_ms(1'700'000'000'000);
  Work out;
  out.envelope = std::move(envelope);
  if (bytes != nullptr) out.body.bytes = std::make_shared<const std::string>(bytes);
  out.targets.push_back({id, {"xmpp", "u", "b.example"}, 1});
  return out;
}

TEST_CASE("xmpp 13 b as a component of a server: what its users say goes on") {
  EngineBench bench = up();
  bench.feed("<message from='u@b.example/x' to='v@gw.b.example' id='1'><body>hi</body></message>");
  REQUIRE(bench.passed_.size() == 1);
  const Submission& one = bench.passed_[0];
  CHECK(bench.body_of(one) ==
        "<message from='u@b.example/x' to='v@gw.b.example' id='1'><body>hi</body></message>");
  CHECK(one.envelope.flow == Flow::swift);
  REQUIRE(one.envelope.trace.size() == 1);
  CHECK(one.envelope.trace[0].protocol == "xmpp-component");
  CHECK(one.envelope.trace[0].from_name == "gw.b.example");
  bench.feed("<iq from='u@b.example' to='gw.b.example' id='2' type='get'>"
             "<ping xmlns='urn:xmpp:ping'/></iq>");
  CHECK(bench.passed_.size() == 2);   // whoever is behind answers
  CHECK(bench.take_output().empty());
}

TEST_CASE("xmpp 13 b as a component with nobody behind it the node answers") {
  EngineBench bench = up("");
  bench.feed("<iq from='u@b.example' to='gw.b.example' id='2' type='get'>"
             "<ping xmlns='urn:xmpp:ping'/></iq>");
  CHECK(bench.take_output() == "<iq from='gw.b.example' to='u@b.example' id='2' type='result'/>");
  bench.feed("<message from='u@b.example' to='v@gw.b.example' id='1'><body>hi</body></message>");
  CHECK(bench.take_output().find("<service-unavailable ") != std::string::npos);
  CHECK(bench.passed_.empty());
}

TEST_CASE("xmpp 13 b as a component: what cannot pass") {
  EngineBench bench = up();
  SECTION("an address that cannot be read") {
    bench.feed("<message from='u@b.example' to='@gw.b.example' id='1'><body>hi</body></message>");
    CHECK(bench.take_output().find("<jid-malformed ") != std::string::npos);
  }
  SECTION("no sound iq") {
    bench.feed("<iq from='u@b.example' to='gw.b.example' id='2' type='get'/>");
    CHECK(bench.take_output().find("<bad-request ") != std::string::npos);
  }
  SECTION("for somebody else") {
    bench.feed("<message from='u@b.example' to='v@b.example'><body>hi</body></message>");
    CHECK(bench.take_output().empty());
    CHECK(bench.log_.find("a stanza for somebody else") != std::string::npos);
  }
  CHECK(bench.passed_.empty());
  CHECK(bench.hung_up_ == 0);
}

TEST_CASE("xmpp 13 b as a component: what goes to the server is in order, wherever it was") {
  EngineBench bench = up();
  bench.event(Deliver{work(1, "<message id='1'/>")});
  CHECK(bench.take_output() == "<message id='1'/>");
  Work stored = work(2, nullptr);
  stored.body.blob = 7;
  stored.body.size = 17;
  bench.event(Deliver{std::move(stored)});
  bench.event(Deliver{work(3, "<message id='3'/>")});
  CHECK(bench.take_output().empty());
  REQUIRE(bench.open_.size() == 1);
  CHECK(std::get<Fetch>(bench.open_.front().ask).blob == 7);
  bench.answer_first(Fetched{"<message id='2'/>"});
  CHECK(bench.take_output() == "<message id='2'/><message id='3'/>");
  bench.pass(limits::component_taken_wait);
  REQUIRE(bench.settled_.size() == 3);
  for (const auto& [id, outcome] : bench.settled_)
    CHECK(outcome.disposition == Disposition::delivered);
}

TEST_CASE("xmpp 13 b as a component: what is not written goes back, what is not its own fails") {
  EngineBench bench = up();
  bench.event(Deliver{work(1, "<message/>", "a.example")});
  REQUIRE(bench.settled_.size() == 1);
  CHECK(bench.settled_[0].second.disposition == Disposition::failed);
  Work stored = work(2, nullptr);
  stored.body.blob = 7;
  stored.body.size = 17;
  bench.event(Deliver{std::move(stored)});
  SECTION("the connection is lost") { bench.event(Closed{}); }
  SECTION("the server ends the stream") { bench.feed("</stream:stream>"); }
  SECTION("the node leaves") { bench.event(Drain{}); }
  REQUIRE(bench.settled_.size() == 2);
  CHECK(bench.settled_[1].second.disposition == Disposition::returned);
  bench.event(Deliver{work(3, "<message/>")});
  REQUIRE(bench.settled_.size() == 3);
  CHECK(bench.settled_[2].second.disposition == Disposition::returned);
}

TEST_CASE("xmpp 13 b as a component: an end in order waits until the server has what was written") {
  EngineBench bench = up();
  bench.untaken_ = 1000;
  bench.event(Deliver{work(1, "<message/>")});
  bench.event(Drain{});
  CHECK(bench.hung_up_ == 0);
  CHECK(bench.settled_.empty());
  bench.event(Deliver{work(2, "<message/>")});   // no more of it
  REQUIRE(bench.settled_.size() == 1);
  CHECK(bench.settled_[0].second.disposition == Disposition::returned);
  SECTION("it has") {
    bench.untaken_ = 0;
    bench.pass(limits::taken_wait);
    REQUIRE(bench.settled_.size() == 2);
    CHECK(bench.settled_[1].second.disposition == Disposition::delivered);
  }
  SECTION("it never has") {
    for (int second = 0; second < 70 && bench.hung_up_ == 0; ++second)
      bench.pass(std::chrono::seconds(1));
    REQUIRE(bench.settled_.size() == 2);
    CHECK(bench.settled_[1].second.disposition == Disposition::deferred);
  }
  CHECK(bench.hung_up_ == 1);
}

TEST_CASE("xmpp 13 b lanes of a component that we connect as") {
  const auto lane = [](const XmppSettings& all, std::string_view from, std::string_view to,
                       std::string_view hop) {
    return lane_of(all, from, {"xmpp", "x", std::string(to)}, hop);
  };
  XmppSettings all = settings("127.0.0.1:5348");
  CHECK(all.home_of("gw.b.example") == Home::component);
  CHECK(lane(all, "b.example", "gw.b.example", "gw.b.example") == "*>gw.b.example?gateway");
  CHECK(lane(all, "gw.b.example", "gw.b.example", "gw.b.example") == "*>gw.b.example?gateway");
  CHECK(lane(all, "gw.b.example", "c.example", "c.example") == "*>gw.b.example");
  CHECK(component_of(all, "*>gw.b.example?gateway") == nullptr);
  all = settings("");
  CHECK(all.home_of("gw.b.example") == Home::node);
  all.faces.push_back({"gw.b.example", "192.0.2.9:5269"});
  CHECK(all.home_of("gw.b.example") == Home::face);
  CHECK(lane(all, "b.example", "gw.b.example", "192.0.2.9:5269") ==
        "b.example>gw.b.example=192.0.2.9:5269");
  CHECK(lane(all, "gw.b.example", "b.example", "b.example") == "*>gw.b.example");
}

}  // namespace
}  // namespace hanse::xmpp
