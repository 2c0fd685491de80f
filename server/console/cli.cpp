// SPDX-License-Identifier: Apache-2.0
#include "server/console/cli.h"

#include <CLI/CLI.hpp>

#include <deque>
#include <iostream>

#include "server/base/text.h"
#include "server/base/version.h"
#include "server/console/invocation.h"

namespace hanse::console {
namespace {

// The table of commands as a CLI11 application. It owns what the application writes into.
class CommandLine {
 public:
  CommandLine() : app_("hanse: a server among servers. `hanse run` is the daemon, everything else "
                       "is its console.", "hanse") {
    app_.set_version_flag("--version", "hanse " + std::string(version) + " (" +
                                           std::string(commit) + ")");
    app_.require_subcommand(1);
    app_.fallthrough();
    add_globals();
    for (const Command& command : commands()) add_command(command);
  }

  std::variant<Invocation, int> parse(int argc, const char* const* argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      if (const std::string stray = stray_command(argc, argv); !stray.empty()) {
        std::cerr << stray << '\n';
        return static_cast<int>(Exit::usage);
      }
      const int code = app_.exit(error, std::cout, std::cerr);
      return code == 0 ? 0 : static_cast<int>(Exit::usage);
    }
    return invocation();
  }

 private:
  struct Entry {
    const Command* command;
    CLI::App* app;
    std::vector<std::string> single;      // one for each parameter that is one word
    std::vector<std::string> many;
    std::deque<std::string> values;       // of the flags that take one
    bool dry_run = false;
    std::string reason;
  };

  void add_globals() {
    app_.add_option("--config", invocation_.config_file, "The node's configuration file.")
        ->type_name("FILE");
    app_.add_option("--socket", invocation_.socket, "The node's control socket.")
        ->type_name("PATH");
    app_.add_option("--timeout", timeout_, "How long to wait for an answer (30s).")
        ->type_name("DURATION");
    app_.add_flag("--json", invocation_.json, "One JSON object a line.");
    app_.add_flag("--no-color", invocation_.no_color, "No colours on a terminal.");
    app_.add_flag("--yes", invocation_.yes, "Do not ask for confirmation.");
  }

  // About the first word that stands where a command should, and is none; empty: there is no such.
  std::string stray_command(int argc, const char* const* argv) const {
    const CLI::App* place = &app_;
    std::string before;
    for (int at = 1; at < argc; ++at) {
      const std::string word = argv[at];
      if (word == "--help" || word == "-h" || word == "--version") return {};
      if (word.starts_with('-')) {
        at += word == "--config" || word == "--socket" || word == "--timeout";
        continue;
      }
      std::vector<std::string> known;
      const CLI::App* next = nullptr;
      for (const CLI::App* app : place->get_subcommands([](const CLI::App*) { return true; })) {
        if (!app->get_group().empty()) known.push_back(app->get_name());
        if (app->get_name() == word) next = app;
      }
      if (known.empty()) return {};
      if (next == nullptr) {
        const std::string near = nearest_word(word, known);
        return "hanse: no command \"" + before + escape_text(word) + "\"" +
               (near.empty() ? "; --help lists them" : "; did you mean \"" + before + near + "\"?");
      }
      place = next;
      before += word + ' ';
    }
    return {};
  }

  // "queue list" becomes `list` below `queue`.
  CLI::App* place_of(const Command& command) {
    CLI::App* parent = &app_;
    const std::vector<std::string_view> words = split(command.words, ' ');
    for (std::size_t i = 0; i + 1 < words.size(); ++i) {
      const std::string word(words[i]);
      const std::vector<CLI::App*> known = parent->get_subcommands(
          [&word](CLI::App* app) { return app->get_name() == word; });
      if (known.empty()) {
        parent = parent->add_subcommand(word, "Commands of the group " + word + ".");
        parent->require_subcommand(1);
      } else {
        parent = known.front();
      }
    }
    return parent->add_subcommand(std::string(words.back()), std::string(command.help));
  }

  void add_command(const Command& command) {
    Entry& entry = entries_.emplace_back();
    entry.command = &command;
    entry.app = place_of(command);
    entry.single.resize(command.parameters.size());
    for (std::size_t i = 0; i < command.parameters.size(); ++i) {
      const Parameter& parameter = command.parameters[i];
      const std::string name(parameter.name), help(parameter.help);
      CLI::Option* option = parameter.many ? entry.app->add_option(name, entry.many, help)
                                           : entry.app->add_option(name, entry.single[i], help);
      option->required(parameter.required)->type_name("");
    }
    for (const Flag& flag : command.flags) {
      const std::string name = "--" + std::string(flag.name), help(flag.help);
      if (flag.value.empty()) entry.app->add_flag(name, help);
      else entry.app->add_option(name, entry.values.emplace_back(), help)
               ->type_name(std::string(flag.value));
    }
    if (command.hidden) entry.app->group("");
    if (!command.changes) return;
    entry.app->add_flag("--dry-run", entry.dry_run, "Only tell what would be changed.");
    entry.app->add_option("--reason", entry.reason, "Why; goes to the audit log.")
        ->type_name("TEXT");
  }

  std::variant<Invocation, int> invocation() {
    const Result<Duration> timeout = parse_duration(timeout_);
    if (!timeout || *timeout <= Duration::zero()) {
      std::cerr << "hanse: --timeout is a duration such as 30s\n";
      return static_cast<int>(Exit::usage);
    }
    invocation_.timeout = *timeout;
    for (Entry& entry : entries_) {
      if (entry.app->parsed()) fill(entry);
    }
    return std::move(invocation_);
  }

  void fill(Entry& entry) {
    invocation_.command = entry.command;
    Request& request = invocation_.request;
    request.command = entry.command->words;
    for (std::string& word : entry.single) {
      if (!word.empty()) request.arguments.push_back(std::move(word));
    }
    for (std::string& word : entry.many) request.arguments.push_back(std::move(word));
    request.dry_run = entry.dry_run;
    for (const Flag& flag : entry.command->flags) {
      const CLI::Option* option = entry.app->get_option("--" + std::string(flag.name));
      if (option->count() == 0) continue;
      request.options[std::string(flag.name)] =
          flag.value.empty() ? "" : option->as<std::string>();
    }
    if (!entry.reason.empty()) request.options["reason"] = entry.reason;
  }

  CLI::App app_;
  Invocation invocation_;
  std::string timeout_ = "30s";
  std::deque<Entry> entries_;
};

}  // namespace

std::variant<Invocation, int> parse_command_line(int argc, const char* const* argv) {
  return CommandLine().parse(argc, argv);
}

std::variant<RunDaemon, int> console_main(int argc, const char* const* argv,
                                          const config::Schema& schema) {
  std::variant<Invocation, int> parsed = parse_command_line(argc, argv);
  if (const int* exit = std::get_if<int>(&parsed)) return *exit;
  const Invocation& invocation = std::get<Invocation>(parsed);
  if (invocation.request.command != "run") return carry_out(invocation, schema);
  return RunDaemon{invocation.config_file.empty() ? std::string(default_config_file)
                                                  : invocation.config_file};
}

}  // namespace hanse::console
