// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "server/base/secret.h"
#include "server/base/time.h"

namespace hanse {

enum class OptionType : std::uint8_t {
  text,       // "a.example"
  boolean,    // true
  integer,    // 25
  duration,   // "30s", "5m", "4h", "5d"
  bytes,      // "64KiB", "25MiB"
  choice,     // one of Option::choices, separated by '|'
  secret,     // "file:PATH", "env:NAME" or "cred:NAME"; never printed
  text_list,  // ["a.example", "b.example"]
  duration_list,
};

enum class Applies : std::uint8_t { reload, restart };

// One setting. Every room declares its own table; parser, `config check|default|explain|show`,
// the reference page and the sample in conf/ all come from these tables and nothing else.
// `key` is the path inside the table, e.g. "size_max" in table "smtp".
struct Option {
  std::string_view key;
  OptionType type = OptionType::text;
  std::string_view fallback = {};  // TOML text of the default; empty: no default (absent)
  std::string_view help;      // one or two sentences, says the unit and what 0 means
  Applies applies = Applies::reload;
  std::string_view choices = {};   // for OptionType::choice
  std::int64_t least = INT64_MIN, most = INT64_MAX;  // range (integer; seconds; bytes)
  bool required = false;
  std::string_view since = "0.1";
};

enum class TableShape : std::uint8_t {
  single,  // [smtp]
  keyed,   // [peer."b.example"]
  array,   // [[route]]
};

struct OptionTable {
  std::string_view name;  // "smtp", "listen.smtp", "peer", "route"
  TableShape shape = TableShape::single;
  std::string_view help;
  std::span<const Option> options;
};

// Where a value stands in the configuration files, for error messages.
struct Place {
  std::string file;
  std::uint32_t line = 0, column = 0;
};

using OptionValue = std::variant<bool, std::int64_t, std::string, std::vector<std::string>,
                                 Duration, std::vector<Duration>>;

// The checked values of one table: every option with a default is present, every value has the
// declared type and range. Immutable after loading; shared between threads.
class Settings {
 public:
  struct Entry {
    OptionValue value;
    Place place;            // empty file: the built-in default
    std::string written;    // TOML text as shown by `config show` (secrets: "***")
    bool secret = false;    // then nothing of it stays behind in memory
    ~Entry() {
      if (secret) wipe(std::get<std::string>(value));
    }
  };

  bool has(std::string_view key) const { return entries.find(key) != entries.end(); }
  const std::string& text(std::string_view key) const;      // text, choice, resolved secret
  std::string text_or(std::string_view key, std::string_view fallback) const;
  bool boolean(std::string_view key) const;
  std::int64_t integer(std::string_view key) const;          // integer, bytes
  Duration duration(std::string_view key) const;
  const std::vector<std::string>& list(std::string_view key) const;
  const std::vector<Duration>& durations(std::string_view key) const;

  std::string name;  // the key of a keyed table ("b.example"), the index of an array table
  std::map<std::string, Entry, std::less<>> entries;
};

// The whole checked configuration. single tables are always present (with their defaults).
class Configuration {
 public:
  const Settings& table(std::string_view name) const;                    // single
  const std::vector<Settings>& tables(std::string_view name) const;      // keyed, array; file order
  bool has(std::string_view table) const { return singles.find(table) != singles.end(); }

  std::map<std::string, Settings, std::less<>> singles;
  std::map<std::string, std::vector<Settings>, std::less<>> lists;
};

}  // namespace hanse
