// SPDX-License-Identifier: Apache-2.0
// The generated files say what the tables say. `make docs` writes them anew.
#include <fstream>
#include <sstream>

#include "server/config/whole.h"
#include "server/console/help.h"
#include "tests/catch.h"

namespace hanse {
namespace {

std::string text_of_file(const std::string& path) {
  std::ifstream in(path);
  REQUIRE(in);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

TEST_CASE("drift: conf/hanse.toml is what the option tables say") {
  CHECK(text_of_file("conf/hanse.toml") == config::sample(config::whole_schema()));
}

TEST_CASE("drift: docs/configuration.md is what the option tables say") {
  CHECK(text_of_file("docs/configuration.md") == config::reference_page(config::whole_schema()));
}

TEST_CASE("drift: docs/console.md is what the table of commands says") {
  CHECK(text_of_file("docs/console.md") == console::console_page());
}

TEST_CASE("drift: the sample is a configuration the node would take") {
  const config::Schema schema = config::whole_schema();
  const config::Loaded loaded = config::load("conf/hanse.toml", schema);
  for (const config::Problem& problem : loaded.problems) CHECK(config::problem_text(problem) == "");
  REQUIRE(loaded.configuration);
  CHECK(config::check_rooms(*loaded.configuration).empty());
}

}  // namespace
}  // namespace hanse
