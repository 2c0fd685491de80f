// SPDX-License-Identifier: Apache-2.0
// XEP-0485: whom we go to is asked whether it may be named as a peer of ours.

#include "protocols/xmpp/limits.h"
#include "protocols/xmpp/public_peers.h"
#include "tests/catch.h"
#include "tests/unit/protocols/xmpp/outbound_bench.h"

namespace hanse::xmpp {
namespace {

using Bench = test::OutboundBench;

XmppSettings settings() {
  XmppSettings out = Bench::sample_settings();
  out.components["gw.a.example"] = {"gw.a.example", Component::Role::accept, "",
                                    std::string("secret")};
  out.faces = {{"behind.example"}};
  out.public_peers = std::make_shared<PublicPeers>();
  return out;
}

TEST_CASE("public peers: a stream that we opened asks its peer, once an hour", "[public]") {
  const XmppSettings shared = settings();
  Bench bench(Bench::sample_context(), shared);
  bench.negotiate();
  REQUIRE(bench.passed_.size() == 1);
  const Envelope& asked = bench.passed_[0].envelope;
  CHECK(asked.flow == Flow::live);
  CHECK(asked.from.domain == "a.example");
  CHECK(asked.to.at(0).domain == "b.example");
  const std::string& bytes = *bench.passed_[0].body.bytes;
  CHECK(bytes.find("type='get'") != std::string::npos);
  CHECK(bytes.find("<query xmlns='http://jabber.org/protocol/disco#info'/>") != std::string::npos);

  PublicPeers& peers = *shared.public_peers;
  CHECK(peers.of("a.example").empty());           // not before it agrees
  CHECK(peers.answered({"a.example", "b.example"}, asked.key.native_id, true));
  const auto named = peers.of("a.example");
  REQUIRE(named.size() == 1);
  CHECK(named[0].domain == "b.example");
  CHECK(named[0].outgoing);
  CHECK_FALSE(named[0].incoming);
  CHECK_FALSE(peers.answered({"a.example", "b.example"}, asked.key.native_id, false));

  Bench second(Bench::sample_context(), shared);  // another stream to the same
  SECTION("soon after: it is not asked again") {
    second.negotiate();
    CHECK(second.passed_.empty());
  }
  SECTION("an hour later it is") {
      second.clock_.utc_ += std::chrono::duration_cast<std::chrono::milliseconds>(
        limits::public_peer_asked_again_after);
    second.negotiate();
    CHECK(second.passed_.size() == 1);
  }
  bench.engine_.reset();
  CHECK(peers.of("a.example").size() == 1);
  second.engine_.reset();                         // its last stream
  CHECK(peers.of("a.example").empty());
}

TEST_CASE("public peers: nobody is asked who is no peer of a domain of the node", "[public]") {
  const auto [lane, why] = GENERATE(
      std::pair{"gw.a.example>b.example", "the domain is a component's"},
      std::pair{"a.example>behind.example", "the server is behind us"},
      std::pair{"a.example>b.example?verify", "the stream carries questions of dialback"});
  INFO(why);
  OutboundContext context = Bench::sample_context();
  context.lane = lane;
  Bench bench(context, settings());
  bench.open();
  const std::string remote(std::string_view(lane).find("behind") != std::string_view::npos
                               ? "behind.example" : "b.example");
  const auto head = [&](std::string_view id) {
    std::string out = Bench::head(id);
    out.replace(out.find("from='b.example'"), 16, "from='" + remote + "'");
    return out;
  };
  bench.feed(head("one") + Bench::features("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"));
  bench.feed("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
  bench.tls_up();
  bench.trust(Verdict::accept);
  bench.feed(head("two") + Bench::features("<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
                                           "<mechanism>EXTERNAL</mechanism></mechanisms>"));
  bench.feed("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
  bench.feed(head("three") + Bench::features(""));
  CHECK(bench.ready_ == 1);
  CHECK(bench.passed_.empty());
}

}  // namespace
}  // namespace hanse::xmpp
