// SPDX-License-Identifier: Apache-2.0
#include "server/console/commands.h"

namespace hanse::console {
namespace {

const Command group[] = {
    {.words = "run",
     .help = "Be the daemon, in the foreground, until SIGTERM."},
};

}  // namespace

std::span<const Command> lifecycle_commands() { return group; }

}  // namespace hanse::console
