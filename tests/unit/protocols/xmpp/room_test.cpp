// SPDX-License-Identifier: Apache-2.0
// xmpp 9.3: streams that have proved nothing are few.

#include "protocols/xmpp/dialback.h"
#include "protocols/xmpp/inbound.h"
#include "protocols/xmpp/limits.h"
#include "tests/catch.h"
#include "tests/unit/protocols/xmpp/inbound_bench.h"

namespace hanse::xmpp {
namespace {

using hanse::test::EngineBench;
using std::chrono::milliseconds;

constexpr std::size_t most = limits::untrusted_streams_per_source_max;

std::unique_ptr<EngineBench> stream(const std::shared_ptr<const XmppSettings>& settings,
                                    const std::string& address, bool tls_first = true) {
  InboundContext context;
  context.tls_available = true;
  context.tls_first = tls_first;
  auto bench = std::make_unique<EngineBench>(std::make_unique<Inbound>(context, settings));
  bench->event(Opened{"192.0.2.1", address, 40000});
  if (tls_first) bench->event(TlsUp{});
  bench->feed(test::open_head());
  return bench;
}

bool is_heard(EngineBench& bench) {
  return !bench.open_.empty() || bench.output_.find("<stream:features>") != std::string::npos;
}

void believe(EngineBench& bench) {
  while (!bench.open_.empty() && std::holds_alternative<Lookup>(bench.open_.front().ask))
    test::no_names(bench);
  bench.answer_first(TrustDecision{Verdict::accept, "", "", {}});
}

TEST_CASE("xmpp 9.3 one more of an address than may prove nothing waits for its turn") {
  const auto settings = test::inbound_settings(Trust::dialback);
  std::vector<std::unique_ptr<EngineBench>> streams;
  for (std::size_t n = 0; n < most; ++n) {
    streams.push_back(stream(settings, "198.51.100.7"));
    REQUIRE(is_heard(*streams.back()));
  }
  const bool tls_first = GENERATE(true, false);
  const auto late = stream(settings, "198.51.100.7", tls_first);
  CHECK_FALSE(is_heard(*late));
  CHECK(is_heard(*stream(settings, "198.51.100.8")));
  CHECK(is_heard(*stream(settings, "192.0.2.7")));            // of relay_from
  EngineBench& first = *streams.front();
  believe(first);
  SECTION("until one has ended") { first.feed("</stream:stream>"); }
  SECTION("until one is cut") { first.event(Closed{}); }
  SECTION("until one has said something wrong") { first.feed("<x xmlns='y'/>"); }
  SECTION("until one has proved itself") {
    first.feed("<db:result from='b.example' to='a.example'>k</db:result>");
    Outcome valid;
    valid.disposition = Disposition::delivered;
    valid.reply = "valid";
    while (!first.open_.empty()) {
      const bool asks = std::holds_alternative<Convey>(first.open_.front().ask);
      if (asks) first.answer_first(Conveyed{valid});
      else believe(first);
    }
    CHECK(first.take_output().find("type='valid'") != std::string::npos);
  }
  SECTION("until one has asked for a key that is ours") {
    first.feed("<db:verify from='b.example' to='a.example' id='7'>" +
               dialback_key("s3cr3tf0rd14lb4ck", "b.example", "a.example", "7") + "</db:verify>");
    CHECK(first.take_output().find("type='valid'") != std::string::npos);
  }
  late->pass(limits::untrusted_stream_look_every);
  CHECK(is_heard(*late));
  CHECK_FALSE(is_heard(*stream(settings, "198.51.100.7")));   // and it counts itself
}

TEST_CASE("xmpp 9.3 who waits in vain is told, and says little meanwhile") {
  const auto settings = test::inbound_settings();
  std::vector<std::unique_ptr<EngineBench>> streams;
  for (std::size_t n = 0; n < most; ++n) streams.push_back(stream(settings, "198.51.100.7"));
  const auto late = stream(settings, "198.51.100.7");
  SECTION("the time is over") {
    late->pass(limits::untrusted_stream_wait_max - milliseconds(200));
    CHECK(late->hung_up_ == 0);
    late->pass(milliseconds(300));
    CHECK(late->log_.find("xmpp.unproved_refused") != std::string::npos);
  }
  SECTION("it says a lot") {
    late->feed(std::string(limits::stream_untrusted_bytes_max, ' '));
  }
  CHECK(late->hung_up_ == 1);
  CHECK(late->take_output().find("<resource-constraint ") != std::string::npos);
  CHECK_FALSE(is_heard(*stream(settings, "198.51.100.7")));   // it gave no room that it had not
}

TEST_CASE("xmpp 9.3 all addresses together have room for so many") {
  const auto bounds = std::make_shared<SourceBounds>(Secret("salt"));
  std::vector<SourceSlot> slots;
  for (int n = 0; n < 4000; ++n)
    if (SourceSlot slot = bounds->open_stream("198.51." + std::to_string(n / 250) + "." +
                                              std::to_string(n % 250)))
      slots.push_back(std::move(slot));
  CHECK(slots.size() == limits::untrusted_streams_max);
  slots.pop_back();
  CHECK(bounds->open_stream("203.0.113.5"));
  slots.push_back(bounds->open_stream("203.0.113.6"));
  CHECK_FALSE(bounds->open_stream("203.0.113.7"));
  slots.clear();
  CHECK(bounds->open_stream("203.0.113.7"));
}

}  // namespace
}  // namespace hanse::xmpp
