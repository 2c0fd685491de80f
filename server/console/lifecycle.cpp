// SPDX-License-Identifier: Apache-2.0
#include "server/base/text.h"
#include "server/config/load.h"
#include "server/config/whole.h"
#include "server/console/commands.h"

namespace hanse::console {
namespace {

Ended run_drain(Node& node, const Request& request, const Emit& emit) {
  Duration grace = node.view.configuration()->table("shutdown").duration("grace");
  if (request.has("for")) {
    const Result<Duration> asked = parse_duration(request.option("for"));
    if (!asked) return usage("--for is a duration such as 60s");
    grace = *asked;
  }
  emit({{"drain", request.dry_run ? "would start" : "started"},
        {"dry_run", request.dry_run},
        {"grace", format_duration(grace)}});
  if (!request.dry_run) node.view.drain(grace);
  return {};
}

std::string render_drain(std::span<const Json> items, const Style&) {
  std::string out;
  for (const Json& item : items) {
    out += "drain " + text_of(item, "drain") + "; the node ends within " +
           text_of(item, "grace") + "\n";
  }
  return out;
}

// The file this node was started with: the one that names it.
std::string file_of(const Configuration& configuration) {
  const Settings& node = configuration.table("node");
  const auto domain = node.entries.find("domain");
  return domain == node.entries.end() ? "" : domain->second.place.file;
}

Ended try_reload(Node& node) {
  const std::string file = file_of(*node.view.configuration());
  const config::Loaded loaded = config::load(file, node.schema);
  std::vector<config::Problem> problems = loaded.problems;
  if (loaded.configuration) problems = config::check_rooms(*loaded.configuration);
  std::string what;
  for (const config::Problem& problem : problems) what += config::problem_text(problem) + "\n";
  return problems.empty() ? Ended{} : Ended{Exit::problem, what + "would be rejected", ""};
}

Ended run_reload(Node& node, const Request& request, const Emit& emit) {
  if (request.dry_run) {
    const Ended tried = try_reload(node);
    if (tried.exit != Exit::ok) return tried;
  } else if (const Result<void> reloaded = node.view.reload(); !reloaded) {
    return {Exit::problem, "the old configuration runs on: " + reloaded.error().what, ""};
  }
  emit({{"reloaded", !request.dry_run},
        {"dry_run", request.dry_run},
        {"epoch", node.view.config_epoch()},
        {"waits_for_restart", node.view.waits_for_restart()}});
  return {};
}

std::string render_reload(std::span<const Json> items, const Style&) {
  std::string out;
  for (const Json& item : items) {
    out += flag_of(item, "reloaded") ? "reloaded" : "the configuration would be taken";
    out += ", epoch " + std::to_string(number_of(item, "epoch")) + "\n";
    for (const Json& key : member_of(item, "waits_for_restart"))
      out += escape_text(key.get<std::string>()) + " changes with the next start only\n";
  }
  return out;
}

constexpr Flag drain_flags[] = {
    {"for", "DURATION", "How long it may take; shutdown.grace when absent."},
};

const Command group[] = {
    {.words = "run",
     .help = "Be the daemon, in the foreground, until SIGTERM. SIGHUP reloads."},
    {.words = "drain",
     .help = "Take nothing new, finish what is under way, then end. Nothing is lost.",
     .flags = drain_flags,
     .changes = true,
     .on_node = run_drain,
     .render = render_drain},
    {.words = "reload",
     .help = "Read the configuration again: all of it is taken, or nothing.",
     .changes = true,
     .on_node = run_reload,
     .render = render_reload},
};

}  // namespace

std::span<const Command> lifecycle_commands() { return group; }

}  // namespace hanse::console
