// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/options.h"
#include "server/base/quantity.h"
#include "server/base/text.h"

// An option table as a configuration that says nothing.

namespace hanse::test {

// "\"5m\"" and "5m" are the same to a test.
inline std::string_view unquoted(std::string_view text) {
  text = trim(text);
  return text.starts_with('"') ? text.substr(1, text.size() - 2) : text;
}

inline std::vector<std::string_view> items(std::string_view list) {
  const std::string_view inside = trim(list.substr(1, list.size() - 2));
  return inside.empty() ? std::vector<std::string_view>{} : split(inside, ',');
}

inline OptionValue value_of(OptionType type, std::string_view toml) {
  switch (type) {
    case OptionType::boolean: return toml == "true";
    case OptionType::integer: return *parse_integer(toml);
    case OptionType::bytes: return *parse_bytes(unquoted(toml));
    case OptionType::duration: return *parse_duration(unquoted(toml));
    case OptionType::text:
    case OptionType::choice:
    case OptionType::secret: return std::string(unquoted(toml));
    case OptionType::text_list: {
      std::vector<std::string> out;
      for (const std::string_view item : items(toml)) out.emplace_back(unquoted(item));
      return out;
    }
    case OptionType::duration_list: break;
  }
  std::vector<Duration> out;
  for (const std::string_view item : items(toml)) out.push_back(*parse_duration(unquoted(item)));
  return out;
}

// What the tables say when the file says nothing.
inline Configuration defaults_of(std::span<const OptionTable> tables) {
  Configuration out;
  for (const OptionTable& table : tables) {
    if (table.shape != TableShape::single) {
      out.lists[std::string(table.name)];   // none of them
      continue;
    }
    Settings& settings = out.singles[std::string(table.name)];
    settings.name = table.name;
    for (const Option& option : table.options) {
      if (option.fallback.empty()) continue;
      settings.entries[std::string(option.key)] = {value_of(option.type, option.fallback), {}, ""};
    }
  }
  return out;
}

}  // namespace hanse::test
