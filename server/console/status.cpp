// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "server/base/limits.h"
#include "server/base/text.h"
#include "server/base/version.h"
#include "server/console/ages.h"
#include "server/console/commands.h"

namespace hanse::console {
namespace {

constexpr std::size_t breakers_shown_max = 5;   // in text

Json protocols_json(Node& node) {
  const Result<std::vector<LinkRow>> links = node.view.links();
  Json rows = Json::array();
  for (const ListenRow& listen : node.view.listeners()) {
    Json row = {{"protocol", listen.protocol}, {"listen", listen.address}};
    if (links) {
      const auto count = [&](bool outgoing) {
        return std::count_if(links->begin(), links->end(), [&](const LinkRow& link) {
          return link.protocol == listen.protocol && link.outgoing == outgoing;
        });
      };
      row["in"] = count(false);
      row["out"] = count(true);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

Json queue_json(Node& node) {
  const Result<QueueTotals> totals = node.queue.totals();
  if (!totals) return {{"error", totals.error().what}};
  Json json = {{"messages", totals->messages},       {"bytes", totals->bytes},
               {"waiting", totals->legs_waiting},    {"active", totals->legs_active},
               {"deferred", totals->legs_deferred},  {"held", totals->legs_held},
               {"retry_due", totals->retry_due},     {"quarantine", totals->legs_quarantined}};
  json["oldest"] = utc_or_null(totals->oldest);
  json["oldest_lane"] = totals->oldest_lane;
  if (totals->oldest) json["oldest_age"] = age_text(node.clock.utc(), *totals->oldest);
  json["disk_free_bytes"] = totals->disk_free_bytes;
  json["wal_bytes"] = totals->wal_bytes;
  json["last_checkpoint"] = utc_or_null(totals->last_checkpoint);
  if (totals->last_checkpoint) {
    json["checkpoint_age"] = age_text(node.clock.utc(), *totals->last_checkpoint);
  }
  return json;
}

Json peers_json(Node& node) {
  Json states = Json::object();
  for (const PeerPolicy& peer : node.view.policy()->peers) {
    const std::string state(peer_state_name(peer.state));
    states[state] = number_of(states, state) + 1;
  }
  return states;
}

Json breakers_json(Node& node, Json& warnings) {
  Json open = Json::array();
  const Result<std::vector<LaneStatus>> lanes = node.view.lanes();
  if (!lanes) warnings.push_back("lanes unknown: " + lanes.error().what);
  if (!lanes) return open;
  for (const LaneStatus& lane : *lanes) {
    if (!lane.breaker_open_since) continue;
    open.push_back({{"lane", lane.lane},
                    {"error", lane.last_error},
                    {"next_try", utc_or_null(lane.next_try)}});
  }
  return open;
}

Json rejected_json(Node& node, Json& warnings) {
  const std::optional<RejectedConfig> rejected = node.view.config_rejected();
  if (!rejected) return nullptr;
  warnings.push_back("the configuration on disk was rejected, the one before it runs on: " +
                     rejected->why);
  return {{"at", format_utc(rejected->at)},
          {"age", age_text(node.clock.utc(), rejected->at)},
          {"why", rejected->why}};
}

Ended run_status(Node& node, const Request&, const Emit& emit) {
  const Readiness readiness = node.view.readiness();
  Json warnings = readiness.failing;
  for (const std::string& warning : node.view.warnings()) warnings.push_back(warning);
  const std::vector<std::string> waits = node.view.waits_for_restart();
  for (const std::string& key : waits)
    warnings.push_back(key + " was changed and counts from the next start on");
  const UtcTime now = node.clock.utc();
  Json json = {{"domain", node.view.domain()},
               {"version", version},
               {"started", format_utc(node.view.started())},
               {"up", age_text(now, node.view.started())},
               {"ready", readiness.ready},
               {"durability", "full"},
               {"config_epoch", node.view.config_epoch()},
               {"config_loaded", format_utc(node.view.config_loaded())},
               {"config_age", age_text(now, node.view.config_loaded())},
               {"config_rejected", rejected_json(node, warnings)},
               {"waits_for_restart", waits},
               {"protocols", protocols_json(node)},
               {"queue", queue_json(node)},
               {"peers", peers_json(node)},
               {"breakers_open", breakers_json(node, warnings)}};
  json["warnings"] = warnings;
  emit(std::move(json));
  return {};
}

std::string queue_text(const Json& queue) {
  if (!text_of(queue, "error").empty()) return "queue  " + text_of(queue, "error") + "\n";
  const auto number = [&queue](std::string_view key) {
    return std::to_string(number_of(queue, key));
  };
  std::string out = "queue  " + number("messages") + " msgs " +
                    bytes_text(number_of(queue, "bytes"));
  if (!text_of(queue, "oldest_age").empty()) {
    out += "  oldest " + text_of(queue, "oldest_age") + " (" + text_of(queue, "oldest_lane") + ")";
  }
  out += "  active " + number("active") + "  deferred " + number("deferred") + "  held " +
         number("held") + "  retry-due " + number("retry_due") + "  quarantine " +
         number("quarantine") + "\n";
  out += "disk   " + bytes_text(number_of(queue, "disk_free_bytes")) + " free  wal " +
         bytes_text(number_of(queue, "wal_bytes"));
  if (!text_of(queue, "checkpoint_age").empty()) {
    out += "  last checkpoint " + text_of(queue, "checkpoint_age") + " ago";
  }
  return out + "\n";
}

std::string peers_text(const Json& status) {
  std::string out;
  for (const auto& [state, count] : member_of(status, "peers").items()) {
    out += (out.empty() ? "" : ", ") + count.dump() + " " + escape_text(state);
  }
  out = "peers  " + (out.empty() ? "none configured" : out);
  const Json& open = member_of(status, "breakers_open");
  std::size_t shown = 0;
  for (const Json& breaker : open) {
    if (shown == breakers_shown_max) break;
    ++shown;
    out += ", breaker open (" + text_of(breaker, "lane") + ": " + text_of(breaker, "error") +
           ", next try " + clock_text(text_of(breaker, "next_try")) + ")";
  }
  if (open.size() > shown)
    out += ", and " + std::to_string(open.size() - shown) + " more (hanse peer list)";
  return out + "\n";
}

std::string config_text(const Json& status) {
  const Json& rejected = member_of(status, "config_rejected");
  const std::string loaded = "loaded " + text_of(status, "config_age") + " ago, epoch " +
                             std::to_string(number_of(status, "config_epoch"));
  if (rejected.is_null()) return "config ok (" + loaded + ")";
  return "config REJECTED " + text_of(rejected, "age") + " ago: " + text_of(rejected, "why") +
         " (in force: " + loaded + ")";
}

std::string render_status(std::span<const Json> items, const Style& style) {
  std::string out;
  for (const Json& status : items) {
    out += text_of(status, "domain") + "  hanse " + text_of(status, "version") + "  up " +
           text_of(status, "up") + "  " + (flag_of(status, "ready") ? "ready" : "NOT READY") +
           "  durability=" + text_of(status, "durability") + "  " + config_text(status) + "\n";
    TextTable table({"proto", "listen", "in", "out"});
    for (const Json& row : member_of(status, "protocols")) {
      const auto number = [&row](std::string_view key) {
        return member_of(row, key).is_null() ? "?" : std::to_string(number_of(row, key));
      };
      table.add({text_of(row, "protocol"), text_of(row, "listen"), number("in"), number("out")});
    }
    out += table.text(style) + queue_text(member_of(status, "queue")) + peers_text(status);
    for (const Json& warning : member_of(status, "warnings")) {
      const auto* text = warning.get_ptr<const Json::string_t*>();
      if (text == nullptr) continue;
      out += "warn   " + escape_text(*text, limits::console_text_bytes_max) + "\n";
    }
  }
  return out;
}

const Command group[] = {
    {.words = "status",
     .help = "How the node is: ready or not, listeners, queue, disk, peers, warnings.",
     .on_node = run_status,
     .render = render_status},
};

}  // namespace

std::span<const Command> status_commands() { return group; }

}  // namespace hanse::console
