// SPDX-License-Identifier: Apache-2.0
#include "server/console/watching.h"

#include "server/base/limits.h"
#include "server/base/text.h"

namespace hanse::console {
namespace {

constexpr std::size_t shown_bytes_max = 4 * limits::trace_line_bytes_max;   // each octet: \xNN

std::string mark_of(const Json& item) {
  const std::string kind = text_of(item, "kind");
  if (kind == "sent") return "->";
  if (kind == "received") return "<-";
  return kind;
}

bool has_judgement(TraceLine::Kind kind) {
  return kind == TraceLine::Kind::trust || kind == TraceLine::Kind::certificate ||
         kind == TraceLine::Kind::verdict;
}

}  // namespace

Json trace_json(const TraceLine& line) {
  Json json = {{"at", format_utc(line.at)},
               {"kind", trace_kind_name(line.kind)},
               {"protocol", line.protocol},
               {"connection", line.connection},
               {"peer", line.peer},
               {"text", line.text}};
  if (has_judgement(line.kind)) json["good"] = line.good;
  return json;
}

Json told(std::string_view kind, std::string text) {
  return {{"kind", kind}, {"text", std::move(text)}};
}

Watching::End Watching::run(Instant until, std::size_t lines_max,
                            const std::function<bool(const TraceLine&)>& seen) {
  while (true) {
    const Instant now = node_.clock.now();
    if (now >= until) return End::time;
    const TraceFeed::Taken taken = feed_->take(std::min<Duration>(limits::trace_sign_every,
                                                                  until - now));
    lost_ += taken.lost;
    for (const TraceLine& line : taken.lines) {
      ++lines_;
      if (!emit_(trace_json(line))) return End::deaf;
      if (!seen(line) || lines_ >= lines_max) return End::enough;
    }
    if (taken.lost > 0 && !emit_(told("lost", std::to_string(taken.lost) + " lines left out")))
      return End::deaf;
    if (taken.ended) return End::fed;
    if (taken.lines.empty() && !emit_({{"alive", true}})) return End::deaf;
  }
}

std::string render_watched(std::span<const Json> items, const Style&) {
  std::string out;
  for (const Json& item : items) {
    const std::string at = raw_text_of(item, "at");
    if (at.size() > 11) out += escape_text(std::string_view(at).substr(11)) + "  ";
    if (const std::string link = text_of(item, "connection"); !link.empty()) out += link + "  ";
    out += mark_of(item) + "  " + escape_text(raw_text_of(item, "text"), shown_bytes_max) + "\n";
  }
  return out;
}

}  // namespace hanse::console
