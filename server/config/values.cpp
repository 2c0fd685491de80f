// SPDX-License-Identifier: Apache-2.0
#include "server/config/values.h"

#include <stdexcept>

#include "server/base/limits.h"
#include "server/base/text.h"

namespace hanse::config {
namespace {

using Kind = Value::Kind;

std::string shown(const Value& value) {
  if (value.kind == Kind::table || value.kind == Kind::array || value.kind == Kind::time) {
    return std::string(kind_name(value.kind));
  }
  return std::string(kind_name(value.kind)) + " " + escape_text(written(value), 64);
}

std::string_view expected(OptionType type) {
  switch (type) {
    case OptionType::text: return "text in quotes";
    case OptionType::boolean: return "true or false";
    case OptionType::integer: return "an integer";
    case OptionType::duration: return "a duration such as \"30s\"";
    case OptionType::bytes: return "a size such as \"64KiB\"";
    case OptionType::choice: return "text in quotes";
    case OptionType::secret: return "\"file:PATH\", \"env:NAME\" or \"cred:NAME\"";
    case OptionType::text_list: return "a list of texts such as [\"a\", \"b\"]";
    case OptionType::duration_list: return "a list of durations such as [\"5m\", \"1h\"]";
  }
  return "a value";
}

Error never(std::string what) { return {Fault::never, std::move(what)}; }

Error wrong_type(const Option& option, const Value& value) {
  const bool hide = option.type == OptionType::secret;
  return never("expected " + std::string(expected(option.type)) + ", got " +
               (hide ? std::string(kind_name(value.kind)) : shown(value)));
}

Error out_of_range(const Option& option, const Value& value) {
  return never("expected " + range_text(option) + ", got " + escape_text(written(value), 64));
}

bool in_range(const Option& option, std::int64_t number) {
  return number >= option.least && number <= option.most;
}

// Ranges of durations are in seconds; the value may be finer than that.
bool in_range(const Option& option, Duration duration) {
  if (duration < Duration::zero()) return false;
  const std::int64_t seconds =
      std::chrono::duration_cast<std::chrono::seconds>(duration).count();
  const bool rest = duration % std::chrono::seconds(1) != Duration::zero();
  return seconds >= option.least && (seconds < option.most || (seconds == option.most && !rest));
}

Result<OptionValue> read_text(const Option& option, const Value& value) {
  if (value.kind != Kind::text) return wrong_type(option, value);
  if (value.text.size() > limits::config_text_bytes_max) return never("text is too long");
  for (const unsigned char c : value.text) {
    if (c < 0x20 || c == 0x7f) return never("control characters are not allowed");
  }
  return OptionValue(value.text);
}

Result<OptionValue> read_integer(const Option& option, const Value& value) {
  if (value.kind != Kind::integer) return wrong_type(option, value);
  if (!in_range(option, value.integer)) return out_of_range(option, value);
  return OptionValue(value.integer);
}

Result<Duration> read_duration(const Option& option, const Value& value) {
  if (value.kind != Kind::text) return wrong_type(option, value);
  const Result<Duration> duration = parse_duration(value.text);
  if (!duration) return wrong_type(option, value);
  if (!in_range(option, *duration)) return out_of_range(option, value);
  return *duration;
}

Result<OptionValue> read_bytes(const Option& option, const Value& value) {
  if (value.kind == Kind::integer) return read_integer(option, value);
  if (value.kind != Kind::text) return wrong_type(option, value);
  const Result<std::int64_t> bytes = parse_bytes(value.text);
  if (!bytes) return wrong_type(option, value);
  if (!in_range(option, *bytes)) return out_of_range(option, value);
  return OptionValue(*bytes);
}

std::vector<std::string> choices_of(const Option& option) {
  std::vector<std::string> choices;
  for (const std::string_view choice : split(option.choices, '|')) choices.emplace_back(choice);
  return choices;
}

Result<OptionValue> read_choice(const Option& option, const Value& value) {
  if (value.kind != Kind::text) return wrong_type(option, value);
  const std::vector<std::string> choices = choices_of(option);
  for (const std::string& choice : choices) {
    if (choice == value.text) return OptionValue(choice);
  }
  const std::string near = nearest_word(value.text, choices);
  return never("expected " + type_text(option) + ", got " + escape_text(written(value), 64) +
               (near.empty() ? "" : "; did you mean \"" + near + "\"?"));
}

Result<OptionValue> read_secret(const Option& option, const Value& value,
                                const SecretReader& secrets) {
  if (value.kind != Kind::text) return wrong_type(option, value);
  const bool is_reference = value.text.starts_with("file:") || value.text.starts_with("env:") ||
                            value.text.starts_with("cred:");
  if (!is_reference) return never("expected " + std::string(expected(option.type)));
  return secrets(value.text).transform([](std::string text) { return OptionValue(text); });
}

Result<OptionValue> read_list(const Option& option, const Value& value) {
  // One text stands for a list of one.
  if (value.kind == Kind::text && option.type == OptionType::text_list)
    return read_text(option, value).transform([&value](const OptionValue&) {
      return OptionValue(std::vector<std::string>{value.text});
    });
  if (value.kind != Kind::array) return wrong_type(option, value);
  if (value.items.size() > limits::config_list_items_max) return never("list is too long");
  std::vector<std::string> texts;
  std::vector<Duration> durations;
  for (const Value& item : value.items) {
    if (option.type == OptionType::duration_list) {
      Result<Duration> duration = read_duration(option, item);
      if (!duration) return duration.error();
      durations.push_back(*duration);
    } else {
      Result<OptionValue> text = read_text(option, item);
      if (!text) return text.error();
      texts.push_back(item.text);
    }
  }
  if (option.type == OptionType::duration_list) return OptionValue(std::move(durations));
  return OptionValue(std::move(texts));
}

}  // namespace

Result<OptionValue> read_value(const Option& option, const Value& value,
                               const SecretReader& secrets) {
  switch (option.type) {
    case OptionType::text: return read_text(option, value);
    case OptionType::boolean:
      if (value.kind != Kind::boolean) return wrong_type(option, value);
      return OptionValue(value.boolean);
    case OptionType::integer: return read_integer(option, value);
    case OptionType::duration:
      return read_duration(option, value).transform([](Duration d) { return OptionValue(d); });
    case OptionType::bytes: return read_bytes(option, value);
    case OptionType::choice: return read_choice(option, value);
    case OptionType::secret: return read_secret(option, value, secrets);
    case OptionType::text_list:
    case OptionType::duration_list: return read_list(option, value);
  }
  return never("unknown type of option");
}

std::optional<Settings::Entry> default_entry(const Option& option) {
  if (option.fallback.empty() || option.required) return std::nullopt;
  const Tree tree = read_toml("value = " + std::string(option.fallback), "default");
  const std::string name(option.key);
  if (!tree.problems.empty()) throw std::logic_error("default of " + name + " is not TOML");
  const Value& value = tree.root.members.front().value;
  const SecretReader none = [](std::string_view) { return Result<std::string>(std::string()); };
  Result<OptionValue> read = read_value(option, value, none);
  if (!read) throw std::logic_error("default of " + name + ": " + read.error().what);
  return Settings::Entry{*std::move(read), {}, written_entry(option, value)};
}

std::string written_entry(const Option& option, const Value& value) {
  return option.type == OptionType::secret ? "\"***\"" : written(value);
}

std::string type_text(const Option& option) {
  switch (option.type) {
    case OptionType::text: return "text";
    case OptionType::boolean: return "true or false";
    case OptionType::integer: return "integer";
    case OptionType::duration: return "duration";
    case OptionType::bytes: return "size";
    case OptionType::secret: return "secret";
    case OptionType::text_list: return "list of texts, or one";
    case OptionType::duration_list: return "list of durations";
    case OptionType::choice: break;
  }
  std::string text = "one of ";
  for (const std::string& choice : choices_of(option)) {
    text += (text.size() > 7 ? ", \"" : "\"") + choice + "\"";
  }
  return text;
}

std::string range_text(const Option& option) {
  const auto bound = [&option](std::int64_t number) {
    if (option.type == OptionType::duration || option.type == OptionType::duration_list) {
      return format_duration(std::chrono::seconds(number));
    }
    if (option.type == OptionType::bytes && number >= 1024) {
      return format_bytes(static_cast<std::uint64_t>(number));
    }
    return std::to_string(number);
  };
  const bool low = option.least != INT64_MIN, high = option.most != INT64_MAX;
  if (low && high) return bound(option.least) + " to " + bound(option.most);
  if (low) return "at least " + bound(option.least);
  if (high) return "at most " + bound(option.most);
  return option.type == OptionType::duration ? "at least 0s" : "";
}

}  // namespace hanse::config
