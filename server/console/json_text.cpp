// SPDX-License-Identifier: Apache-2.0
#include "server/console/json_text.h"

#include "server/base/limits.h"
#include "server/base/text.h"

namespace hanse::console {
namespace {

// Counts open brackets outside of strings, before anything is built from the text.
bool nests_too_deep(std::string_view text) {
  std::size_t open = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      else if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++open > limits::json_depth_max) return true;
    } else if ((c == ']' || c == '}') && open > 0) {
      --open;
    }
  }
  return false;
}

}  // namespace

std::string to_line(const Json& json) {
  return json.dump(-1, ' ', true, Json::error_handler_t::replace);
}

std::optional<Json> parse_json(std::string_view text, std::size_t bytes_max) {
  if (text.size() > bytes_max || nests_too_deep(text)) return std::nullopt;
  Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return std::nullopt;
  return json;
}

const Json& member_of(const Json& object, std::string_view key) {
  static const Json nothing;
  if (!object.is_object()) return nothing;
  const auto at = object.find(std::string(key));
  return at == object.end() ? nothing : *at;
}

std::string raw_text_of(const Json& object, std::string_view key) {
  const Json& member = member_of(object, key);
  if (const auto* text = member.get_ptr<const Json::string_t*>()) return *text;
  return "";
}

std::string text_of(const Json& object, std::string_view key) {
  return escape_text(raw_text_of(object, key), limits::console_text_bytes_max);
}

std::int64_t number_of(const Json& object, std::string_view key) {
  const Json& member = member_of(object, key);
  return member.is_number() ? member.get<std::int64_t>() : 0;
}

bool flag_of(const Json& object, std::string_view key) {
  const Json& member = member_of(object, key);
  return member.is_boolean() && member.get<bool>();
}

Json utc_or_null(const std::optional<UtcTime>& at) {
  return at ? Json(format_utc(*at)) : Json();
}

}  // namespace hanse::console
