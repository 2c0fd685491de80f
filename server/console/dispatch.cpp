// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "server/base/text.h"
#include "server/console/commands.h"

namespace hanse::console {
namespace {

bool knows_option(const Command& command, std::string_view name) {
  if (command.changes && name == "reason") return true;
  return std::any_of(command.flags.begin(), command.flags.end(),
                     [name](const Flag& flag) { return flag.name == name; });
}

// The same rules the command line has: the socket may be spoken to by anything.
std::string misuse(const Command& command, const Request& request) {
  std::size_t least = 0, most = 0;
  for (const Parameter& parameter : command.parameters) {
    least += parameter.required ? 1u : 0u;
    most = parameter.many ? SIZE_MAX : most + 1;
  }
  if (request.arguments.size() < least) return "too few arguments";
  if (request.arguments.size() > most) return "too many arguments";
  for (const auto& [name, value] : request.options) {
    if (!knows_option(command, name)) return "unknown option --" + escape_text(name);
  }
  if (request.dry_run && !command.changes) return "nothing to try: the command changes nothing";
  if (command.confirms && !request.dry_run && request.option("reason").empty()) {
    return "needs --reason";
  }
  return "";
}

std::string event_name(std::string_view words) {
  std::string name = "audit." + std::string(words);
  std::replace(name.begin(), name.end(), ' ', '_');
  return name;
}

// operations section 4: who, when, what, reason, result of every change.
void audit(Node& node, const Request& request, const Ended& ended) {
  std::string what = request.command;
  for (const std::string& argument : request.arguments) what += " " + argument;
  const std::string reason = request.has("reason") ? request.option("reason") : "none given";
  node.view.log().write(Level::info, event_name(request.command), "a command changed the node",
                        {{"who", std::string_view(request.who)},
                         {"what", std::string_view(what)},
                         {"reason", std::string_view(reason)},
                         {"ok", ended.exit == Exit::ok},
                         {"result", std::string_view(ended.what)}});
}

}  // namespace

Ended perform(Node& node, const Request& request, const Emit& emit) {
  const Command* command = find_command(request.command);
  if (command == nullptr || command->on_node == nullptr) {
    return usage("unknown command \"" + escape_text(request.command) + "\"");
  }
  if (const std::string wrong = misuse(*command, request); !wrong.empty()) {
    return usage(request.command + ": " + wrong);
  }
  const Ended ended = command->on_node(node, request, emit);
  const bool tried = ended.changed && ended.exit != Exit::usage;
  if (command->changes && !request.dry_run && tried) audit(node, request, ended);
  return ended;
}

Ended usage(std::string what) { return {Exit::usage, std::move(what), ""}; }

Ended ended(const Error& error) {
  const Exit exit = error.fault == Fault::refused ? Exit::not_permitted : Exit::problem;
  return {exit, error.what, ""};
}

}  // namespace hanse::console
