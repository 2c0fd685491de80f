// SPDX-License-Identifier: Apache-2.0
#include "server/base/limits.h"

#include <algorithm>
#include <variant>

#include "server/base/text.h"
#include "server/console/commands.h"

namespace hanse::console {
namespace {

enum class Unit : std::uint8_t { count, bytes };
struct Fixed {
  std::string_view name;
  std::variant<std::uint64_t, Duration> value;
  Unit unit = Unit::count;
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
    {"mail_errors_max", limits::mail_errors_max, Unit::count},
    {"mail_commands_max", limits::mail_commands_max, Unit::count},
    {"mail_idle_commands_max", limits::mail_idle_commands_max, Unit::count},
    {"mail_refused_data_errors_max", limits::mail_refused_data_errors_max, Unit::count},
    {"mail_oversize_octets_max", limits::mail_oversize_octets_max, Unit::bytes},
    {"mail_octets_per_second_min", limits::mail_octets_per_second_min, Unit::bytes},
    {"mail_content_start_max", limits::mail_content_start_max},
    {"mail_question_wait_max", limits::mail_question_wait_max},
    {"mail_recipient_wait_max", limits::mail_recipient_wait_max},
    {"mail_crowded_wait_max", limits::mail_crowded_wait_max},
    {"mail_tls_wait_max", limits::mail_tls_wait_max},
    {"config_file_bytes_max", limits::config_file_bytes_max, Unit::bytes},
};

bool is_limit(std::string_view key) {
  static constexpr std::string_view words[] = {"_max", "max_", "_min", "min_", "_per_",
                                               "timeout", "lifetime", "grace", "soft",
                                               "_wait", "_keep", "_after", "_close"};
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
  const auto shape = node.queue.shape(limits::shape_destinations_max);
  std::uint64_t fullest = 0;   // the first row is the sum of all
  for (std::size_t i = 1; shape && i < shape->size(); ++i) {
    const std::vector<std::uint64_t>& counts = (*shape)[i].counts;
    if (!counts.empty()) fullest = std::max(fullest, counts.front());
  }
  if (shape) used["store.destination_messages_max"] = fullest;
  return used;
}

// A setting of 0 that stands for something else is shown as what it stands for.
struct Now {
  Json used;
  std::vector<BoundNow> bounds;

  std::string value(const std::string& name, std::string written) const {
    std::erase(written, '"');
    for (const BoundNow& bound : bounds) {
      if (bound.setting != name || written != "0") continue;
      return (bound.bytes ? format_bytes(bound.bound) : std::to_string(bound.bound)) +
             " (by default)";
    }
    return written;
  }
};

Now look(Node& node) {
  Now out{usage_now(node), node.view.bounds()};
  for (const BoundNow& bound : out.bounds)
    if (bound.used) out.used[bound.setting] = *bound.used;
  return out;
}

std::string fixed_text(const Fixed& limit) {
  if (const auto* wait = std::get_if<Duration>(&limit.value)) return format_duration(*wait);
  const auto value = std::get<std::uint64_t>(limit.value);
  return limit.unit == Unit::bytes ? format_bytes(value) : std::to_string(value);
}

void emit_table(const std::string& table, const Settings& settings, const Now& now,
                const Emit& emit) {
  for (const auto& [key, entry] : settings.entries) {
    const bool measured = std::holds_alternative<std::int64_t>(entry.value) ||
                          std::holds_alternative<Duration>(entry.value);
    if (!measured || !is_limit(key)) continue;
    const std::string name = table + "." + key;
    Json json = {{"limit", name}, {"kind", "setting"}};
    json["value"] = now.value(name, entry.written);
    if (now.used.contains(name)) json["used"] = now.used[name];
    emit(std::move(json));
  }
}

Ended run_limits(Node& node, const Request&, const Emit& emit) {
  const Now now = look(node);
  const std::shared_ptr<const Configuration> configuration = node.view.configuration();
  for (const auto& [name, settings] : configuration->singles) {
    emit_table(name, settings, now, emit);
  }
  for (const auto& [name, list] : configuration->lists) {
    for (const Settings& settings : list) {
      emit_table(name + "." + settings.name, settings, now, emit);
    }
  }
  for (const Fixed& limit : fixed) {
    const std::string name(limit.name);
    Json json = {{"limit", name}, {"kind", "fixed"}};
    json["value"] = fixed_text(limit);
    if (now.used.contains(name)) json["used"] = now.used[name];
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
