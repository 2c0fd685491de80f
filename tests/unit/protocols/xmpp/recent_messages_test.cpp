// SPDX-License-Identifier: Apache-2.0
// xmpp 5.3: what a peer sends again since it has not heard that we have it.

#include "protocols/xmpp/receiving.h"
#include "protocols/xmpp/report.h"
#include "protocols/xmpp/stanza.h"
#include "tests/catch.h"
#include "tests/unit/protocols/xmpp/inbound_bench.h"

namespace hanse::xmpp {
namespace {

using hanse::test::EngineBench;
using namespace std::chrono_literals;

// A stream of b.example with XEP-0198 that may send to gw.a.example.
struct Stream {
  explicit Stream(const XmppSettings& settings) : receiving(settings) {
    receiving.set_address("198.51.100.7");
    receiving.add_pair({"gw.a.example", "b.example"}).permitted_until = Instant::max();
    receiving.begin_counting();
  }
  // Whether it goes on to the store.
  bool take(const std::string& text, bool committed = true) {
    auto stanza = read_stanza(text);
    REQUIRE(stanza);
    const std::uint32_t before = receiving.handled();
    CHECK_FALSE(receiving.take(std::move(*stanza), bench.now_, bench));
    const bool asked = !bench.open_.empty();
    if (asked) {
      Answer answer = Submitted{"id"};
      if (!committed) answer = Error{Fault::overloaded, "full"};
      REQUIRE(receiving.answered(bench.open_.front().id, answer, bench.now_, bench));
      bench.open_.clear();
    }
    CHECK(receiving.handled() == before + 1);     // either way it is in good hands
    return asked;
  }
  EngineBench bench{nullptr};
  Receiving receiving;
};

std::string message(const std::string& names, const std::string& body = "hi",
                    const std::string& inside = "") {
  return "<message from='u@b.example' to='v@gw.a.example' " + names + "><body>" + body +
         "</body>" + inside + "</message>";
}

TEST_CASE("xmpp 5.3 the same message on another stream goes no further") {
  const auto settings = test::inbound_settings();
  Stream first(*settings), second(*settings);
  CHECK(first.take(message("id='1'")));
  CHECK_FALSE(second.take(message("id='1'")));
  CHECK(second.bench.log_.find("xmpp.duplicate") != std::string::npos);
  CHECK(second.take(message("id='2'")));
  CHECK(second.take(message("id='1'", "another text")));
  CHECK(first.take(message("id='1'")));           // who sends it twice on one stream means it
  const std::string origin = "<origin-id xmlns='urn:xmpp:sid:0' id='o'/>";
  CHECK(first.take(message("", "hi", origin)));
  CHECK_FALSE(second.take(message("", "hi", origin)));
  CHECK(first.take(message("")));                 // without a name nobody can tell
  CHECK(second.take(message("")));
}

TEST_CASE("xmpp 5.3 what was not committed is not known") {
  const auto settings = test::inbound_settings();
  Stream first(*settings), second(*settings);
  CHECK(first.take(message("id='1'"), false));
  CHECK(second.take(message("id='1'")));
}

TEST_CASE("xmpp 5.3 what has come back as an error may be sent again") {
  const auto settings = test::inbound_settings();
  Stream first(*settings), second(*settings);
  CHECK(first.take(message("id='1'")));
  Reportable failed;
  failed.body.bytes = std::make_shared<const std::string>(message("id='1'"));
  failed.envelope = std::make_shared<Envelope>();
  failed.failures.push_back({1, {}, Outcome{}, {}});
  REQUIRE(make_report(*settings, failed, {}));
  CHECK(second.take(message("id='1'")));
}

TEST_CASE("xmpp 5.3 after a quarter of an hour, and after many others, it is forgotten") {
  const auto settings = test::inbound_settings();
  Stream first(*settings), second(*settings);
  CHECK(first.take(message("id='1'")));
  SECTION("time") {
    second.bench.now_ += limits::message_remembered_max - 1s;
    CHECK_FALSE(second.take(message("id='1'")));
    second.bench.now_ += 1s;
  }
  SECTION("others of its place") {
    RecentMessages::Digest which =
        *RecentMessages::digest(*read_stanza(message("id='1'")), message("id='1'"));
    for (unsigned char n = 0; n < 8; ++n) {
      which[15] = static_cast<unsigned char>(which[15] + 1);
      settings->recent->add(which, 99, first.bench.now_ + 1s);
    }
  }
  CHECK(second.take(message("id='1'")));
}

}  // namespace
}  // namespace hanse::xmpp
