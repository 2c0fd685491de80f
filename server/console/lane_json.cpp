// SPDX-License-Identifier: Apache-2.0
#include "server/console/lane_json.h"

#include "server/base/text.h"
#include "server/console/ages.h"

namespace hanse::console {

Json lane_json(const LaneStatus& lane) {
  return {{"protocol", lane.protocol},
          {"lane", lane.lane},
          {"phase", lane.phase},
          {"endpoint", lane.endpoint},
          {"story", lane.story},
          {"links", lane.links},
          {"in_flight", lane.in_flight},
          {"window", lane.window},
          {"in_memory", lane.in_memory},
          {"waiting", lane.waiting},
          {"slow", lane.slow},
          {"failures", lane.failures},
          {"last_error", lane.last_error},
          {"next_try", utc_or_null(lane.next_try)},
          {"breaker_open_since", utc_or_null(lane.breaker_open_since)},
          {"last_success", utc_or_null(lane.last_success)}};
}

std::string lane_text(const Json& lane) {
  if (!lane.is_object()) return "idle";
  std::string out = text_of(lane, "phase");
  if (const std::int64_t links = number_of(lane, "links"); links > 0) {
    out += ", " + std::to_string(links) + " links";
  }
  if (const std::int64_t failures = number_of(lane, "failures"); failures > 0) {
    out += ", failed " + (failures == 1 ? "once" : std::to_string(failures) + " times in a row") +
           " (" + text_of(lane, "last_error") + ")";
  }
  if (flag_of(lane, "slow")) out += ", slow";
  const std::string since = text_of(lane, "breaker_open_since");
  if (since.empty()) return out + ", breaker closed";
  return out + ", breaker open since " + second_text(since);
}

}  // namespace hanse::console
