// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/services.h"

#include "protocols/xmpp/receiving.h"
#include "protocols/xmpp/stanza.h"
#include "tests/catch.h"
#include "tests/unit/protocols/xmpp/inbound_bench.h"

namespace hanse::xmpp {
namespace {

// The answer as it goes over the wire; empty: none.
std::string answer_to(std::string_view stanza, bool may_be_named = false) {
  auto own = std::make_shared<XmppSettings>(*test::inbound_settings());
  own->may_be_named = may_be_named;
  const std::shared_ptr<const XmppSettings> settings = std::move(own);
  Result<xml::Element> read = read_stanza(stanza);
  REQUIRE(read);
  const std::optional<xml::Element> reply =
      serve(check_stanza(*std::move(read)), *settings, settings->clock->utc());
  return reply ? stanza_bytes(*reply) : std::string();
}

std::string get(std::string_view payload) {
  return answer_to("<iq from='u@b.example/x' to='a.example' id='1' type='get'>" +
                   std::string(payload) + "</iq>");
}

constexpr std::string_view result =
    "<iq from='a.example' to='u@b.example/x' id='1' type='result'";

std::string result_with(std::string_view payload) {
  return std::string(result) + ">" + std::string(payload) + "</iq>";
}

bool refused(const std::string& reply, std::string_view condition) {
  return reply.find(" type='error'") != std::string::npos &&
         reply.find("<" + std::string(condition) + " ") != std::string::npos;
}

TEST_CASE("xmpp 11 what a domain of ours answers") {
  CHECK(get("<ping xmlns='urn:xmpp:ping'/>") == std::string(result) + "/>");
  CHECK(get("<query xmlns='jabber:iq:version'/>") ==
        result_with("<query xmlns='jabber:iq:version'><name>hanse</name><version>0.1.0</version>"
                    "</query>"));
  CHECK(get("<time xmlns='urn:xmpp:time'/>") ==
        result_with("<time xmlns='urn:xmpp:time'><tzo>+00:00</tzo>"
                    "<utc>2023-11-14T22:13:20.000Z</utc></time>"));
  CHECK(get("<query xmlns='jabber:iq:last'/>") ==
        result_with("<query xmlns='jabber:iq:last' seconds='90'/>"));
  CHECK(get("<query xmlns='http://jabber.org/protocol/disco#items'/>") ==
        result_with("<query xmlns='http://jabber.org/protocol/disco#items'>"
                    "<item jid='gw.a.example'/></query>"));
}

TEST_CASE("xmpp 11 what a node says of itself") {
  const std::string reply = get("<query xmlns='http://jabber.org/protocol/disco#info'/>");
  for (const std::string_view part :
       {"<identity category='server' type='im' name='hanse'/>", "<feature var='urn:xmpp:ping'/>",
        "<feature var='http://jabber.org/protocol/disco#info'/>",
        "<field var='FORM_TYPE' type='hidden'><value>http://jabber.org/network/serverinfo</value>",
        "<field var='abuse-addresses' type='list-multi'><value>mailto:abuse@a.example</value>"}) {
    INFO(part);
    CHECK(reply.find(part) != std::string::npos);
  }
  CHECK(reply.find("admin-addresses") == std::string::npos);
  CHECK(refused(get("<query xmlns='http://jabber.org/protocol/disco#info' node='x'/>"),
                "item-not-found"));
}

TEST_CASE("xmpp 11 a node is named by others only if it says that it may be") {
  const std::string question = "<iq from='u@b.example/x' to='a.example' id='1' type='get'>"
                               "<query xmlns='http://jabber.org/protocol/disco#info'/></iq>";
  const std::string_view mark = "<feature var='urn:xmpp:serverinfo:0'/>";
  CHECK(answer_to(question).find(mark) == std::string::npos);
  CHECK(answer_to(question, true).find(mark) != std::string::npos);
}

TEST_CASE("XEP-0485: peers are published if they agree, and while their streams stand") {
  auto own = std::make_shared<XmppSettings>(*test::inbound_settings());
  own->public_peers = std::make_shared<PublicPeers>();
  const auto say = [&](std::string_view from, std::string_view to, std::string_view payload) {
    Result<xml::Element> read = read_stanza("<iq from='" + std::string(from) + "' to='" +
                                            std::string(to) + "' id='1' type='get'>" +
                                            std::string(payload) + "</iq>");
    REQUIRE(read);
    const auto reply = serve(check_stanza(*std::move(read)), *own, own->clock->utc());
    return reply ? stanza_bytes(*reply) : std::string();
  };
  const auto published = [&] {
    return say("u@z.example", "a.example",
               "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='serverinfo'/>"
               "</pubsub>");
  };
  const std::string info = say("u@z.example", "a.example",
                               "<query xmlns='http://jabber.org/protocol/disco#info'/>");
  CHECK(info.find("<value>xmpp:a.example?;node=serverinfo</value>") != std::string::npos);
  CHECK(info.find("<feature var='urn:xmpp:serverinfo:0'/>") != std::string::npos);

  hanse::test::EngineBench bench{nullptr};
  {
    Receiving agrees(*own), silent(*own);
    const DomainPair first{"a.example", "b.example"}, second{"a.example", "c.example"};
    agrees.add_pair(first);
    silent.add_pair(second);
    agrees.ask_whether_public(first, bench);
    silent.ask_whether_public(second, bench);
    REQUIRE(bench.passed_.size() == 2);
    agrees.ask_whether_public(first, bench);
    CHECK(bench.passed_.size() == 2);                       // asked lately
    CHECK(published().find("remote-domain") == std::string::npos);

    const auto answer = [&](Receiving& stream, const std::string& who, const std::string& id,
                            const std::string& feature) {
      CHECK_FALSE(stream.take(*read_stanza(
          "<iq from='" + who + "' to='a.example' id='" + id + "' type='result'>"
          "<query xmlns='http://jabber.org/protocol/disco#info'><feature var='" + feature +
          "'/></query></iq>"), bench.now_, bench));
    };
    answer(agrees, "b.example", "may-be-named-9", "urn:xmpp:serverinfo:0");
    CHECK(published().find("b.example") == std::string::npos);   // nobody had asked that
    answer(agrees, "b.example", "may-be-named-1", "urn:xmpp:serverinfo:0");
    answer(silent, "c.example", "may-be-named-2", "urn:xmpp:ping");
    const std::string named = published();
    CHECK(named.find("<domain name='a.example'><federation><remote-domain name='b.example'>"
                     "<connection type='incoming'/></remote-domain></federation></domain>") !=
          std::string::npos);
    CHECK(named.find("c.example") == std::string::npos);
  }
  CHECK(published().find("b.example") == std::string::npos);
  CHECK(refused(say("u@z.example", "a.example",
                    "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='x'/></pubsub>"),
                "item-not-found"));
  own->public_peers = nullptr;
  CHECK(refused(published(), "service-unavailable"));
}

TEST_CASE("xmpp 4.5 everything else that waits for an answer is refused") {
  CHECK(refused(get("<query xmlns='jabber:iq:roster'/>"), "service-unavailable"));
  CHECK(refused(get("<pong xmlns='urn:xmpp:ping'/>"), "service-unavailable"));
  CHECK(refused(answer_to("<iq from='u@b.example' to='a.example' id='1' type='set'>"
                          "<ping xmlns='urn:xmpp:ping'/></iq>"),
                "service-unavailable"));
  CHECK(refused(answer_to("<iq from='u@b.example' to='v@a.example' id='1' type='get'>"
                          "<ping xmlns='urn:xmpp:ping'/></iq>"),
                "service-unavailable"));
  CHECK(refused(answer_to("<message from='u@b.example' to='v@a.example'><body>hi</body></message>"),
                "service-unavailable"));
}

TEST_CASE("xmpp 4.5 answers and errors are never answered") {
  for (const std::string_view stanza :
       {"<iq from='u@b.example' to='a.example' id='1' type='result'/>",
        "<iq from='u@b.example' to='a.example' id='1' type='error'><ping xmlns='urn:xmpp:ping'/>"
        "</iq>",
        "<message from='u@b.example' to='a.example' type='error'><body>hi</body></message>",
        "<presence from='u@b.example' to='a.example' type='error'/>",
        "<presence from='u@b.example' to='a.example'/>",
        "<presence from='u@b.example' to='a.example' type='unavailable'/>",
        "<presence from='u@b.example' to='a.example' type='unsubscribed'/>"}) {
    INFO(stanza);
    CHECK(answer_to(stanza) == "");
  }
}

TEST_CASE("xmpp 11 nobody here can be subscribed to") {
  CHECK(answer_to("<presence from='u@b.example' to='v@a.example' type='subscribe'/>") ==
        "<presence from='v@a.example' to='u@b.example' type='unsubscribed'/>");
  CHECK(answer_to("<presence from='u@b.example' to='a.example' type='probe'/>") ==
        "<presence from='a.example' to='u@b.example' type='unavailable'/>");
}

}  // namespace
}  // namespace hanse::xmpp
