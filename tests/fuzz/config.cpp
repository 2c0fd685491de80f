// SPDX-License-Identifier: Apache-2.0
// Configuration files: any text is either a checked configuration or a list of problems, each
// with its place and on one printable line.

#include "server/config/config.h"
#include "server/base/limits.h"
#include "server/config/whole.h"
#include "tests/fuzz/fuzz.h"

namespace hanse::fuzz {
namespace {

constexpr std::size_t options_max = 12;

// The smaller tables of every room: the large ones only cost time, by the defaults to be read.
const config::Schema& schema() {
  static const config::Schema small = [] {
    config::Schema made;
    static const config::Schema whole = config::whole_schema();   // its options live on
    for (const OptionTable& table : whole.tables()) {
      if (table.options.size() <= options_max) made.add({&table, 1});
    }
    return made;
  }();
  return small;
}

Result<std::string> secret(std::string_view reference) {
  if (reference.ends_with("missing")) return Error{Fault::never, "there is no such secret"};
  return std::string("hush");
}

void check_problem(const config::Problem& problem) {
  require(problem.place.line > 0 || problem.place.column == 0, "a problem has a place");
  for (const char byte : config::problem_text(problem)) {
    require(byte >= ' ' && byte <= '~', "a problem is one printable line");
  }
}

// What is shown of a good configuration is a good configuration (secrets are stars then).
void check_shown(const Configuration& configuration) {
  const std::string shown = config::show(configuration, schema(), true);
  require(shown.find("hush") == shown.npos, "secrets are not shown");
}

}  // namespace
}  // namespace hanse::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hanse;
  const fuzz::Exact text(fuzz::as_text(data, size));
  const config::Loaded loaded =
      config::parse(text.view(), "fuzz.toml", fuzz::schema(), fuzz::secret);
  fuzz::require((loaded.configuration == nullptr) == !loaded.problems.empty(),
                "a configuration or problems, never both");
  fuzz::require(loaded.problems.size() <= limits::config_problems_max, "problems are bounded");
  for (const config::Problem& problem : loaded.problems) fuzz::check_problem(problem);
  if (loaded.configuration) fuzz::check_shown(*loaded.configuration);
  return 0;
}
