// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/console/json_text.h"
#include "server/console/node.h"
#include "server/console/request.h"
#include "server/console/text_table.h"

namespace hanse::console {

struct Parameter {           // a word after the command
  std::string_view name, help;
  bool required = false, many = false;
  std::string_view names_from = {};   // "peer list": its first column completes this word
};

struct Flag {                // --name, or --name VALUE
  std::string_view name, value, help;
};

// One result object; false when nobody listens any more.
using Emit = std::function<bool(Json)>;

// What a command that needs no daemon works on.
struct Local {
  const config::Schema& schema;
  std::string config_file;
  std::function<Ended(const Request&, const Emit&)> ask_node;   // for `config show --diff running`
};

using RunOnNode = Ended (*)(Node& node, const Request& request, const Emit& emit);
using RunHere = Ended (*)(const Local& local, const Request& request, const Emit& emit);
using Render = std::string (*)(std::span<const Json> items, const Style& style);

// One command. The table of all of them is the only source of --help, completion, the page
// docs/console.md and of what the control socket accepts.
struct Command {
  std::string_view words;                 // "queue list"
  std::string_view help;
  std::span<const Parameter> parameters = {};
  std::span<const Flag> flags = {};
  bool changes = false;                   // takes --dry-run and --reason, is audited
  bool confirms = false;                  // shows what it would do and asks first
  RunOnNode on_node = nullptr;
  RunHere here = nullptr;                 // both null: `run`
  Render render = nullptr;
  bool live = false;                      // each result is shown as it comes
  bool hidden = false;                    // not for people: makes the pages of docs/
};

const std::vector<Command>& commands();
const Command* find_command(std::string_view words);

// Runs a request of the control socket: checks it against the table, runs it, audits changes.
Ended perform(Node& node, const Request& request, const Emit& emit);

Ended ended(const Error& error);                  // the exit code that fits a Fault
Ended usage(std::string what);

// One file per group.
std::span<const Command> lifecycle_commands();
std::span<const Command> status_commands();
std::span<const Command> queue_read_commands();
std::span<const Command> queue_story_commands();
std::span<const Command> queue_change_commands();
std::span<const Command> route_commands();
std::span<const Command> peer_commands();
std::span<const Command> state_commands();
std::span<const Command> link_commands();
std::span<const Command> trace_commands();
std::span<const Command> probe_commands();
std::span<const Command> dns_commands();
std::span<const Command> limits_commands();
std::span<const Command> config_commands();
std::span<const Command> log_commands();
std::span<const Command> help_commands();

}  // namespace hanse::console
