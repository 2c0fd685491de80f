// SPDX-License-Identifier: Apache-2.0
#include "server/config/tree.h"

#include <cstdio>

namespace hanse::config {
namespace {

// TOML's basic string; what is not printable ASCII is written as an escape or kept as UTF-8.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04X", static_cast<unsigned>(byte));
      out += escape;
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string written_list(const std::vector<Value>& items) {
  std::string out = "[";
  for (const Value& item : items) out += (out.size() > 1 ? ", " : "") + written(item);
  return out + "]";
}

}  // namespace

std::string_view kind_name(Value::Kind kind) {
  switch (kind) {
    case Value::Kind::text: return "text";
    case Value::Kind::integer: return "integer";
    case Value::Kind::number: return "number";
    case Value::Kind::boolean: return "boolean";
    case Value::Kind::time: return "a date or time";
    case Value::Kind::array: return "a list";
    case Value::Kind::table: return "a table";
  }
  return "a value";
}

std::string written(const Value& value) {
  switch (value.kind) {
    case Value::Kind::text: return quoted(value.text);
    case Value::Kind::integer: return std::to_string(value.integer);
    case Value::Kind::number: return std::to_string(value.number);
    case Value::Kind::boolean: return value.boolean ? "true" : "false";
    case Value::Kind::array: return written_list(value.items);
    case Value::Kind::time:
    case Value::Kind::table: break;
  }
  return std::string(kind_name(value.kind));
}

}  // namespace hanse::config
