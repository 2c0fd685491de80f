// SPDX-License-Identifier: Apache-2.0
#include "server/config/config.h"

#include "server/base/text.h"
#include "server/config/values.h"

namespace hanse::config {
namespace {

std::string header(const OptionTable& table) {
  const std::string name(table.name);
  if (table.shape == TableShape::keyed) return "[" + name + ".\"NAME\"]";
  if (table.shape == TableShape::array) return "[[" + name + "]]";
  return "[" + name + "]";
}

std::string explain_table(const OptionTable& table) {
  std::string out = header(table) + "\n" + std::string(table.help) + "\n";
  for (const Option& option : table.options) {
    out += "  " + std::string(table.name) + "." + std::string(option.key) + "  (" +
           type_text(option) + ")\n";
  }
  return out;
}

std::string explain_option(const OptionTable& table, const Option& option) {
  const std::string range = range_text(option);
  std::string out = header(table) + " " + std::string(option.key) + "\n" +
                    std::string(option.help) + "\n";
  out += "  type     " + type_text(option) + "\n";
  if (!range.empty()) out += "  range    " + range + "\n";
  const std::string fallback(option.fallback.empty() ? "none" : option.fallback);
  out += option.required ? "  default  none: must be set\n" : "  default  " + fallback + "\n";
  out += "  applies  " +
         std::string(option.applies == Applies::reload ? "on reload" : "after a restart") + "\n";
  return out + "  since    " + std::string(option.since) + "\n";
}

}  // namespace

void Schema::add(std::span<const OptionTable> tables) {
  tables_.insert(tables_.end(), tables.begin(), tables.end());
}

void Schema::extend(std::string_view name, std::span<const Option> options) {
  if (options.empty()) return;
  for (OptionTable& table : tables_) {
    if (table.name != name) continue;
    auto all = std::make_shared<std::vector<Option>>(table.options.begin(), table.options.end());
    all->insert(all->end(), options.begin(), options.end());
    table.options = *all;
    extended_.push_back(std::move(all));
  }
}

const OptionTable* Schema::find(std::string_view name) const {
  for (const OptionTable& table : tables_) {
    if (table.name == name) return &table;
  }
  return nullptr;
}

Result<std::string> explain(const Schema& schema, std::string_view key) {
  std::vector<std::string> known;
  for (const OptionTable& table : schema.tables()) {
    if (table.name == key) return explain_table(table);
    known.emplace_back(table.name);
    for (const Option& option : table.options) {
      known.push_back(std::string(table.name) + "." + std::string(option.key));
      if (known.back() == key) return explain_option(table, option);
    }
  }
  const std::string near = nearest_word(key, known);
  return Error{Fault::never, "no setting \"" + escape_text(key) + "\"" +
                                 (near.empty() ? "" : "; did you mean \"" + near + "\"?")};
}

}  // namespace hanse::config
