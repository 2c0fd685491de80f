// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/receiving.h"

#include "protocols/xmpp/read_pace.h"
#include "protocols/xmpp/stanza.h"
#include "tests/catch.h"
#include "tests/unit/protocols/xmpp/inbound_bench.h"

namespace hanse::xmpp {
namespace {

using hanse::test::EngineBench;
using namespace std::chrono_literals;

xml::Element message(const std::string& from, const std::string& to) {
  return *read_stanza("<message from='u@" + from + "' to='v@" + to +
                      "' id='1'><body>hi</body></message>");
}

struct Stream {
  explicit Stream(const std::string& address) {
    receiving.set_address(address);
    receiving.add_pair({"a.example", "b.example"}).peer = "b.example";
  }
  std::string take(const std::string& from, const std::string& to) {
    const auto error = receiving.take(message(from, to), bench.now_, bench);
    return error ? error->condition : "";
  }
  // What is asked: it may pass, and its peer has a rate or none.
  void permit(bool counted = false) {
    if (bench.open_.empty()) return;
    Permission yes{Permission::Answer::yes, "", {}};
    yes.counted = counted;
    receiving.answered(bench.open_.front().id, yes, bench.now_, bench);
    bench.open_.clear();
  }
  std::shared_ptr<const XmppSettings> settings = test::inbound_settings();
  Receiving receiving{*settings};
  EngineBench bench{nullptr};
};

}  // namespace

TEST_CASE("xmpp 4.3: first who speaks, then to whom", "[xmpp]") {
  struct Case {
    std::string from, to, condition;
  };
  const Case cases[] = {
      {"b.example", "a.example", ""},
      {"b.example", "x.example", "host-unknown"},
      {"b.example", "sub.a.example", "host-unknown"},
      {"b.example", "gw.a.example", "invalid-from"},       // ours, but the pair is not proved
      {"sub.b.example", "a.example", "invalid-from"},
      {"z.example", "a.example", "invalid-from"},
      {"z.example", "x.example", "invalid-from"},          // never told what is not here
      {"a.example", "x.example", "invalid-from"},
      {"a.example", "a.example", "invalid-from"},
  };
  for (const Case& one : cases) {
    INFO(one.from << " to " << one.to);
    Stream stream("198.51.100.7");
    CHECK(stream.take(one.from, one.to) == one.condition);
    stream.permit();
    CHECK(stream.bench.passed_.empty() != one.condition.empty());   // the node's own answer
  }
}

TEST_CASE("xmpp 10.5: an address that cannot be read is answered, and ends nothing", "[xmpp]") {
  const auto take = [](Stream& stream, const std::string& from, const std::string& more = {}) {
    auto stanza = read_stanza("<message to='v@a.example' id='7' " + more + " from='" + from +
                              "'><body>hi</body></message>");
    REQUIRE(stanza);
    const auto error = stream.receiving.take(std::move(*stanza), stream.bench.now_, stream.bench);
    return error ? error->condition : "";
  };
  Stream stream("198.51.100.7");
  stream.receiving.begin_counting();
  SECTION("of a domain that is proved") {
    const std::string from = GENERATE("\u2665@b.example", "\U0001F600@b.example",
                                      "\u2163@b.example/x", "u@b.example/x\u200Dy",
                                      "u@b.example/a&#9;b", "@b.example", "u@b.example/");
    INFO(from);
    CHECK(take(stream, from).empty());
    CHECK(stream.receiving.handled() == 1);
    CHECK(stream.bench.open_.empty());
    REQUIRE(stream.bench.passed_.size() == 1);
    const std::string& reply = *stream.bench.passed_[0].body.bytes;
    INFO(reply);
    CHECK(reply.find("<message from='v@a.example' to='" + from + "' id='7' type='error'>") == 0);
    CHECK(reply.find("<error type='modify'><jid-malformed ") != reply.npos);
    CHECK(stream.bench.passed_[0].envelope.to.front() == Address{"xmpp", "", "b.example"});
    CHECK(stream.bench.passed_[0].envelope.patience == Duration(60s));   // it is dialled for
  }
  SECTION("the answer is from whom it was for, as far as that can be read") {
    struct Case {
      std::string_view to, from;
    };
    for (const Case& one : {Case{"v@a.example/x\u200Dy", "v@a.example"},
                            Case{"\u2665@a.example/x", "a.example"}}) {
      auto stanza = read_stanza("<message from='u@b.example/x' to='" + std::string(one.to) +
                                "' id='7'><body>hi</body></message>");
      REQUIRE(stanza);
      CHECK_FALSE(
          stream.receiving.take(std::move(*stanza), stream.bench.now_, stream.bench).has_value());
      REQUIRE_FALSE(stream.bench.passed_.empty());
      CHECK(stream.bench.passed_.back().body.bytes->starts_with(
          "<message from='" + std::string(one.from) + "' to='u@b.example/x' "));
    }
  }
  SECTION("an error is not answered") {
    CHECK(take(stream, "\u2665@b.example", "type='error'").empty());
    CHECK(stream.bench.passed_.empty());
  }
  SECTION("of another domain, or of none") {
    CHECK(take(stream, GENERATE("\u2665@z.example", "\u2665@", "u@b..example")) ==
          "invalid-from");
    CHECK(stream.bench.passed_.empty());
  }
}

TEST_CASE("xmpp 9.4: somebody is dialled to hear that what we took has failed", "[xmpp]") {
  struct Case {
    std::string_view stanza;
    Duration patience;
  };
  const Case cases[] = {
      {"<message id='1' {}><body>hi</body></message>", 60s},
      {"<presence type='subscribe' id='1' {}/>", 60s},
      {"<message id='1' {}><composing xmlns='http://jabber.org/protocol/chatstates'/></message>",
       -60s},
      {"<presence type='probe' id='1' {}/>", -60s},
  };
  for (const Case& one : cases) {
    INFO(one.stanza);
    Stream stream("198.51.100.7");
    std::string text(one.stanza);
    text.replace(text.find("{}"), 2, "from='u@b.example' to='v@a.example/x\u200Dy'");
    CHECK_FALSE(stream.receiving.take(*read_stanza(text), stream.bench.now_, stream.bench));
    REQUIRE(stream.bench.passed_.size() == 1);
    CHECK(stream.bench.passed_[0].envelope.patience == one.patience);
  }
  Stream stream("198.51.100.7");      // what is refused by the node itself
  CHECK(stream.take("b.example", "a.example").empty());
  stream.permit();
  REQUIRE(stream.bench.passed_.size() == 1);
  CHECK(stream.bench.passed_[0].envelope.patience == Duration(60s));
}

TEST_CASE("what may not pass is told in the log by its domains alone", "[xmpp]") {
  Stream stream("198.51.100.7");
  stream.receiving.add_pair({"gw.a.example", "b.example"});
  CHECK(stream.take("b.example", "gw.a.example").empty());
  REQUIRE(stream.bench.open_.size() == 1);
  stream.receiving.answered(stream.bench.open_.front().id,
                            Permission{Permission::Answer::peer_refused, "for a reason", {}},
                            stream.bench.now_, stream.bench);
  CHECK(stream.bench.log_ == "route.refused b.example to gw.a.example: for a reason\n");
}

TEST_CASE("xmpp 9.3: what the node answers itself counts for the rate of a peer", "[xmpp]") {
  Stream stream("198.51.100.7");
  CHECK(stream.take("b.example", "a.example").empty());
  REQUIRE(stream.bench.open_.size() == 1);
  CHECK(std::get<Permit>(stream.bench.open_[0].ask).question.answered_here);
  CHECK(stream.receiving.waits());
  SECTION("of one that has a rate, each") {
    stream.permit(true);
    CHECK(stream.take("b.example", "a.example").empty());
    CHECK(stream.receiving.waits());
    stream.receiving.answered(stream.bench.open_.front().id,
                              Permission{Permission::Answer::peer_limited, "", {}},
                              stream.bench.now_, stream.bench);
    REQUIRE(stream.bench.passed_.size() == 2);
    CHECK(stream.bench.passed_[1].body.bytes->find("<resource-constraint ") != std::string::npos);
  }
  SECTION("of one that has none, one a second") {
    stream.permit();
    CHECK(stream.take("b.example", "a.example").empty());
    CHECK_FALSE(stream.receiving.waits());
    CHECK(stream.bench.passed_.size() == 2);
  }
}

TEST_CASE("xmpp 9.1: the answer to a ping of ours goes no further, whoever it is for", "[xmpp]") {
  Stream stream("198.51.100.7");
  stream.receiving.add_pair({"gw.a.example", "b.example"});
  const std::string to = GENERATE("a.example", "gw.a.example");
  OpenPing ping = stream.settings->pings->open({to, "b.example"});
  const auto answer = [&](const std::string& from, const std::string& type) {
    auto stanza = read_stanza("<iq from='" + from + "' to='" + to + "' id='hanse-ping-1' type='" +
                              type + "'/>");
    CHECK_FALSE(stream.receiving.take(*std::move(stanza), stream.bench.now_, stream.bench));
    return stream.receiving.was_answer() && ping.answered();
  };
  CHECK_FALSE(answer("u@b.example", "result"));     // it was asked for
  stream.permit();
  stream.bench.passed_.clear();
  CHECK(answer("b.example", GENERATE("result", "error")));
  CHECK(stream.bench.passed_.empty());
  CHECK(stream.bench.open_.empty());
}

TEST_CASE("xmpp 9.3: one domain subscribes to one user, and joins one room, at a rate", "[xmpp]") {
  Stream stream("198.51.100.7");
  const auto knock = [&](std::string_view what) {   // whether it is refused
    stream.bench.passed_.clear();
    CHECK_FALSE(stream.receiving.take(*read_stanza(what), stream.bench.now_, stream.bench));
    stream.permit();
    return stream.bench.passed_.size() == 1 &&
           stream.bench.passed_[0].body.bytes->find("<resource-constraint ") != std::string::npos;
  };
  const auto refused = [&](std::string_view what, unsigned times) {
    unsigned out = 0;
    while (times-- > 0) out += knock(what);
    return out;
  };
  constexpr std::string_view subscribe =
      "<presence type='subscribe' from='u@b.example' to='v@a.example'/>";
  constexpr std::string_view join =
      "<presence from='u@b.example/x' to='v@a.example/u'>"
      "<x xmlns='http://jabber.org/protocol/muc'/></presence>";
  CHECK(refused(subscribe, 33) == 3);
  CHECK(refused(join, 302) == 2);     // a bucket of its own
  CHECK_FALSE(knock("<presence type='subscribe' from='u@b.example' to='w@a.example'/>"));
  CHECK_FALSE(knock("<presence type='unsubscribe' from='u@b.example' to='v@a.example'/>"));
  CHECK_FALSE(knock("<presence from='u@b.example/x' to='v@a.example/u'/>"));
  stream.bench.now_ += 2s;
  CHECK(refused(subscribe, 2) == 1);
  CHECK(refused(join, 12) == 2);
}

TEST_CASE("xmpp 9.3: whose rate is counted is asked about for each stanza", "[xmpp]") {
  Stream stream("198.51.100.7");
  stream.receiving.add_pair({"gw.a.example", "b.example"}).peer = "b.example";
  const bool counted = GENERATE(true, false);
  Permission yes{Permission::Answer::yes, "", {}};
  yes.counted = counted;
  const auto answer = [&] {
    REQUIRE(stream.bench.open_.size() == 1);
    stream.receiving.answered(stream.bench.open_.front().id, yes, stream.bench.now_, stream.bench);
    stream.bench.open_.clear();
  };
  CHECK(stream.take("b.example", "gw.a.example").empty());
  answer();
  CHECK(stream.take("b.example", "gw.a.example").empty());
  CHECK(stream.receiving.waits() == counted);
  if (!counted) return;
  answer();
  CHECK(stream.bench.passed_.size() == 2);
}

TEST_CASE("xmpp 7.4: what its stream was in a stanza is in where it goes", "[xmpp]") {
  Stream stream("198.51.100.7");
  stream.receiving.add_pair({"gw.a.example", "b.example"}).peer = "b.example";
  struct Case {
    std::string lang, own, expected;
  };
  const Case cases[] = {{"de", "", " xml:lang='de'"},  {"de", "xml:lang='fr'", " xml:lang='fr'"},
                        {"en", "", ""},                {"", "", ""},
                        {std::string(36, 'x'), "", ""}};
  for (const Case& one : cases) {
    stream.receiving.set_lang(one.lang);
    auto stanza = read_stanza("<message from='u@b.example' to='v@gw.a.example' id='1' " +
                              one.own + "><body>hi</body></message>");
    REQUIRE(stanza);
    CHECK_FALSE(stream.receiving.take(std::move(*stanza), stream.bench.now_, stream.bench));
    if (stream.receiving.waits()) {
      stream.receiving.answered(stream.bench.open_.front().id,
                                Permission{Permission::Answer::yes, "", {}}, stream.bench.now_,
                                stream.bench);
    }
    CHECK(*stream.bench.passed_.back().body.bytes ==
          "<message from='u@b.example' to='v@gw.a.example' id='1'" + one.expected +
              "><body>hi</body></message>");
  }
}

TEST_CASE("xmpp 5.1: where nothing waits long, a message has a minute", "[xmpp]") {
  auto settings = *test::inbound_settings();
  const bool bounces = GENERATE(true, false);
  if (bounces) settings.peer_bounce.insert("c.example");
  Receiving receiving(settings);
  EngineBench bench(nullptr);
  receiving.set_address("192.0.2.80");
  receiving.add_pair({"c.example", "f.example"});
  CHECK_FALSE(receiving.take(message("f.example", "c.example"), bench.now_, bench));
  receiving.answered(bench.open_.front().id, Permission{Permission::Answer::yes, "", {}},
                     bench.now_, bench);
  REQUIRE(bench.passed_.size() == 1);
  CHECK(bench.passed_[0].envelope.flow == Flow::swift);   // it is on the disk all the same
  CHECK(bench.passed_[0].envelope.patience == (bounces ? Duration(60s) : Duration(0)));
}

TEST_CASE("xmpp 4.6: what would go back to where it came from is refused", "[xmpp]") {
  Stream stream("192.0.2.80");     // where the servers behind us are
  for (const char* to : {"f.example", "g.example", "h.example", "c.example"})
    stream.receiving.add_pair({to, "f.example"});
  SECTION("a domain with itself") { CHECK(stream.take("f.example", "f.example").empty()); }
  SECTION("another one of the same server") {
    CHECK(stream.take("f.example", "g.example").empty());
  }
  SECTION("that of another server behind us is none") {
    CHECK(stream.take("f.example", "h.example").empty());
    CHECK(stream.bench.open_.size() == 1);
    CHECK(stream.bench.passed_.empty());
    return;
  }
  SECTION("nor is anybody else's") {
    CHECK(stream.take("f.example", "c.example").empty());
    CHECK(stream.bench.open_.size() == 1);
    return;
  }
  CHECK(stream.bench.open_.empty());
  REQUIRE(stream.bench.passed_.size() == 1);
  const std::string& reply = *stream.bench.passed_[0].body.bytes;
  INFO(reply);
  CHECK(reply.find("<policy-violation ") != reply.npos);
  CHECK(reply.find("<error by='a.example' type='cancel'>") != reply.npos);
  CHECK(stream.bench.passed_[0].envelope.to.front().domain == "f.example");
}

TEST_CASE("xmpp 4.6: an error that goes round is dropped, not answered", "[xmpp]") {
  Stream stream("192.0.2.80");
  stream.receiving.add_pair({"f.example", "f.example"});
  auto stanza = read_stanza("<message type='error' from='u@f.example' to='v@f.example'/>");
  CHECK_FALSE(stream.receiving.take(std::move(*stanza), stream.bench.now_, stream.bench));
  CHECK(stream.bench.passed_.empty());
}

TEST_CASE("xmpp 9.3: a stream over its rate is not read from until it is under it again",
          "[xmpp]") {
  EngineBench bench(nullptr);
  ReadPace pace(3);
  SECTION("no rate, no pause") {
    pace.read(100 * limits::read_burst_bytes_max, bench.now_, bench);
    CHECK(bench.open_.empty());
    return;
  }
  pace.set_rate(1000);
  pace.read(limits::read_burst_bytes_max, bench.now_, bench);
  CHECK(bench.open_.empty());                     // all at once, and no more
  bench.now_ += 2s;
  pace.read(2000, bench.now_, bench);
  CHECK(bench.open_.empty());
  pace.read(500, bench.now_, bench);
  REQUIRE(bench.open_.size() == 1);
  const Heed heed = std::get<Heed>(bench.open_[0].ask);
  CHECK_FALSE(heed.background);                   // it holds up the input
  CHECK(bench.timers_[3] == bench.now_ + 500ms);
  SECTION("half a second makes room for 500 octets") {
    bench.now_ += 500ms;
    pace.rang(bench.now_, bench);
    CHECK(pace.answered(bench.open_[0].id));
    CHECK_FALSE(pace.answered(bench.open_[0].id));
    pace.read(1, bench.now_ + 1s, bench);
    CHECK(bench.open_.size() == 1);
  }
  SECTION("what was on its way is waited for as well, by the same question") {
    pace.read(1000, bench.now_, bench);
    CHECK(bench.open_.size() == 1);
    bench.now_ += 500ms;
    pace.rang(bench.now_, bench);
    CHECK(bench.timers_[3] == bench.now_ + 1s);
  }
  SECTION("long quiet fills the bucket, but no further than its brim") {
    bench.now_ += 24h;
    pace.rang(bench.now_, bench);
    CHECK(pace.answered(bench.open_[0].id));
    pace.read(limits::read_burst_bytes_max, bench.now_, bench);
    CHECK(bench.open_.size() == 1);
    pace.read(1, bench.now_, bench);
    CHECK(bench.open_.size() == 2);
  }
}

TEST_CASE("xmpp 9.3: the stream of a peer with a rate pauses, and loses nothing", "[xmpp]") {
  const bool slow = GENERATE(true, false);        // by default there is no rate
  EngineBench bench = test::trusted({}, slow ? hanse::test::Settings{{"slow", "1"}}
                                             : hanse::test::Settings{});
  bench.feed(std::string(limits::read_burst_bytes_max, ' '));
  bench.feed("<message from='u@b.example' to='v@a.example/");
  REQUIRE(bench.open_.size() == (slow ? 1u : 0u));
  bench.feed("' type='error'/><message from='u@c.example' to='v@a.example'/>");
  CHECK(bench.take_output().find("<invalid-from") != std::string::npos);   // read all the same
}

}  // namespace hanse::xmpp
