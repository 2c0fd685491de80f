// SPDX-License-Identifier: Apache-2.0
#include "server/console/commands.h"

namespace hanse::console {

const std::vector<Command>& commands() {
  static const std::vector<Command> all = [] {
    std::vector<Command> table;
    const auto add = [&table](std::span<const Command> group) {
      table.insert(table.end(), group.begin(), group.end());
    };
    add(lifecycle_commands());
    add(status_commands());
    add(queue_read_commands());
    add(queue_story_commands());
    add(queue_change_commands());
    add(route_commands());
    add(peer_commands());
    add(state_commands());
    add(link_commands());
    add(trace_commands());
    add(probe_commands());
    add(dns_commands());
    add(limits_commands());
    add(config_commands());
    add(log_commands());
    add(help_commands());
    return table;
  }();
  return all;
}

const Command* find_command(std::string_view words) {
  for (const Command& command : commands()) {
    if (command.words == words) return &command;
  }
  return nullptr;
}

}  // namespace hanse::console
