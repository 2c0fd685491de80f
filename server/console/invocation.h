// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <variant>

#include "server/console/commands.h"

namespace hanse::console {

// A command line, taken apart.
struct Invocation {
  const Command* command = nullptr;
  Request request;
  std::string config_file, socket;    // as given; empty: not given
  Duration timeout = std::chrono::seconds(30);
  bool json = false, no_color = false, yes = false;
};

constexpr std::string_view default_config_file = "/etc/hanse/hanse.toml";

// The exit code when there is nothing to carry out: help was asked for, or the line is wrong.
std::variant<Invocation, int> parse_command_line(int argc, const char* const* argv);

// Carries it out, here or on the node; prints; gives the exit code.
int carry_out(const Invocation& invocation, const config::Schema& schema);

}  // namespace hanse::console
