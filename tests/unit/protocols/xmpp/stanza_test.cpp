// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/stanza.h"

#include "protocols/xmpp/errors.h"
#include "protocols/xmpp/management.h"
#include "protocols/xmpp/report.h"
#include "protocols/xmpp/stream_head.h"
#include "tests/catch.h"

using namespace hanse;
using namespace hanse::xmpp;
using namespace std::chrono_literals;

namespace {

xml::Element stanza(std::string_view bytes) {
  const Result<xml::Element> read = read_stanza(bytes);
  REQUIRE(read);
  return *read;
}

std::string flow(std::string_view bytes) {
  const Handling handling = handling_of(stanza(bytes));
  std::string out;
  switch (handling.flow) {
    case Flow::durable: out = "durable"; break;
    case Flow::swift: out = "swift"; break;
    case Flow::latest: out = "latest"; break;
    case Flow::live: out = "live"; break;
  }
  out += " " + std::to_string(std::chrono::duration_cast<std::chrono::seconds>(handling.patience)
                                  .count());
  return out + (handling.silent ? " silent" : "");
}

}  // namespace

TEST_CASE("xmpp 5: what is worth the disk, and how long the rest waits", "[xmpp]") {
  CHECK(flow("<message><body>hi</body></message>") == "swift 0");
  CHECK(flow("<message type='groupchat'><subject/></message>") == "swift 0");
  CHECK(flow("<message><encrypted xmlns='eu.siacs.conversations.axolotl'/></message>") ==
        "swift 0");
  CHECK(flow("<message><body>hi</body><no-store xmlns='urn:xmpp:hints'/></message>") ==
        "live 60 silent");
  CHECK(flow("<message><body>hi</body><no-permanent-store xmlns='urn:xmpp:hints'/></message>") ==
        "live 60 silent");
  CHECK(flow("<message><composing xmlns='http://jabber.org/protocol/chatstates'/></message>") ==
        "live 60 silent");
  CHECK(flow("<message type='error'><body>hi</body></message>") == "live -60 silent");
  CHECK(flow("<presence/>") == "latest 300 silent");
  CHECK(flow("<presence type='unavailable'/>") == "latest -300 silent");
  CHECK(flow("<presence type='subscribe'/>") == "swift 86400");
  CHECK(flow("<presence type='unsubscribed'/>") == "swift 86400");
  CHECK(flow("<presence type='probe'/>") == "live 60 silent");
  CHECK(flow("<iq type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>") == "live 60");
  CHECK(flow("<iq type='set' id='1'><ping xmlns='urn:xmpp:ping'/></iq>") == "live 60");
  CHECK(flow("<iq type='result' id='1'/>") == "live 60 silent");
}

TEST_CASE("xmpp 5: a message becomes durable when somebody was promised it", "[xmpp]") {
  const xml::Element message = stanza("<message from='a@a.example' to='b@b.example' id='7'>"
                                      "<body>hi</body></message>");
  const Jid from{"a", "a.example", ""}, to{"b", "b.example", ""};
  CHECK(to_submission({message, from, to, false}).envelope.flow == Flow::swift);
  const Submission promised = to_submission({message, from, to, true});
  CHECK(promised.envelope.flow == Flow::durable);
  CHECK(promised.envelope.key.native_id == "7");
  CHECK(promised.envelope.to.front() == Address{"xmpp", "b", "b.example"});
  CHECK(*promised.body.bytes == "<message from='a@a.example' to='b@b.example' id='7'>"
                                "<body>hi</body></message>");
}

TEST_CASE("xmpp 4.9: presences of one pair of addresses have one key", "[xmpp]") {
  const xml::Element presence = stanza("<presence/>");
  const Jid from{"a", "a.example", "x"}, other{"a", "a.example", "y"}, to{"b", "b.example", ""};
  const auto key = [&](const Jid& sender) {
    return to_submission({presence, sender, to, false}).envelope.key;
  };
  CHECK(key(from) == key(from));
  CHECK_FALSE(key(from) == key(other));
}

TEST_CASE("xmpp 5.4: a delay stamp goes into canonical bytes", "[xmpp]") {
  const UtcTime at = from_unix_ms(951'782'400'123);
  CHECK(date_time(at) == "2000-02-29T00:00:00.123Z");
  const std::string delay = "<delay xmlns='urn:xmpp:delay' from='n.example' "
                            "stamp='2000-02-29T00:00:00.123Z'/>";
  CHECK(with_delay("<message to='b'><body>x</body></message>", "n.example", at) ==
        "<message to='b'><body>x</body>" + delay + "</message>");
  CHECK(with_delay("<presence/>", "n.example", at) == "<presence>" + delay + "</presence>");
  CHECK(with_delay("<presence to='b'/>", "n.example", at) ==
        "<presence to='b'>" + delay + "</presence>");
}

TEST_CASE("xmpp 4.6: an error changes the direction and keeps what it answers", "[xmpp]") {
  const auto reply = [](std::string_view bytes) {
    const auto made = error_reply(stanza(bytes), {"service-unavailable", "cancel", "", ""});
    return made ? stanza_bytes(*made) : std::string("none");
  };
  const std::string error = "<error type='cancel'><service-unavailable "
                            "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";
  CHECK(reply("<iq from='a' to='b' id='1' type='get'><ping xmlns='urn:xmpp:ping'/></iq>") ==
        "<iq from='b' to='a' id='1' type='error'><ping xmlns='urn:xmpp:ping'/>" + error + "</iq>");
  CHECK(reply("<message from='a' to='b'><body>x</body></message>") ==
        "<message from='b' to='a' type='error'>" + error + "</message>");
  CHECK(reply("<message from='a' to='b' type='error'/>") == "none");
  CHECK(reply("<iq from='a' to='b' id='1' type='result'/>") == "none");
  CHECK(reply("<iq from='a' to='b' id='1' type='error'/>") == "none");
  CHECK(reply("<iq from='a' to='b' id='1' type='what'/>") ==
        "<iq from='b' to='a' id='1' type='error'>" + error + "</iq>");
  CHECK(reply("<iq from='a' to='b' id='1'/>") ==
        "<iq from='b' to='a' id='1' type='error'>" + error + "</iq>");
  CHECK(reply("<iq from='a' to='b' type='get'/>") ==
        "<iq from='b' to='a' type='error'>" + error + "</iq>");
  CHECK(reply("<presence from='a' to='b' type='unavailable'/>") == "none");
  CHECK(reply("<message to='b'><body>x</body></message>") == "none");
}

TEST_CASE("xmpp 4.6: what outcomes mean to a sender", "[xmpp]") {
  const auto meaning = [](std::string status, Fault fault = Fault::never) {
    Outcome outcome;
    outcome.status = std::move(status);
    outcome.fault = fault;
    const StanzaError error = stanza_error_of(outcome);
    return std::string(error.condition) + " " + std::string(error.type);
  };
  CHECK(meaning("5.1.2") == "remote-server-not-found cancel");
  CHECK(meaning("4.4.1") == "remote-server-timeout wait");
  CHECK(meaning("4.7.5") == "remote-server-timeout cancel");
  CHECK(meaning("4.4.7") == "remote-server-timeout wait");
  CHECK(meaning("5.3.4") == "policy-violation modify");
  CHECK(meaning("", Fault::overloaded) == "resource-constraint wait");
  CHECK(meaning("4.7.8") == "remote-server-timeout cancel");
  CHECK(meaning("5.4.6") == "policy-violation cancel");
}

TEST_CASE("xmpp 4.6: a report is an error to the sender", "[xmpp]") {
  XmppSettings settings;
  settings.node_domain = "node.a.example";
  const auto report = [&](std::string_view bytes) {
    Reportable failed;
    failed.body.bytes = std::make_shared<const std::string>(bytes);
    Outcome outcome;
    outcome.status = "4.4.7";
    outcome.reply = "gave up";
    auto envelope = std::make_shared<Envelope>();
    envelope->accepted = from_unix_ms(1'700'000'000'000);
    failed.envelope = envelope;
    failed.failures.push_back({1, {}, outcome, envelope->accepted + 72h});
    return make_report(settings, failed, {});
  };
  const auto made = report("<message from='a@a.example/x' to='b@b.example'>"
                           "<body>x</body></message>");
  REQUIRE(made);
  CHECK(made->envelope.is_report);
  CHECK(made->envelope.patience > Duration(0));   // worth a stream (xmpp 9.4)
  CHECK(made->envelope.to.front().domain == "a.example");
  CHECK(made->body.bytes->find("by='node.a.example' type='wait'") != std::string::npos);
  CHECK(made->body.bytes->find(">gave up; first tried 2023-11-14T22:13:20.000Z, last "
                               "2023-11-17T22:13:20.000Z<") != std::string::npos);
  CHECK_FALSE(report("<message from='a@a.example' to='b@b.example' type='error'/>"));
  CHECK_FALSE(report("<message"));
}

TEST_CASE("xmpp 6.1: counts begin again after 2^32", "[xmpp]") {
  Unacknowledged open;
  open.sent({1});
  open.sent({});
  open.sent({2, 3});
  CHECK(open.open() == 3);
  CHECK(open.acknowledged(2) == std::vector<DeliveryId>{1});
  CHECK_FALSE(open.acknowledged(4));
  CHECK_FALSE(open.acknowledged(1));
  CHECK(open.acknowledged(3) == std::vector<DeliveryId>{2, 3});
  CHECK_FALSE(open.keeps_any());
  CHECK(read_handled("4294967295") == 4294967295u);
  CHECK_FALSE(read_handled("4294967296"));
  CHECK_FALSE(read_handled("-1"));
  CHECK_FALSE(read_handled(""));
}

namespace {

ReadHead head(std::string_view attributes, std::string_view default_ns = "jabber:server",
              std::string_view stream_ns = "http://etherx.jabber.org/streams") {
  struct Heard final : xml::StreamHandler {
    bool on_open(xml::Element header, std::vector<xml::Declaration> declared) override {
      head = read_head(header, declared, "jabber:server");
      return true;
    }
    bool on_element(xml::Element&&) override { return true; }
    bool on_close() override { return true; }
    ReadHead head;
  } heard;
  xml::StreamReader reader({8192, 16, 64, 32, 256, 1024, 64, 8192});
  const std::string bytes = "<s:stream xmlns='" + std::string(default_ns) + "' xmlns:s='" +
                            std::string(stream_ns) + "' " + std::string(attributes) + ">";
  CHECK_FALSE(reader.feed(bytes, heard).fault);
  return heard.head;
}

}  // namespace

TEST_CASE("xmpp 2.3: what a header may say", "[xmpp]") {
  const ReadHead good = head("from='B.example' to='a.example' version='1.0' id='x'");
  CHECK_FALSE(good.fault);
  CHECK(good.from == "b.example");
  CHECK(good.id == "x");
  CHECK(head("from='u@b.example' to='a.example' version='1.0'").from.empty());
  CHECK(head("to='a.example' version='2.0'").fault->condition == "unsupported-version");
  CHECK(head("to='a.example' version='x'").fault->condition == "unsupported-version");
  CHECK(head("to='a.example'").legacy);
  CHECK(head("version='1.0'", "jabber:client").fault->condition == "invalid-namespace");
  CHECK(head("version='1.0'", "jabber:server", "urn:x").fault->condition == "invalid-namespace");
}

TEST_CASE("xmpp 2.2: ids are new for every stream and not to be guessed", "[xmpp]") {
  CHECK(make_id("nonce", 1, "s") != make_id("nonce", 2, "s"));
  CHECK(make_id("nonce", 1, "s") != make_id("other", 1, "s"));
  CHECK(make_id("nonce", 1, "s").size() == 48);
}

TEST_CASE("xmpp 4.8: a node knows the identifiers of its own streams, and nobody else's",
          "[xmpp]") {
  const std::string own = make_id("nonce", 1, "secret");
  CHECK(is_own_id(own, "secret"));
  CHECK_FALSE(is_own_id(own, "another"));
  CHECK_FALSE(is_own_id(make_id("nonce", 1, ""), ""));   // without a secret nothing can be told
  CHECK_FALSE(is_own_id(own.substr(0, 32), "secret"));
  CHECK_FALSE(is_own_id("", "secret"));
  std::string other = own;
  other.front() = other.front() == '0' ? '1' : '0';
  CHECK_FALSE(is_own_id(other, "secret"));
}
