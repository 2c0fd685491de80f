// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <variant>

#include "server/base/level.h"
#include "server/base/log_repeats.h"
#include "server/base/time.h"

namespace hanse {

// One field of a log line. Text is escaped by the writer, so peer bytes may be passed as they are.
struct Field {
  std::string_view key;
  std::variant<std::string_view, std::int64_t, double, bool> value;
};

// One event, one line of JSON (operations section 6): ts, lvl, ev, msg, then the fields.
// Bodies and secrets are never passed. Thread: any. A line is written whole.
// A warning or error that repeats (same event, same field "peer"), or a complaint at info of one
// peer ("conn.failed"), is written once, then counted; once a minute the count follows, with the
// next line of any event, as "repeats". What has a field "qid", and audit.*, is always written.
class Log {
 public:
  using Sink = std::function<void(std::string_view line)>;  // whole lines; never logs itself

  Log(const Clock& clock, Sink sink) : clock_(clock), sink_(std::move(sink)) {}

  // `event` is dotted and stable ("msg.accepted"); its first word is the area whose level counts.
  void write(Level level, std::string_view event, std::string_view message,
             std::initializer_list<Field> fields = {});
  bool enabled(Level level, std::string_view event) const;

  void set_level(Level level);                          // for all areas
  void set_level(std::string_view area, Level level);   // for one ("store", "conn")

  // Addresses of people (fields "from" and "to") become short digests: the same address is still
  // the same text, but the log does not say whose it is. log.privacy
  void hash_addresses(bool hash) { hash_addresses_ = hash; }

 private:
  void note_range();

  const Clock& clock_;
  // The lowest and highest level of all areas: most questions are answered without the lock.
  std::atomic<Level> lowest_{Level::info}, highest_{Level::info};
  mutable std::mutex levels_mutex_;
  Level level_ = Level::info;
  std::map<std::string, Level, std::less<>> areas_;
  std::atomic<bool> hash_addresses_{false};

  std::mutex sink_mutex_;
  Sink sink_;
  LogRepeats repeats_;
};

Log::Sink stderr_sink();

}  // namespace hanse
