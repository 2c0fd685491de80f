// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/config/config.h"

// A TOML text as a plain tree in which every key and value knows its place. The TOML library ends
// at read_toml(); the checker and everything after it see only this.
namespace hanse::config {

struct Member;

struct Value {
  enum class Kind : std::uint8_t { text, integer, number, boolean, time, array, table };
  Kind kind = Kind::table;
  std::string text;
  std::int64_t integer = 0;
  double number = 0;
  bool boolean = false;
  std::vector<Value> items;      // array
  std::vector<Member> members;   // table, in file order
  Place place;
};

struct Member {
  std::string key;
  Place place;
  Value value;
};

struct Tree {
  Value root;
  std::vector<Problem> problems;   // not empty: the text is not TOML, root is empty
};

Tree read_toml(std::string_view text, std::string_view file);

// What the library must not be given: keys or brackets that nest deeper than any configuration
// needs, since it builds and destroys nested tables by recursion; a table header without a name,
// on which it aborts; letters beyond ASCII outside of quotes, which it does not sort out soundly.
std::optional<Problem> refused_unread(std::string_view text, std::string_view file);

std::string_view kind_name(Value::Kind kind);   // "integer", "a list", for messages
std::string written(const Value& value);        // as TOML, on one line

}  // namespace hanse::config
