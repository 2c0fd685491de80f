// SPDX-License-Identifier: Apache-2.0
#include "server/base/limits.h"

#include <algorithm>

#include "protocols/fixed_limits.h"
#include "server/base/text.h"
#include "server/console/commands.h"
#include "server/console/fixed_limits.h"

namespace hanse::console {
namespace {

bool is_limit(std::string_view key) {
  static constexpr std::string_view words[] = {"_max", "max_", "_min", "min_", "_per_",
                                               "timeout", "lifetime", "grace", "soft",
                                               "_wait", "_keep", "_after", "_close",
                                               "_first", "breaker_"};
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

std::string fixed_text(const FixedLimit& limit) {
  if (const auto* wait = std::get_if<Duration>(&limit.value)) return format_duration(*wait);
  const auto value = std::get<std::uint64_t>(limit.value);
  return limit.unit == FixedLimit::Unit::bytes ? format_bytes(value) : std::to_string(value);
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

void emit_fixed(std::string name, const FixedLimit& limit, const Now& now, const Emit& emit) {
  Json json = {{"limit", name}, {"kind", "fixed"}};
  json["value"] = fixed_text(limit);
  if (now.used.contains(name)) json["used"] = now.used[name];
  emit(std::move(json));
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
  for (const FixedLimit& limit : fixed_limits())
    emit_fixed(std::string(limit.name), limit, now, emit);
  for (const ProtocolLimits& of : protocol_limits())
    for (const FixedLimit& limit : of.limits)
      emit_fixed(std::string(of.protocol) + "." + std::string(limit.name), limit, now, emit);
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
