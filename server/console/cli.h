// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <variant>

#include "server/config/config.h"

namespace hanse::console {

// `hanse run --config FILE`: main becomes the daemon.
struct RunDaemon {
  std::string config_file;
};

// Everything `hanse` can be asked on a command line. A console command has been carried out when
// this returns; its exit code is the int (operations section 4).
std::variant<RunDaemon, int> console_main(int argc, const char* const* argv,
                                          const config::Schema& schema);

// For `run`: loads and checks FILE; prints every problem to stderr and gives null when there is
// one. main ends with exit code 2 then.
std::shared_ptr<const Configuration> load_or_complain(const std::string& file,
                                                      const config::Schema& schema);

}  // namespace hanse::console
