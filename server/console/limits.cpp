// SPDX-License-Identifier: Apache-2.0
#include "server/base/limits.h"

#include <algorithm>

#include "server/base/text.h"
#include "server/console/commands.h"

namespace hanse::console {
namespace {

enum class Unit : std::uint8_t { count, bytes };
struct Fixed {
  std::string_view name;
  std::uint64_t value;
  Unit unit;
};

// The bounds that are not settings and that an operator may meet.
constexpr Fixed fixed[] = {
    {"recipients_per_message_max", limits::recipients_per_message_max, Unit::count},
    {"input_held_bytes_max", limits::input_held_bytes_max, Unit::bytes},
    {"output_bytes_max", limits::output_bytes_max, Unit::bytes},
    {"feed_bytes_max", limits::feed_bytes_max, Unit::bytes},
    {"body_inline_bytes_max", limits::body_inline_bytes_max, Unit::bytes},
    {"body_memory_bytes_max", limits::body_memory_bytes_max, Unit::bytes},
    {"bodies_in_memory_bytes_max", limits::bodies_in_memory_bytes_max, Unit::bytes},
    {"store_mailbox_items_max", limits::store_mailbox_items_max, Unit::count},
    {"shard_mailbox_items_max", limits::shard_mailbox_items_max, Unit::count},
    {"commit_items_max", limits::commit_items_max, Unit::count},
    {"lanes_max", limits::lanes_max, Unit::count},
    {"name_check_addresses_max", limits::name_check_addresses_max, Unit::count},
    {"lane_memory_items_max", limits::lane_memory_items_max, Unit::count},
    {"lane_spill_items_max", limits::lane_spill_items_max, Unit::count},
    {"endpoints_per_lane_max", limits::endpoints_per_lane_max, Unit::count},
    {"dns_cache_entries_max", limits::dns_cache_entries_max, Unit::count},
    {"dns_questions_open_max", limits::dns_questions_open_max, Unit::count},
    {"control_request_bytes_max", limits::control_request_bytes_max, Unit::bytes},
    {"trace_sessions_max", limits::trace_sessions_max, Unit::count},
    {"trace_lines_max", limits::trace_lines_max, Unit::count},
    {"trace_lines_per_second_max", limits::trace_lines_per_second_max, Unit::count},
    {"trace_line_bytes_max", limits::trace_line_bytes_max, Unit::bytes},
    {"metrics_series_max", limits::metrics_series_max, Unit::count},
    {"config_file_bytes_max", limits::config_file_bytes_max, Unit::bytes},
};

bool is_limit(std::string_view key) {
  static constexpr std::string_view words[] = {"_max", "max_", "_min", "min_", "_per_",
                                               "timeout", "lifetime", "grace", "soft"};
  return std::any_of(std::begin(words), std::end(words), [key](std::string_view word) {
    return key.find(word) != std::string_view::npos;
  });
}

// What is used just now, by the name of the limit, as far as the node can tell.
Json usage_now(Node& node) {
  Json used = Json::object();
  if (const auto lanes = node.view.lanes()) {
    std::size_t in_memory = 0;
    for (const LaneStatus& lane : *lanes) in_memory = std::max(in_memory, lane.in_memory);
    used["lanes_max"] = lanes->size();
    used["lane_memory_items_max"] = in_memory;
  }
  if (const auto links = node.view.links()) used["limits.connections_max"] = links->size();
  const auto shape = node.queue.shape(limits::shape_destinations_max);
  std::uint64_t fullest = 0;   // the first row is the sum of all
  for (std::size_t i = 1; shape && i < shape->size(); ++i) {
    const std::vector<std::uint64_t>& counts = (*shape)[i].counts;
    if (!counts.empty()) fullest = std::max(fullest, counts.front());
  }
  if (shape) used["store.destination_messages_max"] = fullest;
  return used;
}

void emit_table(const std::string& table, const Settings& settings, const Json& used,
                const Emit& emit) {
  for (const auto& [key, entry] : settings.entries) {
    const bool measured = std::holds_alternative<std::int64_t>(entry.value) ||
                          std::holds_alternative<Duration>(entry.value);
    if (!measured || !is_limit(key)) continue;
    const std::string name = table + "." + key;
    std::string value = entry.written;
    std::erase(value, '"');
    Json json = {{"limit", name}, {"kind", "setting"}, {"value", value}};
    if (used.contains(name)) json["used"] = used[name];
    emit(std::move(json));
  }
}

Ended run_limits(Node& node, const Request&, const Emit& emit) {
  const Json used = usage_now(node);
  const std::shared_ptr<const Configuration> configuration = node.view.configuration();
  for (const auto& [name, settings] : configuration->singles) {
    emit_table(name, settings, used, emit);
  }
  for (const auto& [name, list] : configuration->lists) {
    for (const Settings& settings : list) {
      emit_table(name + "." + settings.name, settings, used, emit);
    }
  }
  for (const Fixed& limit : fixed) {
    const std::string name(limit.name);
    Json json = {{"limit", name}, {"kind", "fixed"}};
    json["value"] = limit.unit == Unit::bytes ? format_bytes(limit.value)
                                              : std::to_string(limit.value);
    if (used.contains(name)) json["used"] = used[name];
    emit(std::move(json));
  }
  return {};
}

std::string render_limits(std::span<const Json> items, const Style& style) {
  TextTable table({"limit", "value", "used", "kind"});
  for (const Json& item : items) {
    const Json& used = member_of(item, "used");
    table.add({text_of(item, "limit"), text_of(item, "value"),
               used.is_null() ? "-" : std::to_string(number_of(item, "used")),
               text_of(item, "kind")});
  }
  return table.text(style);
}

const Command group[] = {
    {.words = "limits",
     .help = "Every bound of the node, set or fixed, and how much of it is used.",
     .on_node = run_limits,
     .render = render_limits},
};

}  // namespace

std::span<const Command> limits_commands() { return group; }

}  // namespace hanse::console
