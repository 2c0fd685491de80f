// SPDX-License-Identifier: Apache-2.0
#include "server/config/config.h"

#include "server/base/text.h"
#include "server/config/load.h"
#include "server/config/values.h"

namespace hanse::config {
namespace {

constexpr std::size_t comment_columns = 92;

// The words of `text` in comment lines that each begin with `start`.
std::string comment(std::string_view start, std::string_view text) {
  std::string out, line(start);
  for (const std::string_view word : split(text, ' ')) {
    if (line.size() + 1 + word.size() > comment_columns) {
      out += line + "\n";
      line = start;
    }
    line += " " + std::string(word);
  }
  return out + line + "\n";
}

std::string table_header(const OptionTable& table, std::string_view name) {
  const std::string path(table.name);
  if (table.shape == TableShape::keyed) return "[" + path + ".\"" + std::string(name) + "\"]";
  if (table.shape == TableShape::array) return "[[" + path + "]]";
  return "[" + path + "]";
}

std::string facts(const Option& option) {
  std::string out = type_text(option);
  if (const std::string range = range_text(option); !range.empty()) out += ", " + range;
  if (option.required) out += ", must be set";
  if (option.applies == Applies::restart) out += ", after a restart";
  return out;
}

// A value to show for an option that has no default.
std::string example(const Option& option) {
  if (!option.fallback.empty()) return std::string(option.fallback);
  switch (option.type) {
    case OptionType::secret: return "\"file:PATH\"";
    case OptionType::boolean: return "false";
    case OptionType::integer: return "0";
    case OptionType::duration: return "\"1m\"";
    case OptionType::bytes: return "\"1MiB\"";
    case OptionType::text_list:
    case OptionType::duration_list: return "[]";
    case OptionType::choice:
      return "\"" + std::string(split(option.choices, '|').front()) + "\"";
    case OptionType::text: break;
  }
  return "\"...\"";
}

std::string sample_table(const OptionTable& table) {
  const bool single = table.shape == TableShape::single;
  std::string out = "\n" + comment("#", table.help);
  out += (single ? "" : "#") + table_header(table, "b.example") + "\n";
  for (const Option& option : table.options) {
    out += "\n" + comment("#", std::string(option.help) + " (" + facts(option) + ")");
    out += (single && option.required ? "" : "#") + std::string(option.key) + " = " +
           example(option) + "\n";
  }
  return out;
}

std::string reference_row(const Option& option) {
  const auto code = [](std::string_view text) {
    return text.empty() ? std::string() : "`" + std::string(text) + "`";
  };
  const std::string range = range_text(option);
  std::string row = "| " + code(option.key) + " | " + type_text(option) +
                    (range.empty() ? "" : ", " + range) + " | ";
  row += option.required ? "must be set" : code(option.fallback);
  row += option.applies == Applies::reload ? " | reload | " : " | restart | ";
  return row + std::string(option.since) + " | " + std::string(option.help) + " |\n";
}

std::string shown_table(const OptionTable& table, const Settings& settings, bool effective) {
  std::string out;
  for (const Option& option : table.options) {
    const auto entry = settings.entries.find(option.key);
    if (entry == settings.entries.end()) continue;
    if (!effective && entry->second.place.file.empty()) continue;
    out += std::string(option.key) + " = " + entry->second.written + "\n";
  }
  if (out.empty() && table.shape == TableShape::single) return out;
  return table_header(table, settings.name) + "\n" + out + "\n";
}

}  // namespace

std::string sample(const Schema& schema) {
  std::string out =
      "# SPDX-License-Identifier: Apache-2.0\n"
      "# hanse.toml: every setting with its meaning. A setting that begins with # shows what the\n"
      "# node does anyway, or an example. More files may lie in conf.d/ beside this one.\n"
      "# Check it with `hanse config check FILE`.\n";
  for (const OptionTable& table : schema.tables()) out += sample_table(table);
  return out;
}

std::string reference_page(const Schema& schema) {
  std::string out =
      "# Configuration\n\n"
      "One TOML file and the `*.toml` files of the folder `conf.d` beside it, in the order of\n"
      "their names. An unknown key, a wrong type or a value out of range is an error with file,\n"
      "line and column. Durations (`\"30s\"`, `\"5m\"`, `\"4h\"`, `\"5d\"`) and sizes\n"
      "(`\"64KiB\"`, `\"25MiB\"`) carry their unit. Secrets are given as `\"file:PATH\"`,\n"
      "`\"env:NAME\"` or `\"cred:NAME\"` and are never shown. This page is made from the option\n"
      "tables by `make docs`.\n";
  for (const OptionTable& table : schema.tables()) {
    out += "\n## `" + table_header(table, "NAME") + "`\n\n" + std::string(table.help) + "\n\n";
    out += "| key | type | default | applies on | since | meaning |\n|---|---|---|---|---|---|\n";
    for (const Option& option : table.options) out += reference_row(option);
  }
  return out;
}

std::map<std::string, std::string> flat(const Configuration& configuration) {
  std::map<std::string, std::string> all;
  const auto add = [&all](const std::string& start, const Settings& settings) {
    for (const auto& [key, entry] : settings.entries) all[start + "." + key] = entry.written;
  };
  for (const auto& [name, settings] : configuration.singles) add(name, settings);
  for (const auto& [name, list] : configuration.lists) {
    for (const Settings& settings : list) add(name + "." + settings.name, settings);
  }
  return all;
}

std::string show(const Configuration& configuration, const Schema& schema, bool effective) {
  std::string out;
  for (const OptionTable& table : schema.tables()) {
    if (table.shape == TableShape::single) {
      out += shown_table(table, configuration.table(table.name), effective);
    } else {
      for (const Settings& settings : configuration.tables(table.name)) {
        out += shown_table(table, settings, effective);
      }
    }
  }
  return out;
}

}  // namespace hanse::config
