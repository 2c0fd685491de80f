// SPDX-License-Identifier: Apache-2.0
#include "server/console/help.h"

#include <map>

#include "server/base/text.h"
#include "server/console/commands.h"

namespace hanse::console {
namespace {

constexpr std::string_view global_flags =
    "--config --socket --timeout --json --no-color --yes --help";

// Which words may follow which: "" -> "status queue ...", "queue" -> "list why ...".
std::map<std::string, std::vector<std::string>> word_tree() {
  std::map<std::string, std::vector<std::string>> tree;
  for (const Command& command : commands()) {
    if (command.hidden) continue;
    std::string path;
    for (const std::string_view word : split(command.words, ' ')) {
      std::vector<std::string>& next = tree[path];
      if (next.empty() || next.back() != word) next.emplace_back(word);
      path += (path.empty() ? "" : " ") + std::string(word);
    }
  }
  return tree;
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

std::string flags_of(const Command& command) {
  std::string out;
  for (const Flag& flag : command.flags) out += "--" + std::string(flag.name) + " ";
  return out + (command.changes ? "--dry-run --reason" : "");
}

// Names the running node knows: the first column of a list.
std::string names_of(const Command& command) {
  for (const Parameter& parameter : command.parameters) {
    if (parameter.names_from.empty()) continue;
    return "hanse --timeout 2s " + std::string(parameter.names_from) +
           (parameter.names_from == "queue list" ? " --limit 100" : "") +
           " 2>/dev/null | awk 'NR > 1 { print $1 }'";
  }
  return "";
}

std::string bash() {
  std::string out =
      "_hanse() {\n"
      "  local current=${COMP_WORDS[COMP_CWORD]} path= word words= i\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    word=${COMP_WORDS[i]}\n"
      "    case $word in\n"
      "      --config|--socket|--timeout) ((i++)) ;;\n"
      "      -*) ;;\n"
      "      *) path=\"${path:+$path }$word\" ;;\n"
      "    esac\n"
      "  done\n"
      "  case $path in\n";
  for (const auto& [path, words] : word_tree()) {
    out += "    '" + path + "') words='" + joined(words) + "' ;;\n";
  }
  for (const Command& command : commands()) {
    const std::string flags = flags_of(command), names = names_of(command);
    if (command.hidden || (flags.empty() && names.empty())) continue;
    const std::string path(command.words);
    out += "    '" + path + "'|'" + path + " '*) words=\"" + flags +
           (names.empty() ? "" : " $(" + names + ")") + "\" ;;\n";
  }
  return out + "  esac\n  COMPREPLY=($(compgen -W \"$words " + std::string(global_flags) +
         "\" -- \"$current\"))\n}\ncomplete -F _hanse hanse\n";
}

std::string fish() {
  std::string out = "complete -c hanse -f\n";
  for (const auto& [path, words] : word_tree()) {
    const std::string when =
        path.empty() ? "__fish_use_subcommand"
                     : "__fish_seen_subcommand_from " + path +
                           "; and not __fish_seen_subcommand_from " + joined(words);
    out += "complete -c hanse -n '" + when + "' -a '" + joined(words) + "'\n";
  }
  for (const Command& command : commands()) {
    const std::string names = names_of(command);
    if (command.hidden || names.empty()) continue;
    std::string when;
    for (const std::string_view word : split(command.words, ' ')) {
      when += (when.empty() ? "" : "; and ") + std::string("__fish_seen_subcommand_from ") +
              std::string(word);
    }
    out += "complete -c hanse -n '" + when + "' -a \"(" + names + ")\"\n";
  }
  return out;
}

}  // namespace

std::string completion(std::string_view shell) {
  if (shell == "bash") return bash();
  if (shell == "zsh") return "autoload -U +X bashcompinit && bashcompinit\n" + bash();
  if (shell == "fish") return fish();
  return "";
}

}  // namespace hanse::console
