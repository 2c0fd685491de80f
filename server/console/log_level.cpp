// SPDX-License-Identifier: Apache-2.0
#include <set>

#include "protocols/protocol.h"
#include "server/base/log.h"
#include "server/base/log_areas.h"

#include "server/base/text.h"
#include "server/console/commands.h"

namespace hanse::console {
namespace {

constexpr Level levels[] = {Level::debug, Level::info, Level::warning, Level::error};

std::set<std::string_view> areas() {
  std::set<std::string_view> out(std::begin(log_areas), std::end(log_areas));
  for (const Protocol* protocol : protocols()) out.insert(protocol->name);
  return out;
}

// The lowest level that is written for events of this area.
std::string_view current(const Log& log, std::string_view area) {
  for (const Level level : levels) {
    if (log.enabled(level, area)) return level_name(level);
  }
  return level_name(Level::error);
}

Ended tell(Node& node, std::string_view area, bool changed, const Emit& emit) {
  emit({{"area", area.empty() ? "all" : area}, {"level", current(node.view.log(), area)}});
  return {Exit::ok, "", "", changed};
}

Ended tell_all(Node& node, const Emit& emit) {
  const Log& log = node.view.log();
  const std::string_view all = current(log, "");
  tell(node, "", false, emit);
  for (const std::string_view area : areas())
    if (area != "audit" && current(log, area) != all) tell(node, area, false, emit);
  return {Exit::ok, "", "", false};
}

// "debug" for everything, "store=debug" for one area.
Ended run_level(Node& node, const Request& request, const Emit& emit) {
  if (request.arguments.empty()) return tell_all(node, emit);
  const std::string& word = request.arguments.front();
  const std::size_t equals = word.find('=');
  const std::string area = equals == std::string::npos ? "" : word.substr(0, equals);
  const std::string name = equals == std::string::npos ? word : word.substr(equals + 1);
  Level level{};
  if (!parse_level(name, level)) return usage("a level is debug, info, warning or error");
  const std::set<std::string_view> known = areas();
  if (equals != std::string::npos && !known.contains(area)) {
    std::string list;
    for (const std::string_view one : known) list += " " + std::string(one);
    return usage("an area is one of:" + list);
  }
  if (request.dry_run) return tell(node, area, false, emit);
  Log& log = node.view.log();
  if (area.empty()) log.set_level(level);
  else log.set_level(area, level);
  log.set_level("audit", Level::debug);   // whatever is set, changes are written down
  return tell(node, area, true, emit);
}

std::string render_level(std::span<const Json> items, const Style&) {
  std::string out;
  for (const Json& item : items) {
    out += text_of(item, "area") + "  " + text_of(item, "level") + "\n";
  }
  return out;
}

constexpr Parameter level_parameter[] = {
    {"LEVEL", "debug, info, warning or error; AREA=LEVEL for one area. Absent: tell."},
};

const Command group[] = {
    {.words = "log level",
     .help = "Which events are written, until the node is started again.",
     .parameters = level_parameter,
     .changes = true,
     .on_node = run_level,
     .render = render_level},
};

}  // namespace

std::span<const Command> log_commands() { return group; }

}  // namespace hanse::console
