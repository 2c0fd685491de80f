// SPDX-License-Identifier: Apache-2.0
#include "server/console/queue_json.h"

#include "server/base/text.h"
#include "server/console/ages.h"

namespace hanse::console {

namespace {

// What goes in order has no time of its own: its lane says when it tries.
std::optional<UtcTime> own_time(const std::optional<UtcTime>& due) {
  return due && *due == UtcTime{} ? std::nullopt : due;
}

}  // namespace

Json row_json(const QueueRow& row) {
  return {{"id", row.id},
          {"from", to_text(row.from)},
          {"to", to_text(row.to)},
          {"protocol", row.protocol},
          {"lane", row.lane},
          {"route", row.route},
          {"state", leg_state_name(row.state)},
          {"size", row.size},
          {"attempts", row.attempts},
          {"accepted", format_utc(row.accepted)},
          {"expires", format_utc(row.expires)},
          {"next_try", utc_or_null(own_time(row.next_try))},
          {"status", row.last_status},
          {"reply", row.last_reply},
          {"remote", row.last_remote}};
}

std::string render_rows(std::span<const Json> items, const Style& style) {
  TextTable table({"id", "accepted", "state", "size", "tries", "next", "lane", "to", "last"});
  for (const Json& row : items) {
    table.add({text_of(row, "id"), second_text(text_of(row, "accepted")), text_of(row, "state"),
               std::to_string(number_of(row, "size")), std::to_string(number_of(row, "attempts")),
               clock_text(text_of(row, "next_try")), text_of(row, "lane"), text_of(row, "to"),
               escape_text(raw_text_of(row, "reply"), 60)});
  }
  return table.text(style);
}

Result<Selector> read_selector(const Request& request) {
  std::vector<std::string> terms;
  for (const std::string& word : request.arguments) {
    const bool bare = word.find_first_of("=<>") == std::string::npos;
    if (word == "all" && request.arguments.size() == 1) return Selector{};
    terms.push_back(bare && word != "and" ? "id=" + word : word);
  }
  return parse_selector(terms);
}

}  // namespace hanse::console
