// SPDX-License-Identifier: Apache-2.0
#include "protocols/protocol.h"

#include <algorithm>

#include "protocols/smtp/settings.h"
#include "tests/catch.h"
#include "tests/unit/protocols/option_defaults.h"

namespace hanse {
namespace {

using namespace std::chrono_literals;

void set(Configuration& configuration, std::string_view key, OptionValue value) {
  configuration.singles["smtp"].entries.insert_or_assign(std::string(key),
                                                         Settings::Entry{std::move(value), {}, ""});
}

Configuration defaults() { return hanse::test::defaults_of(smtp::option_tables()); }

const Protocol& mail() {
  const auto all = protocols();
  const auto found =
      std::find_if(all.begin(), all.end(), [](const Protocol* p) { return p->name == "smtp"; });
  REQUIRE(found != all.end());
  return **found;
}

TEST_CASE("the registry knows mail, and mail opens with its defaults") {
  const Protocol& protocol = mail();
  SystemClock clock;
  const auto room = protocol.open(defaults(), {"a.example", &clock});
  REQUIRE(room);
  CHECK((*room)->inbound({}) != nullptr);
  CHECK((*room)->outbound({}) != nullptr);
  REQUIRE(protocol.listens.size() == 2);
  CHECK(protocol.listens[0].default_port == 25);
  CHECK_FALSE(protocol.listens[0].implicit_tls);
  CHECK(protocol.listens[1].implicit_tls);
}

TEST_CASE("Q-5 Q-6 C-6 what lanes of mail do by default") {
  SystemClock clock;
  const auto room = mail().open(defaults(), {"a.example", &clock});
  REQUIRE(room);
  const LaneTraits& traits = *(*room)->lane_traits();
  CHECK(traits.protocol == "smtp");
  CHECK(traits.retry == std::vector<Duration>{5min, 10min, 20min, 40min, 4000s});
  CHECK(traits.retry_jitter_percent == 10);
  CHECK(traits.lifetime == 120h);
  CHECK(traits.report_lifetime == 48h);
  CHECK(traits.startup_spread == 5min);
  CHECK(traits.idle_keep == 30s);
  CHECK(traits.works_per_link_max == 1000);
  CHECK(traits.link_age_max == 10min);
  CHECK(traits.endpoints_tried_max == 5);  // M-9
  SeededRandom random(1);
  CHECK(traits.discover("127.0.0.1:2600", random)->done());
}

TEST_CASE("C-5 the waits of RFC 5321 are floors unless the operator says otherwise") {
  Configuration configuration = defaults();
  SystemClock clock;
  set(configuration, "mail_timeout", Duration(1s));
  set(configuration, "end_timeout", Duration(1s));
  set(configuration, "data_timeout", Duration(130s));
  const auto with = smtp::read_settings(configuration, {"a.example", &clock});
  REQUIRE(with);
  CHECK(with->out.mail_wait == 300s);
  CHECK(with->out.end_wait == 600s);
  CHECK(with->out.data_wait == 130s);
  set(configuration, "rfc_timeouts", false);
  const auto without = smtp::read_settings(configuration, {"a.example", &clock});
  REQUIRE(without);
  CHECK(without->out.mail_wait == 1s);
  CHECK(without->out.end_wait == 1s);
  CHECK(without->out.banner_wait == 300s);
}

TEST_CASE("C-1 the name given in EHLO is the node's unless another is set") {
  Configuration configuration = defaults();
  SystemClock clock;
  CHECK(smtp::read_settings(configuration, {"a.example", &clock})->out.helo_name == "a.example");
  set(configuration, "helo_name", std::string("mail.a.example"));
  CHECK(smtp::read_settings(configuration, {"a.example", &clock})->out.helo_name ==
        "mail.a.example");
}

TEST_CASE("D-3 D-7 a peer's own keys are read beside those of [smtp]") {
  SystemClock clock;
  Configuration configuration = defaults();
  const auto peer = [&configuration](const std::string& name) -> Settings& {
    Settings& settings = configuration.lists["peer"].emplace_back();
    settings.name = name;
    return settings;
  };
  const auto say = [](Settings& settings, const std::string& key, const std::string& value) {
    settings.entries[key] = {value, {}, ""};
  };
  say(peer("Lenient.Example"), "smtp_line_endings", "normalize");
  say(peer("tagged.example"), "smtp_from_policy", "tag");
  peer("silent.example");
  const auto read = smtp::read_settings(configuration, {"a.example", &clock});
  REQUIRE(read);
  const auto policy = [&read](std::string_view name) {
    const smtp::ContentPolicy& found = smtp::content_policy(read->in, name);
    return std::string(found.normalize_line_endings ? "normalize" : "reject") +
           (found.tag_from ? " tag" : "");
  };
  CHECK(policy("") == "reject");
  CHECK(policy("lenient.example") == "normalize");
  CHECK(policy("tagged.example") == "reject tag");
  CHECK(policy("silent.example") == "reject");

  set(configuration, "line_endings", std::string("normalize"));
  say(configuration.lists["peer"][0], "smtp_line_endings", "reject");
  const auto turned = smtp::read_settings(configuration, {"a.example", &clock});
  REQUIRE(turned);
  CHECK(smtp::content_policy(turned->in, "").normalize_line_endings);
  CHECK_FALSE(smtp::content_policy(turned->in, "lenient.example").normalize_line_endings);
  CHECK(smtp::content_policy(turned->in, "silent.example").normalize_line_endings);
  for (const Option& option : mail().peer_options) CHECK(option.key.starts_with("smtp_"));
}

TEST_CASE("settings that cannot work are said at the start") {
  SystemClock clock;
  Configuration name = defaults();
  set(name, "helo_name", std::string("a.example\r\nMAIL"));
  CHECK_FALSE(mail().open(name, {"a.example", &clock}).has_value());
  Configuration retry = defaults();
  set(retry, "retry", std::vector<Duration>{});
  CHECK_FALSE(mail().open(retry, {"a.example", &clock}).has_value());
}

}  // namespace
}  // namespace hanse
