// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "federation/lane_name.h"
#include "server/base/limits.h"
#include "server/base/text.h"
#include "server/console/ages.h"
#include "server/console/lane_json.h"
#include "server/console/queue_json.h"

namespace hanse::console {
namespace {

Json hop_json(const Hop& hop) {
  return {{"by", hop.by_node},          {"protocol", hop.protocol},
          {"from_name", hop.from_name}, {"from_host", hop.from_host},
          {"from_address", hop.from_address},
          {"tls", hop.tls},             {"peer", hop.peer},
          {"at", format_utc(hop.at)}};
}

Json attempt_json(const AttemptRow& attempt) {
  static constexpr std::string_view names[] = {"delivered", "deferred", "failed", "returned"};
  const Outcome& outcome = attempt.outcome;
  return {{"number", attempt.number},
          {"started", format_utc(attempt.started)},
          {"ended", format_utc(attempt.ended)},
          {"result", names[static_cast<std::size_t>(outcome.disposition)]},
          {"fault", fault_name(outcome.fault)},
          {"status", outcome.status},
          {"reply", outcome.reply},
          {"remote", outcome.remote},
          {"tls", outcome.tls},
          {"ambiguous", outcome.ambiguous}};
}

Json message_json(const QueueStory& story) {
  const Envelope& envelope = story.envelope;
  Json trace = Json::array();
  for (const Hop& hop : envelope.trace) trace.push_back(hop_json(hop));
  return {{"id", envelope.id},
          {"key", envelope.key.native_id},
          {"from", to_text(envelope.from)},
          {"size", story.size},
          {"accepted", format_utc(envelope.accepted)},
          {"expires", format_utc(envelope.expires)},
          {"report", envelope.is_report},
          {"trace", std::move(trace)}};
}

// No try is made before somebody changes the state of the peer.
void tell_held(Json& json, const Policy& policy, std::string_view lane) {
  const PeerPolicy* peer = policy.peer(split_lane(lane).target);
  if (peer == nullptr) return;   // it was changed just now
  json["held_by"] = "peer " + peer->domain + " is " + std::string(peer_state_name(peer->state));
  json["next_try"] = nullptr;
}

// The store knows what was tried; only the lane knows what stands in the way right now.
Json leg_json(const QueueStory::LegStory& leg, const Result<std::vector<LaneStatus>>& lanes,
              const Policy& policy) {
  Json json = row_json(leg.row);
  json["note"] = leg.note;
  json["attempts_made"] = Json::array();
  for (const AttemptRow& attempt : leg.attempts) {
    json["attempts_made"].push_back(attempt_json(attempt));
  }
  const std::size_t last = leg.attempts.empty() ? 0 : leg.attempts.back().number;
  json["attempts_forgotten"] = last - std::min(last, limits::attempts_kept_max);
  json["lane_status"] = nullptr;
  json["held_by"] = nullptr;
  if (!lanes) return json;
  for (const LaneStatus& lane : *lanes) {
    if (lane.protocol == leg.row.protocol && lane.lane == leg.row.lane) {
      json["lane_status"] = lane_json(lane);
      if (lane.phase == "held") tell_held(json, policy, lane.lane);
    }
  }
  return json;
}

Ended run_why(Node& node, const Request& request, const Emit& emit) {
  const Result<QueueStory> story = node.queue.why(request.arguments.front());
  if (!story && story.error().fault == Fault::never) {
    return {Exit::not_found, story.error().what, ""};
  }
  if (!story) return ended(story.error());
  const Result<std::vector<LaneStatus>> lanes = node.view.lanes();
  const std::shared_ptr<const Policy> policy = node.view.policy();
  Json json = message_json(*story);
  json["legs"] = Json::array();
  for (const QueueStory::LegStory& leg : story->legs)
    json["legs"].push_back(leg_json(leg, lanes, *policy));
  emit(std::move(json));
  return {};
}

std::string origin_text(const Json& message) {
  const Json& trace = member_of(message, "trace");
  if (!trace.is_array() || trace.empty()) return text_of(message, "from");
  const Json& hop = trace.back();
  const std::string peer = text_of(hop, "peer");
  std::string out = peer.empty() ? text_of(hop, "from_name") : peer;
  out += " (" + text_of(hop, "protocol") + ", " + text_of(hop, "from_address");
  if (const std::string tls = text_of(hop, "tls"); !tls.empty()) out += ", " + tls;
  return out + ")";
}

std::string attempt_text(const Json& attempt) {
  std::string out = " " + clock_text(text_of(attempt, "started")) + " try " +
                    std::to_string(number_of(attempt, "number")) + "  ";
  if (const std::string remote = text_of(attempt, "remote"); !remote.empty()) out += remote + " ";
  out += text_of(attempt, "result");
  for (const std::string_view key : {"status", "reply"}) {
    if (const std::string text = text_of(attempt, key); !text.empty()) out += " " + text;
  }
  return out + (flag_of(attempt, "ambiguous") ? " (its answer was never seen)" : "") + "\n";
}

std::string route_text(const Json& message, const Json& leg) {
  const std::string story = text_of(member_of(leg, "lane_status"), "story");
  return " " + clock_text(text_of(message, "accepted")) + " route  rule " +
         text_of(leg, "route") + " -> " + text_of(leg, "protocol") + " " + text_of(leg, "lane") +
         (story.empty() ? "" : " (" + story + ")") + "\n";
}

// The leg waits for its own time and for its lane's, whichever is later.
std::string next_text(const Json& leg) {
  const std::string state = text_of(leg, "state");
  if (state != "ready" && state != "deferred") return "none (" + state + ")";
  if (const std::string by = text_of(leg, "held_by"); !by.empty()) return "none (" + by + ")";
  const std::string own = text_of(leg, "next_try");
  const std::string lane = text_of(member_of(leg, "lane_status"), "next_try");
  const std::string later = std::max(own, lane);   // the same form: text order is time order
  return later.empty() ? "now" : second_text(later);
}

std::string leg_text(const Json& message, const Json& leg) {
  std::string out = text_of(message, "id") + "  " + text_of(leg, "protocol") + " -> " +
                    text_of(leg, "to") + "   accepted " +
                    second_text(text_of(message, "accepted")) + " from " + origin_text(message) +
                    "\n" + route_text(message, leg);
  if (const std::int64_t forgotten = number_of(leg, "attempts_forgotten"); forgotten > 0)
    out += " (" + std::to_string(forgotten) + " earlier tries are forgotten)\n";
  for (const Json& attempt : member_of(leg, "attempts_made")) out += attempt_text(attempt);
  out += " lane     " + lane_text(member_of(leg, "lane_status")) + "\n";
  const bool held = text_of(leg, "state") == "held" || !text_of(leg, "held_by").empty();
  out += " next     " + next_text(leg) + "; gives up " + second_text(text_of(leg, "expires")) +
         "; holds: " + (held ? "one" : "none") + "\n";
  const std::string note = text_of(leg, "note");
  return note.empty() ? out : out + " note     " + note + "\n";
}

std::string render_why(std::span<const Json> items, const Style&) {
  std::string out;
  for (const Json& message : items) {
    for (const Json& leg : member_of(message, "legs")) out += leg_text(message, leg);
  }
  return out;
}

std::string render_show(std::span<const Json> items, const Style& style) {
  std::string out;
  for (const Json& message : items) {
    out += "id        " + text_of(message, "id") + "\nfrom      " + text_of(message, "from") +
           "\nsize      " + std::to_string(number_of(message, "size")) + "\naccepted  " +
           text_of(message, "accepted") + " from " + origin_text(message) + "\nexpires   " +
           text_of(message, "expires") + "\n";
    TextTable table({"to", "state", "tries", "lane", "route", "last"});
    for (const Json& leg : member_of(message, "legs")) {
      table.add({text_of(leg, "to"), text_of(leg, "state"),
                 std::to_string(number_of(leg, "attempts")), text_of(leg, "lane"),
                 text_of(leg, "route"), text_of(leg, "reply")});
    }
    out += table.text(style);
  }
  return out;
}

constexpr Parameter id_parameter[] = {
    {"ID", "The queue id, or the beginning of it if no other begins so.", true, false,
     "queue list"},
};

const Command group[] = {
    {.words = "queue show",
     .help = "One message: its envelope, where it came from, the state of each recipient.",
     .parameters = id_parameter,
     .on_node = run_why,
     .render = render_show},
    {.words = "queue why",
     .help = "Why a message is where it is: the route taken, every attempt (of more than 256 the "
             "last ones), the breaker, the next try, when it gives up.",
     .parameters = id_parameter,
     .on_node = run_why,
     .render = render_why},
};

}  // namespace

std::span<const Command> queue_story_commands() { return group; }

}  // namespace hanse::console
