// SPDX-License-Identifier: Apache-2.0
#include "server/base/options.h"

#include <stdexcept>

namespace hanse {
namespace {

// Loading has checked every key and type, so a miss here is a slip in our own code.
[[noreturn]] void bug(std::string_view what, std::string_view name, std::string_view why) {
  throw std::logic_error(std::string(what) + " \"" + std::string(name) + "\" " + std::string(why));
}

template <class T>
const T& value_of(const Settings& settings, std::string_view key) {
  const auto entry = settings.entries.find(key);
  if (entry == settings.entries.end()) bug("setting", key, "has no value and no default");
  const T* value = std::get_if<T>(&entry->second.value);
  if (value == nullptr) bug("setting", key, "is read as another type than it is declared");
  return *value;
}

}  // namespace

const std::string& Settings::text(std::string_view key) const {
  return value_of<std::string>(*this, key);
}

std::string Settings::text_or(std::string_view key, std::string_view fallback) const {
  return has(key) ? text(key) : std::string(fallback);
}

bool Settings::boolean(std::string_view key) const { return value_of<bool>(*this, key); }

std::int64_t Settings::integer(std::string_view key) const {
  return value_of<std::int64_t>(*this, key);
}

Duration Settings::duration(std::string_view key) const { return value_of<Duration>(*this, key); }

const std::vector<std::string>& Settings::list(std::string_view key) const {
  return value_of<std::vector<std::string>>(*this, key);
}

const std::vector<Duration>& Settings::durations(std::string_view key) const {
  return value_of<std::vector<Duration>>(*this, key);
}

const Settings& Configuration::table(std::string_view name) const {
  const auto found = singles.find(name);
  if (found == singles.end()) bug("table", name, "is not in the configuration");
  return found->second;
}

const std::vector<Settings>& Configuration::tables(std::string_view name) const {
  const auto found = lists.find(name);
  if (found == lists.end()) bug("table", name, "is not in the configuration");
  return found->second;
}

}  // namespace hanse
