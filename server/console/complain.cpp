// SPDX-License-Identifier: Apache-2.0
#include "server/console/cli.h"

#include <iostream>

#include "server/config/whole.h"

namespace hanse::console {

std::shared_ptr<const Configuration> load_or_complain(const std::string& file,
                                                      const config::Schema& schema) {
  config::Loaded loaded = config::load(file, schema);
  if (loaded.configuration) {
    loaded.problems = config::check_rooms(*loaded.configuration);
  }
  for (const config::Problem& problem : loaded.problems) {
    std::cerr << config::problem_text(problem) << '\n';
  }
  return loaded.problems.empty() ? loaded.configuration : nullptr;
}

}  // namespace hanse::console
