// SPDX-License-Identifier: Apache-2.0
#include "server/config/tree.h"

#include <algorithm>

// Its assertions say what its own parts expect of each other, and some bad files break them (a date
// with a word for its time): such a file is an error with a place, not the end of the node.
#define TOML_ASSERT(expression) static_assert(true)
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include "server/base/limits.h"
#include "server/base/text.h"

namespace hanse::config {
namespace {

Value convert(const toml::node& node, std::string_view file);

Place place_of(const toml::source_region& region, std::string_view file) {
  return {std::string(file), region.begin.line, region.begin.column};
}

std::vector<Member> convert_members(const toml::table& table, std::string_view file) {
  std::vector<Member> members;
  for (const auto& [key, node] : table) {
    members.push_back({std::string(key.str()), place_of(key.source(), file), convert(node, file)});
  }
  // The library keeps tables by name; routes and peers are read in the order they are written.
  std::stable_sort(members.begin(), members.end(), [](const Member& a, const Member& b) {
    return std::pair(a.place.line, a.place.column) < std::pair(b.place.line, b.place.column);
  });
  return members;
}

Value convert(const toml::node& node, std::string_view file) {
  Value value;
  value.place = place_of(node.source(), file);
  if (const toml::table* table = node.as_table()) {
    value.kind = Value::Kind::table;
    value.members = convert_members(*table, file);
  } else if (const toml::array* array = node.as_array()) {
    value.kind = Value::Kind::array;
    for (const toml::node& item : *array) value.items.push_back(convert(item, file));
  } else if (const auto* text = node.as_string()) {
    value.kind = Value::Kind::text;
    value.text = text->get();
  } else if (const auto* integer = node.as_integer()) {
    value.kind = Value::Kind::integer;
    value.integer = integer->get();
  } else if (const auto* number = node.as_floating_point()) {
    value.kind = Value::Kind::number;
    value.number = number->get();
  } else if (const auto* boolean = node.as_boolean()) {
    value.kind = Value::Kind::boolean;
    value.boolean = boolean->get();
  } else {
    value.kind = Value::Kind::time;
  }
  return value;
}

Tree failed(Place place, std::string what) {
  Tree tree;
  tree.root.place.file = place.file;
  tree.problems.push_back({std::move(place), std::move(what)});
  return tree;
}

}  // namespace

Tree read_toml(std::string_view text, std::string_view file) {
  if (text.size() > limits::config_file_bytes_max) {
    return failed({std::string(file), 0, 0},
                  "file is larger than " + format_bytes(limits::config_file_bytes_max));
  }
  if (std::optional<Problem> problem = refused_unread(text, file)) {
    return failed(std::move(problem->place), std::move(problem->what));
  }
  const toml::parse_result parsed = toml::parse(text, file);
  if (!parsed) {
    return failed(place_of(parsed.error().source(), file),
                  "not valid TOML: " + escape_text(parsed.error().description(), 300));
  }
  Tree tree;
  tree.root = convert(parsed.table(), file);
  return tree;
}

}  // namespace hanse::config
