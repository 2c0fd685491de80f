// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/settings.h"

#include "tests/catch.h"
#include "server/base/limits.h"
#include "tests/unit/protocols/option_defaults.h"

namespace hanse::xmpp {
namespace {

using Texts = std::vector<std::string>;

Settings& add(Configuration& to, const std::string& table, const std::string& name,
              const std::map<std::string, OptionValue>& values) {
  Settings& out = to.lists[table].emplace_back();
  out.name = name;
  for (const auto& [key, value] : values) out.entries[key] = {value, {}, ""};
  return out;
}

XmppSettings read(Configuration configuration) {
  for (const char* table : {"peer", "route"}) configuration.lists[table];   // those of the core
  Result<XmppSettings> out = read_settings(configuration, {"a.example"});
  REQUIRE(out);
  return *std::move(out);
}

TEST_CASE("xmpp 3.5 what is read of a peer: a pin stands above the rest") {
  Configuration from = hanse::test::defaults_of(option_tables());
  const std::string pin(64, 'a');
  add(from, "peer", "Pinned.example",
      {{"xmpp_trust", std::string("dialback")}, {"fingerprints", Texts{pin}}});
  add(from, "peer", "B\xc3\xbc" "cher.example", {{"xmpp_trust", std::string("dane")}});
  add(from, "peer", "known.example", {{"xmpp_trust", std::string("authority")}});
  add(from, "peer", "asked.example",
      {{"xmpp_trust", std::string("dialback")}, {"fingerprints", Texts{}}});
  const XmppSettings settings = read(from);
  CHECK(settings.trust_of("pinned.example") == Trust::pin);
  CHECK(settings.dials_back("pinned.example"));
  CHECK(settings.trust_of("xn--bcher-kva.example") == Trust::dane);
  CHECK(settings.trust_of("known.example") == Trust::authority);
  CHECK(settings.trust_of("asked.example") == Trust::dialback);
  CHECK(settings.trust_of("else.example") == Trust::verify);
  CHECK_FALSE(settings.dials_back("else.example"));
}

TEST_CASE("xmpp 9.3 a rate for all, and one for a peer; without either there is none") {
  Configuration from = hanse::test::defaults_of(option_tables());
  CHECK(read(from).bytes_per_second_of("b.example") == 0);
  from.singles["xmpp"].entries["bytes_per_second_max"].value = std::int64_t{1000};
  add(from, "peer", "Slow.example", {{"xmpp_bytes_per_second_max", std::int64_t{10}}});
  add(from, "peer", "free.example", {{"xmpp_bytes_per_second_max", std::int64_t{0}}});
  const XmppSettings settings = read(from);
  CHECK(settings.bytes_per_second_of("slow.example") == 10);
  CHECK(settings.bytes_per_second_of("free.example") == 0);
  CHECK(settings.bytes_per_second_of("b.example") == 1000);
}

TEST_CASE("xmpp 7.5 a stanza is never larger than what stays in memory while it waits") {
  for (const OptionTable& table : option_tables())
    for (const Option& option : table.options)
      if (option.key == "stanza_bytes_max")
        CHECK(option.most == static_cast<std::int64_t>(limits::body_memory_bytes_max));
}

TEST_CASE("xmpp 4.6 nobody goes to a peer that is blocked") {
  Configuration from = hanse::test::defaults_of(option_tables());
  add(from, "peer", "Blocked.example", {{"state", std::string("blocked")}});
  add(from, "peer", "waits.example", {{"state", std::string("suspended")}});
  const auto traits = read_traits(from, std::make_shared<const XmppSettings>(read(from)));
  SeededRandom random(1);
  for (const char* lane : {"a.example>blocked.example", "a.example>blocked.example?verify",
                           "a.example>blocked.example=192.0.2.1:5269"}) {
    const auto discovery = traits->discover(lane, random);
    REQUIRE(discovery->done());
    REQUIRE_FALSE(discovery->endpoints());
    CHECK(discovery->endpoints().error().fault == Fault::never);
    CHECK(discovery->status() == "5.7.1");   // not-allowed, cancel
  }
  CHECK_FALSE(traits->discover("a.example>waits.example", random)->done());
}

TEST_CASE("an international face is one in either form") {
  Configuration from = hanse::test::defaults_of(option_tables());
  for (const std::string match : {"B\xc3\xbc" "cher.example", "*.b\xc3\xbc" "cher.example"})
    add(from, "route", "0", {{"match", match}, {"protocol", std::string("xmpp")},
                             {"via", std::string("192.0.2.1:5269")}});
  const XmppSettings settings = read(from);
  CHECK(settings.home_of("xn--bcher-kva.example") == Home::face);
  CHECK(settings.home_of("x.xn--bcher-kva.example") == Home::face);
  CHECK(settings.home_of("else.example") == Home::none);
}

TEST_CASE("xmpp 13 b a server whose component we are has a lane that stands") {
  Configuration from = hanse::test::defaults_of(option_tables());
  const std::string secret = "0123456789abcdef";
  add(from, "component", "gw.b.example",
      {{"role", std::string("connect")}, {"addr", std::string("127.0.0.1:5347")},
       {"gateway", std::string("127.0.0.1:5348")}, {"secret", secret}});
  add(from, "component", "gw.a.example",
      {{"role", std::string("accept")}, {"addr", std::string("127.0.0.1:5349")},
       {"secret", secret}});
  const auto traits = read_traits(from, std::make_shared<const XmppSettings>(read(from)));
  CHECK(traits->standing == std::set<std::string, std::less<>>{"*>gw.b.example"});
  SeededRandom random(1);
  CHECK_FALSE(traits->discover("*>gw.b.example", random)->endpoints()->empty());
  CHECK(traits->discover("*>gw.b.example?gateway", random)->endpoints()->empty());
  CHECK(traits->discover("*>gw.a.example", random)->endpoints()->empty());
  CHECK(traits->discover("*>gw.a.example", random)->status().empty());   // no failure of anything
  add(from, "component", "gw2.a.example",
      {{"role", std::string("accept")}, {"addr", std::string("127.0.0.1:5349")},
       {"gateway", std::string("127.0.0.1:5350")}, {"secret", secret}});
  for (const char* table : {"peer", "route"}) from.lists[table];
  CHECK_FALSE(read_settings(from, {"a.example"}));
}

}  // namespace
}  // namespace hanse::xmpp
