// SPDX-License-Identifier: Apache-2.0
#include "server/base/log_repeats.h"

#include "server/base/limits.h"
#include "server/base/text.h"

namespace hanse {
namespace {

std::string key_of(std::string_view event, std::string_view message, std::string_view peer) {
  std::string key(event);
  key += peer.empty() ? '\n' : '\t';
  key += peer.empty() ? message : peer;
  return key;
}

}  // namespace

bool LogRepeats::held_back(Level level, std::string_view event, std::string_view message,
                           std::string_view peer, Instant now) {
  message = cut_utf8(message, limits::log_text_bytes_max);
  peer = cut_utf8(peer, limits::log_text_bytes_max);
  std::string key = key_of(event, message, peer);
  if (const auto known = by_key_.find(key); known != by_key_.end()) {
    ++known->second->summary.repeats;
    return true;
  }
  seen_.push_back({std::move(key),
                   {level, std::string(event), std::string(message), std::string(peer), 0}, now});
  by_key_.emplace(seen_.back().key, std::prev(seen_.end()));
  return false;
}

std::optional<LogRepeats::Summary> LogRepeats::due(Instant now) {
  while (!seen_.empty()) {
    Seen& oldest = seen_.front();
    const bool over = now - oldest.since >= limits::log_repeat_pause;
    if (!over && seen_.size() <= limits::log_repeats_max) return std::nullopt;
    Summary summary = oldest.summary;
    if (over && summary.repeats > 0) {  // still going on: stays for another minute
      oldest.summary.repeats = 0;
      oldest.since = now;
      seen_.splice(seen_.end(), seen_, seen_.begin());
      return summary;
    }
    by_key_.erase(oldest.key);
    seen_.pop_front();
    if (summary.repeats > 0) return summary;
  }
  return std::nullopt;
}

}  // namespace hanse
