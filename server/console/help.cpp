// SPDX-License-Identifier: Apache-2.0
#include "server/console/help.h"

#include "server/base/text.h"
#include "server/config/config.h"
#include "server/console/commands.h"

namespace hanse::console {
namespace {

std::string synopsis(const Command& command) {
  std::string out = "hanse " + std::string(command.words);
  for (const Parameter& parameter : command.parameters) {
    const std::string name = std::string(parameter.name) + (parameter.many ? "..." : "");
    out += parameter.required ? " " + name : " [" + name + "]";
  }
  for (const Flag& flag : command.flags) {
    out += " [--" + std::string(flag.name) +
           (flag.value.empty() ? "" : " " + std::string(flag.value)) + "]";
  }
  if (command.changes) out += command.confirms ? " --reason TEXT" : " [--reason TEXT]";
  return out + (command.changes ? " [--dry-run]" : "");
}

std::string command_section(const Command& command) {
  std::string out = "\n## `" + std::string(command.words) + "`\n\n```\n" + synopsis(command) +
                    "\n```\n\n" + std::string(command.help) + "\n";
  if (!command.parameters.empty() || !command.flags.empty()) out += "\n";
  for (const Parameter& parameter : command.parameters) {
    out += "- `" + std::string(parameter.name) + "`: " + std::string(parameter.help) + "\n";
  }
  for (const Flag& flag : command.flags) {
    out += "- `--" + std::string(flag.name) + "`: " + std::string(flag.help) + "\n";
  }
  return out;
}

Ended complete(const Local&, const Request& request, const Emit& emit) {
  const std::string text = completion(request.arguments.front());
  if (text.empty()) return usage("completion is for bash, zsh or fish");
  emit({{"text", text}});
  return {};
}

Ended page(const Local& local, const Request& request, const Emit& emit) {
  const std::string& name = request.arguments.front();
  if (name == "console") emit({{"text", console_page()}});
  else if (name == "configuration") emit({{"text", config::reference_page(local.schema)}});
  else return usage("a page is console or configuration");
  return {};
}

std::string render_text(std::span<const Json> items, const Style&) {
  std::string out;
  for (const Json& item : items) out += raw_text_of(item, "text");
  return out;
}

constexpr Parameter shell_parameter[] = {{"SHELL", "bash, zsh or fish", true}};
constexpr Parameter page_parameter[] = {{"PAGE", "console or configuration", true}};

const Command group[] = {
    {.words = "completion",
     .help = "Prints what a shell needs to complete these commands.",
     .parameters = shell_parameter,
     .here = complete,
     .render = render_text},
    {.words = "docs",
     .help = "Prints a page of the documentation made from the tables.",
     .parameters = page_parameter,
     .here = page,
     .render = render_text,
     .hidden = true},
};

}  // namespace

std::span<const Command> help_commands() { return group; }

std::string console_page() {
  std::string out =
      "# Console\n\n"
      "`hanse run` is the daemon; every other command is its console. Commands that ask a running\n"
      "node find it by `--socket PATH`, by the `[control]` table of `--config FILE`, or at\n"
      "`/run/hanse/control.sock`. This page is made from the table of commands by `make docs`.\n"
      "Mistakes in that file do not keep them from a node that runs: they are told on standard\n"
      "error, and `control.socket` is taken from what can be read of the file.\n\n"
      "Every command takes `--json` (one object, or one object a line for lists, each with\n"
      "`\"v\": 1`), `--no-color`, `--socket PATH`, `--config FILE`, `--timeout DURATION`, `--yes`\n"
      "and `--help`. Results go to standard output, errors to standard error; times are UTC in\n"
      "ISO 8601.\n\n"
      "| exit code | meaning |\n|---|---|\n"
      "| 0 | well |\n| 1 | a problem was found, or it failed |\n| 2 | wrong use, or a wrong "
      "configuration |\n| 3 | no node answers |\n| 4 | not permitted |\n| 5 | not found |\n"
      "| 6 | no answer in time |\n\n"
      "A changing command is written to the log as an `audit.*` event with who, what, reason and\n"
      "result. The console is for root, the node's own user and the members of the group\n"
      "`control.group`.\n";
  for (const Command& command : commands()) {
    if (!command.hidden) out += command_section(command);
  }
  return out;
}

}  // namespace hanse::console
