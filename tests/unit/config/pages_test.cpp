// SPDX-License-Identifier: Apache-2.0
#include <set>

#include "server/base/text.h"
#include "server/config/load.h"
#include "server/config/values.h"
#include "server/config/whole.h"
#include "tests/catch.h"
#include "tests/unit/config/sample_schema.h"

namespace hanse::config {
namespace {

TEST_CASE("config: the sample is a good configuration that sets nothing but what must be set") {
  const std::string text = sample(sample_schema());
  CHECK(problems_of(text).empty());
  const Loaded loaded = parse_sample(text);
  REQUIRE(loaded.configuration);
  CHECK(show(*loaded.configuration, sample_schema(), false) == "[host]\nname = \"a.example\"\n\n");
}

// "#key = value" becomes a setting; "# text" stays a comment.
std::string switched_on(const std::string& text) {
  std::string out;
  for (const std::string_view line : split(text, '\n')) {
    const bool setting = line.size() > 1 && line[0] == '#' && line[1] != ' ';
    out += std::string(setting ? line.substr(1) : line) + "\n";
  }
  return out;
}

TEST_CASE("config: the sample is still good with everything switched on") {
  std::string text = switched_on(sample(sample_schema()));
  const std::string secret = "\"file:PATH\"";
  text.replace(text.find(secret), secret.size(), "\"env:GOOD\"");
  INFO(text);
  CHECK(problems_of(text).empty());
}

TEST_CASE("config: show gives back what was written, defaults on demand, secrets never") {
  const std::string text = "[host]\nname = \"a.example\"\nwait = \"1500ms\"\nkey = \"env:GOOD\"\n"
                           "\n[peer.\"b.example\"]\nstate = \"blocked\"\n"
                           "\n[[route]]\nmatch = \"*\"\n\n";
  const Loaded loaded = parse_sample(text);
  REQUIRE(loaded.configuration);
  CHECK(show(*loaded.configuration, sample_schema(), false) ==
        "[host]\nname = \"a.example\"\nwait = \"1500ms\"\nkey = \"***\"\n"
        "\n[peer.\"b.example\"]\nstate = \"blocked\"\n"
        "\n[[route]]\nmatch = \"*\"\n\n");
  const std::string effective = show(*loaded.configuration, sample_schema(), true);
  CHECK(effective.find("port = 25\n") != std::string::npos);
  CHECK(effective.find("hush") == std::string::npos);
  CHECK(effective.find("GOOD") == std::string::npos);
  CHECK(flat(*loaded.configuration).at("peer.b.example.state") == "\"blocked\"");
}

TEST_CASE("config: what is shown can be read again") {
  const Loaded loaded =
      parse_sample("[host]\nname = \"a\\\"\\\\ \\u00e4\"\nhosts = [\"x\", \"y\"]\n");
  REQUIRE(loaded.configuration);
  const std::string shown = show(*loaded.configuration, sample_schema(), false);
  INFO(shown);
  const Loaded again = parse_sample(shown);
  REQUIRE(again.configuration);
  CHECK(again.configuration->table("host").text("name") == "a\"\\ \xc3\xa4");
}

TEST_CASE("config: explain tells type, range, default and when a change applies") {
  const Result<std::string> text = explain(sample_schema(), "host.wait");
  REQUIRE(text);
  CHECK(*text == "[host] wait\nA time.\n  type     duration\n  range    1s to 1m\n"
                 "  default  \"30s\"\n  applies  on reload\n  since    0.1\n");
  CHECK(explain(sample_schema(), "host.key")->find("after a restart") != std::string::npos);
  CHECK(explain(sample_schema(), "route")->find("route.match") != std::string::npos);
  const Result<std::string> unknown = explain(sample_schema(), "host.wiat");
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().what == "no setting \"host.wiat\"; did you mean \"host.wait\"?");
}

TEST_CASE("config: every default of every room fits its own option") {
  const Schema schema = whole_schema();
  for (const OptionTable& table : schema.tables()) {
    CHECK_FALSE(table.help.empty());
    for (const Option& option : table.options) {
      INFO(table.name << "." << option.key);
      CHECK_NOTHROW(default_entry(option));
      CHECK(option.help.ends_with('.'));
      CHECK((option.type != OptionType::choice || !option.choices.empty()));
    }
  }
}

TEST_CASE("config: no table and no key is declared twice") {
  std::set<std::string> seen;
  const Schema schema = whole_schema();
  for (const OptionTable& table : schema.tables()) {
    CHECK(seen.insert(std::string(table.name)).second);
    for (const Option& option : table.options) {
      INFO(table.name << "." << option.key);
      CHECK(seen.insert(std::string(table.name) + "." + std::string(option.key)).second);
    }
  }
}

}  // namespace
}  // namespace hanse::config
