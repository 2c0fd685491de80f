// SPDX-License-Identifier: Apache-2.0
#include "server/config/config.h"

#include <set>

#include "server/base/text.h"
#include "server/config/load.h"
#include "server/config/whole.h"
#include "server/console/commands.h"
#include "server/console/invocation.h"

namespace hanse::console {
namespace {

std::string file_of(const Local& local, const Request& request) {
  if (!request.arguments.empty()) return request.arguments.front();
  return local.config_file.empty() ? std::string(default_config_file) : local.config_file;
}

Ended complain(const std::vector<config::Problem>& problems) {
  std::string what = "configuration:";
  for (const config::Problem& problem : problems) what += "\n" + config::problem_text(problem);
  return usage(what);
}

Ended check(const Local& local, const Request& request, const Emit& emit) {
  const std::string file = file_of(local, request);
  config::Loaded loaded = config::load(file, local.schema);
  if (loaded.configuration) loaded.problems = config::check_rooms(*loaded.configuration);
  for (const config::Problem& problem : loaded.problems) {
    emit({{"file", problem.place.file},
          {"line", problem.place.line},
          {"column", problem.place.column},
          {"problem", problem.what}});
  }
  if (!loaded.problems.empty()) return complain(loaded.problems);
  emit({{"file", file}, {"ok", true}});
  return {};
}

// The problems themselves go to stderr, like every other error.
std::string render_check(std::span<const Json> items, const Style&) {
  std::string out;
  for (const Json& item : items) {
    if (flag_of(item, "ok")) out += text_of(item, "file") + ": ok\n";
  }
  return out;
}

std::string render_text(std::span<const Json> items, const Style&) {
  std::string out;
  for (const Json& item : items) out += raw_text_of(item, "text");
  return out;
}

Ended sample(const Local& local, const Request&, const Emit& emit) {
  emit({{"text", config::sample(local.schema)}});
  return {};
}

Ended explain(const Local& local, const Request& request, const Emit& emit) {
  const Result<std::string> text = config::explain(local.schema, request.arguments.front());
  if (!text) return {Exit::not_found, text.error().what, ""};
  emit({{"text", *text}});
  return {};
}

Json settings_json(const Configuration& configuration) {
  Json all = Json::object();
  for (const auto& [key, written] : config::flat(configuration)) all[key] = written;
  return all;
}

Ended show_running(Node& node, const Request& request, const Emit& emit) {
  const std::shared_ptr<const Configuration> running = node.view.configuration();
  emit({{"text", config::show(*running, node.schema, request.has("effective"))},
        {"settings", settings_json(*running)},
        {"waits_for_restart", node.view.waits_for_restart()}});
  return {};
}

Ended differences(const Local& local, const Configuration& file, const Emit& emit) {
  Json running, waits;
  Request request;
  request.command = "config show";
  const Ended asked = local.ask_node(request, [&running, &waits](const Json& item) {
    running = member_of(item, "settings");
    waits = member_of(item, "waits_for_restart");
    return true;
  });
  if (asked.exit != Exit::ok) return asked;
  const Json own = settings_json(file);
  std::set<std::string> keys;
  for (const auto& member : own.items()) keys.insert(member.key());
  for (const auto& member : running.items()) keys.insert(member.key());
  std::size_t count = 0;
  for (const std::string& key : keys) {
    const std::string here = raw_text_of(own, key), there = raw_text_of(running, key);
    if (here == there) continue;
    ++count;
    emit({{"text", "- " + key + " = " + (there.empty() ? "(not set)" : there) + "\n+ " + key +
                       " = " + (here.empty() ? "(not set)" : here) + "\n"},
          {"key", key}, {"running", there}, {"file", here}});
  }
  for (const Json& key : waits) {
    ++count;
    emit({{"text", "! " + key.get<std::string>() + " is read, and counts from the next start on\n"},
          {"key", key}, {"waits_for_restart", true}});
  }
  if (count == 0) return {};
  return {Exit::problem, std::to_string(count) + " settings differ from the running node", ""};
}

Ended show(const Local& local, const Request& request, const Emit& emit) {
  const std::string file = file_of(local, request);
  const config::Loaded loaded = config::load(file, local.schema, config::hidden_secrets());
  if (!loaded.configuration) return complain(loaded.problems);
  if (request.has("diff")) {
    if (request.option("diff") != "running") return usage("--diff takes the word running");
    return differences(local, *loaded.configuration, emit);
  }
  emit({{"text", config::show(*loaded.configuration, local.schema, request.has("effective"))},
        {"settings", settings_json(*loaded.configuration)}});
  return {};
}

constexpr Parameter file_parameter[] = {
    {"FILE", "The configuration file; that of --config when absent."},
};
constexpr Parameter key_parameter[] = {
    {"KEY", "A setting such as node.domain, or a table such as node.", true},
};
constexpr Flag show_flags[] = {
    {"effective", "", "With the defaults of everything that is not set."},
    {"diff", "running", "Only what differs from the running node."},
};

const Command group[] = {
    {.words = "config check",
     .help = "Check the file with its conf.d; tells every problem with its place.",
     .parameters = file_parameter,
     .here = check,
     .render = render_check},
    {.words = "config default",
     .help = "A whole configuration file with every setting, its meaning and its default.",
     .here = sample,
     .render = render_text},
    {.words = "config explain",
     .help = "What a setting means: type, range, default, whether a reload is enough.",
     .parameters = key_parameter,
     .here = explain,
     .render = render_text},
    {.words = "config show",
     .help = "The settings of the file; secrets are shown as ***.",
     .parameters = file_parameter,
     .flags = show_flags,
     .on_node = show_running,
     .here = show,
     .render = render_text},
};

}  // namespace

std::span<const Command> config_commands() { return group; }

}  // namespace hanse::console
