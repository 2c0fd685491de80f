// SPDX-License-Identifier: Apache-2.0
#include "server/base/options.h"

#include <functional>
#include <stdexcept>

#include "tests/catch.h"

namespace hanse {
namespace {

using namespace std::chrono_literals;

std::string slip(const std::function<void()>& read) {
  try {
    read();
  } catch (const std::logic_error& error) {
    return error.what();
  }
  return "nothing was wrong";
}

Settings sample() {
  Settings settings;
  settings.entries["domain"].value = std::string("a.example");
  settings.entries["size_max"].value = std::int64_t{4096};
  settings.entries["relay"].value = true;
  settings.entries["hosts"].value = std::vector<std::string>{"a.example", "b.example"};
  settings.entries["wait"].value = Duration(30s);
  settings.entries["retry"].value = std::vector<Duration>{5min, 1h};
  return settings;
}

TEST_CASE("options: every type is read as it is declared") {
  const Settings settings = sample();
  CHECK(settings.text("domain") == "a.example");
  CHECK(settings.integer("size_max") == 4096);
  CHECK(settings.boolean("relay"));
  CHECK(settings.list("hosts").size() == 2);
  CHECK(settings.duration("wait") == 30s);
  CHECK(settings.durations("retry") == std::vector<Duration>{5min, 1h});
  CHECK(settings.text_or("domain", "x") == "a.example");
  CHECK(settings.text_or("absent", "x") == "x");
  CHECK(settings.has("wait"));
  CHECK_FALSE(settings.has("absent"));
}

TEST_CASE("options: a missing key or a wrong type is a bug that names the key") {
  const Settings settings = sample();
  CHECK(slip([&] { settings.text("dommain"); }).find("\"dommain\"") != std::string::npos);
  CHECK(slip([&] { settings.integer("domain"); }).find("\"domain\"") != std::string::npos);
  CHECK(slip([&] { settings.text_or("relay", ""); }).find("\"relay\"") != std::string::npos);
}

TEST_CASE("options: tables of the configuration") {
  Configuration configuration;
  configuration.singles["node"] = sample();
  configuration.lists["peer"];
  CHECK(configuration.has("node"));
  CHECK(configuration.table("node").boolean("relay"));
  CHECK(configuration.tables("peer").empty());
  CHECK(slip([&] { configuration.table("nodes"); }).find("\"nodes\"") != std::string::npos);
  CHECK(slip([&] { configuration.tables("peers"); }).find("\"peers\"") != std::string::npos);
}

}  // namespace
}  // namespace hanse
