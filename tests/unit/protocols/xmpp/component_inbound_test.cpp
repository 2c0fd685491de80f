// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/component_inbound.h"

#include "protocols/xmpp/limits.h"
#include "server/base/digest.h"
#include "server/base/encoding.h"
#include "tests/catch.h"
#include "tests/unit/protocols/xmpp/inbound_bench.h"

namespace hanse::xmpp {
namespace {

using hanse::test::EngineBench;

constexpr std::string_view secret = "a secret of the gateway";

std::string head(std::string_view to, std::string_view ns = "jabber:component:accept") {
  return "<stream:stream xmlns='" + std::string(ns) +
         "' xmlns:stream='http://etherx.jabber.org/streams' to='" + std::string(to) + "'>";
}

bool said(const std::string& output, std::string_view condition) {
  return output.find("<" + std::string(condition) + " ") != std::string::npos;
}

std::string id_of(const std::string& output) {
  const std::size_t from = output.find(" id='") + 5;
  return output.substr(from, output.find('\'', from) - from);
}

EngineBench opened() {
  EngineBench bench(test::make_component({}));
  bench.event(Opened{"127.0.0.1", "127.0.0.1", 40000});
  return bench;
}

EngineBench up() {
  EngineBench bench = opened();
  bench.feed(head("gw.a.example"));
  const std::string id = id_of(bench.take_output());
  bench.feed("<handshake>" + hex(sha1(id + std::string(secret))) + "</handshake>");
  CHECK(bench.take_output() == "<handshake/>");
  return bench;
}

constexpr std::int64_t now_ms = 1'700'000'000'000;   // of the settings' clock

Work work(DeliveryId id, std::string_view bytes, UtcTime accepted = from_unix_ms(now_ms)) {
  auto envelope = std::make_shared<Envelope>();
  envelope->accepted = accepted;
  Work out;
  out.envelope = std::move(envelope);
  out.body.bytes = std::make_shared<const std::string>(bytes);
  out.body.size = bytes.size();
  out.targets.push_back({id, {"xmpp", "v", "gw.a.example"}, 1});
  return out;
}

TEST_CASE("xmpp 13 a component proves itself by the secret and serves its lane") {
  EngineBench bench = up();
  CHECK(bench.served_ == std::vector<std::string>{"*>gw.a.example"});
  CHECK(bench.hung_up_ == 0);
}

TEST_CASE("xmpp 13 who does not prove itself") {
  EngineBench bench = opened();
  SECTION("wrong secret") {
    bench.feed(head("gw.a.example") + "<handshake>0123</handshake>");
    CHECK(said(bench.take_output(), "not-authorized"));
  }
  SECTION("a stanza first") {
    bench.feed(head("gw.a.example") + "<message from='gw.a.example' to='u@b.example'/>");
    CHECK(said(bench.take_output(), "not-authorized"));
  }
  SECTION("not configured") {
    bench.feed(head("other.example"));
    CHECK(said(bench.take_output(), "host-unknown"));
  }
  SECTION("wrong namespace") {
    bench.feed(head("gw.a.example", "jabber:server"));
    CHECK(said(bench.take_output(), "invalid-namespace"));
  }
  SECTION("no XML") {
    bench.feed("GET / HTTP/1.1\r\n");
    const std::string output = bench.take_output();
    CHECK(output.find("<?xml version='1.0'?><stream:stream ") == 0);
    CHECK(said(output, "not-well-formed"));
  }
  SECTION("nothing at all") {
    bench.pass(std::chrono::seconds(90));
    CHECK(said(bench.take_output(), "connection-timeout"));
  }
  CHECK(bench.served_.empty());
  CHECK(bench.hung_up_ == 1);
}

TEST_CASE("xmpp 13 what a component sends goes on in the namespace of servers") {
  EngineBench bench = up();
  bench.feed("<message from='v@gw.a.example' to='u@b.example'><body>hi</body></message>");
  REQUIRE(bench.passed_.size() == 1);
  CHECK(bench.body_of(bench.passed_[0]) ==
        "<message from='v@gw.a.example' to='u@b.example'><body>hi</body></message>");
  CHECK(bench.passed_[0].envelope.flow == Flow::swift);
  bench.feed("<iq from='gw.a.example' to='a.example' type='get' id='1'>"
             "<ping xmlns='urn:xmpp:ping'/></iq>");
  CHECK(bench.take_output() == "<iq from='a.example' to='gw.a.example' id='1' type='result'/>");
  CHECK(bench.passed_.size() == 1);
}

TEST_CASE("xmpp 13 a component speaks for its one domain") {
  EngineBench bench = up();
  SECTION("another") {
    bench.feed("<message from='v@a.example' to='u@b.example'/>");
    CHECK(said(bench.take_output(), "invalid-from"));
  }
  SECTION("one below its own") {
    bench.feed("<message from='v@sub.gw.a.example' to='u@b.example'/>");
    CHECK(said(bench.take_output(), "invalid-from"));
  }
  SECTION("none") {
    bench.feed("<message to='u@b.example'/>");
    CHECK(said(bench.take_output(), "improper-addressing"));
  }
  CHECK(bench.passed_.empty());
  CHECK(bench.hung_up_ == 1);
}

TEST_CASE("xmpp 5.3 what goes to a component is delivered when its host has taken it") {
  EngineBench bench = up();
  const std::string stanza = "<message from='u@b.example' to='v@gw.a.example'/>";
  bench.untaken_ = 1000;   // nothing at all
  bench.event(Deliver{work(7, stanza)});
  CHECK(bench.take_output() == stanza);
  bench.pass(limits::component_taken_wait);
  CHECK(bench.settled_.empty());
  SECTION("it is") {
    bench.untaken_ = 0;
    bench.pass(limits::taken_wait);
    REQUIRE(bench.settled_.size() == 1);
    CHECK(bench.settled_[0].first == 7);
    CHECK(bench.settled_[0].second.disposition == Disposition::delivered);
  }
  SECTION("the connection is lost before") {
    bench.event(Closed{});
    REQUIRE(bench.settled_.size() == 1);
    CHECK(bench.settled_[0].second.disposition == Disposition::deferred);
    CHECK(bench.settled_[0].second.ambiguous);
  }
  SECTION("the component ends, and its host has it") {
    bench.untaken_ = 0;
    bench.event(Closed{false, "ended", true});
    REQUIRE(bench.settled_.size() == 1);
    CHECK(bench.settled_[0].second.disposition == Disposition::delivered);
  }
  SECTION("the component ends, and its host has not") {
    bench.event(Closed{false, "ended", true});
    REQUIRE(bench.settled_.size() == 1);
    CHECK(bench.settled_[0].second.disposition == Disposition::deferred);
  }
  SECTION("the node goes down: it waits for that") {
    bench.event(Drain{});
    CHECK(bench.hung_up_ == 0);
    bench.untaken_ = 0;
    bench.pass(limits::taken_wait);
    CHECK(said(bench.take_output(), "system-shutdown"));
    CHECK(bench.settled_.at(0).second.disposition == Disposition::delivered);
  }
  SECTION("it never is: whoever comes in its place has it") {
    for (int second = 0; second < 70 && bench.hung_up_ == 0; ++second)
      bench.pass(std::chrono::seconds(1));
    CHECK(said(bench.take_output(), "connection-timeout"));
    REQUIRE(bench.settled_.size() == 1);
    CHECK(bench.settled_[0].second.disposition == Disposition::deferred);
  }
}

TEST_CASE("xmpp 5.3 what was never stored is delivered when it is written, to a component") {
  EngineBench bench = up();
  bench.untaken_ = 1;
  bench.event(Deliver{work(-7, "<message from='u@b.example' to='v@gw.a.example'/>")});
  REQUIRE(bench.settled_.size() == 1);
  CHECK(bench.settled_[0].second.disposition == Disposition::delivered);
}

TEST_CASE("xmpp 13 a component that takes nothing is cut, whatever was sent to it") {
  EngineBench bench = up();
  bench.untaken_ = 1000;
  bench.event(Deliver{work(-7, "<message from='u@b.example' to='v@gw.a.example'/>")});
  const bool takes = GENERATE(true, false);
  for (int second = 0; second < 70 && bench.hung_up_ == 0; ++second) {
    if (takes && second == 30) bench.untaken_ = 0;
    bench.pass(std::chrono::seconds(1));
  }
  CHECK(bench.hung_up_ == (takes ? 0 : 1));
  CHECK(said(bench.take_output(), "connection-timeout") != takes);
}

TEST_CASE("xmpp 5.3 one look at TCP is for many, and what has been taken is delivered in order") {
  EngineBench bench = up();
  bench.untaken_ = 1;
  for (DeliveryId id = 1; id <= 31; ++id) bench.event(Deliver{work(id, "<message/>")});
  CHECK(bench.settled_.empty());
  bench.untaken_ = 5;   // half of the last
  bench.event(Deliver{work(32, "<message/>")});
  REQUIRE(bench.settled_.size() == 31);
  for (DeliveryId id = 1; id <= 31; ++id)
    CHECK(bench.settled_[static_cast<std::size_t>(id - 1)].first == id);
}

TEST_CASE("xmpp 5.4 what was held for long says so") {
  EngineBench bench = up();
  Work late = work(7, "<message from='u@b.example' to='v@gw.a.example'/>",
                   from_unix_ms(now_ms - 31'000));
  bench.event(Deliver{std::move(late)});
  CHECK(bench.take_output().find("<delay xmlns='urn:xmpp:delay'") != std::string::npos);
}

TEST_CASE("a body that is only in the store is fetched, and order is kept") {
  EngineBench bench = up();
  Work stored = work(1, "");
  stored.body = {nullptr, 5, 8};
  bench.event(Deliver{std::move(stored)});
  bench.event(Deliver{work(2, "<b/>")});
  CHECK(bench.take_output() == "");
  bench.answer_first(Fetched{"<a>x"});
  bench.answer_first(Fetched{"</a>"});
  CHECK(bench.take_output() == "<a>x</a><b/>");
  bench.pass(limits::component_taken_wait);
  REQUIRE(bench.settled_.size() == 2);
  CHECK(bench.settled_[0].first == 1);
}

TEST_CASE("works that were not written go back") {
  EngineBench bench = up();
  Work stored = work(1, "");
  stored.body = {nullptr, 5, 8};
  bench.event(Deliver{std::move(stored)});
  bench.event(Closed{false, "gone"});
  bench.event(Deliver{work(2, "<b/>")});
  REQUIRE(bench.settled_.size() == 2);
  CHECK(bench.settled_[0].second.disposition == Disposition::returned);
  CHECK(bench.settled_[1].second.disposition == Disposition::returned);
}

TEST_CASE("xmpp 2.7 a component is told when the node goes down") {
  EngineBench bench = up();
  bench.pass(std::chrono::seconds(1));
  bench.event(Drain{});
  CHECK(said(bench.take_output(), "system-shutdown"));
  CHECK(bench.hung_up_ == 1);
}

TEST_CASE("xmpp 13 a second connection of a component is told so") {
  EngineBench bench = up();
  bench.event(Contested{true});
  bench.pass(std::chrono::seconds(16));
  bench.event(Drain{});
  CHECK(said(bench.take_output(), "conflict"));
  CHECK(bench.hung_up_ == 1);
}

TEST_CASE("xmpp 13 one that got its place is told why its node goes") {
  EngineBench bench = up();
  if (GENERATE(true, false)) bench.event(Contested{true});
  bench.pass(std::chrono::seconds(18));
  bench.event(Drain{});
  CHECK(said(bench.take_output(), "system-shutdown"));
}

TEST_CASE("xmpp 13 whose place is wanted answers a ping, or is dead") {
  EngineBench bench = up();
  bench.event(Contested{false});
  const std::string asked = bench.take_output();
  CHECK(asked.find("<iq from='") == 0);
  CHECK(asked.find(" type='get'><ping xmlns='urn:xmpp:ping'/></iq>") != std::string::npos);
  SECTION("an answer") {
    const std::string id = id_of(asked);
    const std::string type = GENERATE("result", "error");
    bench.feed("<iq from='gw.a.example' to='a.example' type='" + type + "' id='" + id + "'/>");
    CHECK(bench.woken_ == std::vector<std::string>{"*>gw.a.example"});
    CHECK(bench.passed_.empty());          // it was for us alone
    bench.event(Contested{false});         // and once more
    CHECK_FALSE(bench.take_output().empty());
  }
  SECTION("anything else") {
    bench.feed(" ");
    CHECK(bench.woken_.size() == 1);
    bench.pass(std::chrono::minutes(1));
    CHECK(bench.hung_up_ == 0);
  }
  SECTION("nothing") {
    bench.pass(std::chrono::seconds(4));
    CHECK(bench.hung_up_ == 0);
    bench.pass(std::chrono::seconds(2));
    CHECK(said(bench.take_output(), "connection-timeout"));
    CHECK(bench.hung_up_ == 1);
    CHECK(bench.woken_.empty());
  }
}

}  // namespace
}  // namespace hanse::xmpp
