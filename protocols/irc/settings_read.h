// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "protocols/irc/settings.h"

namespace hanse::irc {

// Shared by the readers of the tables: settings.cpp and settings_junctions.cpp.
inline Error problem(std::string_view table, std::string_view key, std::string_view what) {
  return {Fault::never, std::string(table) + "." + std::string(key) + ": " + std::string(what)};
}

// Needs the networks of `out`, adds its junctions.
Result<void> read_junctions(const Configuration& configuration, IrcSettings& out);

}  // namespace hanse::irc
