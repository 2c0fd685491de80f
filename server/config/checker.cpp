// SPDX-License-Identifier: Apache-2.0
#include "server/config/checker.h"

#include "server/base/limits.h"
#include "server/base/text.h"
#include "server/config/values.h"

namespace hanse::config {
namespace {

std::string place_text(const Place& place) {
  if (place.line == 0) return place.file;
  return place.file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
}

std::string quoted(std::string_view word) { return "\"" + escape_text(word, 64) + "\""; }

const Option* find_option(const OptionTable& table, std::string_view key) {
  for (const Option& option : table.options) {
    if (option.key == key) return &option;
  }
  return nullptr;
}

}  // namespace

std::string problem_text(const Problem& problem) {
  if (problem.place.file.empty()) return problem.what;
  return place_text(problem.place) + ": " + problem.what;
}

void Checker::take(const Tree& tree) {
  if (first_file_.empty()) first_file_ = tree.root.place.file;
  unreadable_ = unreadable_ || !tree.problems.empty();
  for (const Problem& found : tree.problems) problem(found.place, found.what);
  walk(tree.root, "");
}

void Checker::walk(const Value& table, const std::string& prefix) {
  for (const Member& member : table.members) take_member(member, prefix);
}

void Checker::take_member(const Member& member, const std::string& prefix) {
  const std::string name = prefix.empty() ? member.key : prefix + "." + member.key;
  if (const OptionTable* table = schema_.find(name)) {
    take_table(*table, member);
  } else if (leads_to_tables(name)) {
    if (expect(Value::Kind::table, "a table", member.value)) walk(member.value, name);
  } else if (const OptionTable* parent = schema_.find(prefix)) {
    take_option(*parent, member, configuration_->singles[prefix]);
  } else {
    unknown(member, prefix);
  }
}

void Checker::take_table(const OptionTable& table, const Member& member) {
  if (table.shape == TableShape::keyed) return take_keyed(table, member.value);
  if (table.shape == TableShape::array) return take_array(table, member.value);
  if (!expect(Value::Kind::table, "a table", member.value)) return;
  headers_[&configuration_->singles[std::string(table.name)]] = member.value.place;
  walk(member.value, std::string(table.name));
}

void Checker::take_keyed(const OptionTable& table, const Value& value) {
  if (!expect(Value::Kind::table, "a table", value)) return;
  for (const Member& member : value.members) {
    if (!expect(Value::Kind::table, "a table", member.value)) continue;
    const std::string name = std::string(table.name) + "." + member.key;
    const auto [seen, fresh] = seen_tables_.emplace(name, member.value.place);
    if (!fresh) {
      problem(member.value.place, "[" + std::string(table.name) + "." + quoted(member.key) +
                                      "] is already at " + place_text(seen->second));
      continue;
    }
    Settings settings;
    settings.name = member.key;
    take_settings(table, member.value, settings);
  }
}

void Checker::take_array(const OptionTable& table, const Value& value) {
  if (!expect(Value::Kind::array, "[[" + std::string(table.name) + "]]", value)) return;
  for (const Value& item : value.items) {
    if (!expect(Value::Kind::table, "a table", item)) continue;
    Settings settings;
    settings.name = std::to_string(configuration_->lists[std::string(table.name)].size());
    take_settings(table, item, settings);
  }
}

// One entry of a keyed or an array table: complete as soon as it is read.
void Checker::take_settings(const OptionTable& table, const Value& value, Settings& into) {
  for (const Member& member : value.members) take_option(table, member, into);
  headers_[&into] = value.place;
  fill(table, into);
  headers_.erase(&into);
  configuration_->lists[std::string(table.name)].push_back(std::move(into));
}

void Checker::take_option(const OptionTable& table, const Member& member, Settings& into) {
  const Option* option = find_option(table, member.key);
  if (option == nullptr) return unknown(member, std::string(table.name));
  if (const auto set = into.entries.find(option->key); set != into.entries.end()) {
    return problem(member.place, quoted(member.key) + " is already set at " +
                                     place_text(set->second.place));
  }
  Result<OptionValue> value = read_value(*option, member.value, secrets_);
  if (!value) problem(member.value.place, member.key + ": " + value.error().what);
  // A refused value still counts as set, so that it is not reported as missing as well.
  into.entries.erase(member.key);
  into.entries.try_emplace(member.key, Settings::Entry{
      std::move(value).value_or(OptionValue{}), member.place,
      written_entry(*option, member.value), value && option->type == OptionType::secret});
}

void Checker::fill(const OptionTable& table, Settings& settings) {
  for (const Option& option : table.options) {
    if (settings.has(option.key)) continue;
    if (option.required) {
      if (unreadable_) continue;   // it may well be in the part that could not be read
      const auto header = headers_.find(&settings);
      problem(header == headers_.end() ? Place{first_file_, 0, 0} : header->second,
              "missing " + quoted(option.key) + " in [" + std::string(table.name) + "]: " +
                  std::string(option.help));
    } else if (std::optional<Settings::Entry> entry = default_entry(option)) {
      settings.entries.emplace(option.key, *std::move(entry));
    }
  }
}

void Checker::unknown(const Member& member, const std::string& prefix) {
  std::vector<std::string> known;
  const std::string start = prefix.empty() ? "" : prefix + ".";
  for (const OptionTable& table : schema_.tables()) {
    if (table.name == prefix) {
      for (const Option& option : table.options) known.emplace_back(option.key);
    }
    if (!table.name.starts_with(start)) continue;
    const std::string_view rest = table.name.substr(start.size());
    known.emplace_back(rest.substr(0, rest.find('.')));
  }
  const std::string near = nearest_word(member.key, known);
  problem(member.place, "unknown key " + quoted(member.key) +
                            (prefix.empty() ? "" : " in [" + prefix + "]") +
                            (near.empty() ? "" : "; did you mean " + quoted(near) + "?"));
}

bool Checker::leads_to_tables(const std::string& name) const {
  for (const OptionTable& table : schema_.tables()) {
    if (table.name.starts_with(name + ".")) return true;
  }
  return false;
}

bool Checker::expect(Value::Kind kind, std::string_view what, const Value& value) {
  if (value.kind == kind) return true;
  problem(value.place, "expected " + std::string(what) + ", got " +
                           std::string(kind_name(value.kind)));
  return false;
}

void Checker::problem(const Place& place, std::string what) {
  if (problems_.size() < limits::config_problems_max) problems_.push_back({place, std::move(what)});
}

Loaded Checker::finish() {
  for (const OptionTable& table : schema_.tables()) {
    const std::string name(table.name);
    if (table.shape != TableShape::single) configuration_->lists[name];
    else fill(table, configuration_->singles[name]);
  }
  Loaded loaded;
  if (problems_.empty()) loaded.configuration = std::move(configuration_);
  loaded.problems = std::move(problems_);
  return loaded;
}

}  // namespace hanse::config
