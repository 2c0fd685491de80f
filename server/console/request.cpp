// SPDX-License-Identifier: Apache-2.0
#include "server/console/request.h"

#include "server/base/limits.h"
#include "server/console/json_text.h"

namespace hanse::console {
namespace {

Error bad(std::string what) { return {Fault::never, "bad request: " + std::move(what)}; }

const std::string* bounded_text(const Json& json) {
  const auto* text = json.get_ptr<const Json::string_t*>();
  return text != nullptr && text->size() <= limits::control_text_bytes_max ? text : nullptr;
}

bool read_arguments(const Json& json, Request& request) {
  if (!json.is_array() || json.size() > limits::control_arguments_max) return false;
  for (const Json& item : json) {
    const std::string* text = bounded_text(item);
    if (text == nullptr) return false;
    request.arguments.push_back(*text);
  }
  return true;
}

bool read_options(const Json& json, Request& request) {
  if (!json.is_object() || json.size() > limits::control_options_max) return false;
  for (const auto& [name, value] : json.items()) {
    const std::string* text = bounded_text(value);
    if (text == nullptr || name.size() > limits::control_text_bytes_max) return false;
    request.options[name] = *text;
  }
  return true;
}

bool read_member(const std::string& name, const Json& value, Request& request) {
  if (name == "v") return value.is_number_integer() && value.get<std::int64_t>() == 1;
  if (name == "arguments") return read_arguments(value, request);
  if (name == "options") return read_options(value, request);
  if (name == "dry_run" && value.is_boolean()) {
    request.dry_run = value.get<bool>();
    return true;
  }
  const std::string* text = bounded_text(value);
  if (name != "command" || text == nullptr) return false;
  request.command = *text;
  return true;
}

}  // namespace

Result<Request> parse_request(std::string_view line) {
  const std::optional<Json> json = parse_json(line, limits::control_request_bytes_max);
  if (!json || !json->is_object()) return bad("not a JSON object within the bounds");
  Request request;
  for (const auto& [name, value] : json->items()) {
    if (!read_member(name, value, request)) return bad("member \"" + name + "\"");
  }
  if (!json->contains("v") || request.command.empty()) return bad("no version or no command");
  return request;
}

std::string request_line(const Request& request) {
  Json options = Json::object();
  for (const auto& [name, value] : request.options) options[name] = value;
  return to_line({{"v", 1},
                  {"command", request.command},
                  {"arguments", request.arguments},
                  {"options", options},
                  {"dry_run", request.dry_run}});
}

std::string ended_line(const Ended& ended) {
  return to_line({{"v", 1},
                  {"end", true},
                  {"exit", static_cast<int>(ended.exit)},
                  {"error", ended.what},
                  {"next_cursor", ended.next_cursor}});
}

}  // namespace hanse::console
