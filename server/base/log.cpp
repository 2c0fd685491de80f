// SPDX-License-Identifier: Apache-2.0
#include "server/base/log.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>

#include "server/base/digest.h"
#include "server/base/limits.h"
#include "server/base/text.h"

namespace hanse {
namespace {

constexpr std::size_t usual_line_bytes = 512;
constexpr std::size_t address_digest_letters = 16;

// Our own words need no escape; what a peer may have written goes through append_text.
void append_key(std::string& out, std::string_view key) {
  out += ',';
  append_json_string(out, key);
  out += ':';
}

void append_text(std::string& out, std::string_view text) {
  const std::string_view cut = cut_utf8(text, limits::log_text_bytes_max);
  append_json_string(out, cut);
  if (cut.size() < text.size()) out.insert(out.size() - 1, "...");
}

template <class Number>
void append_number(std::string& out, Number number) {
  char digits[32];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

void append_value(std::string& out, std::string_view text) { append_text(out, text); }
void append_value(std::string& out, std::int64_t number) { append_number(out, number); }
void append_value(std::string& out, bool value) { out += value ? "true" : "false"; }
void append_value(std::string& out, double number) {
  if (std::isfinite(number)) append_number(out, number);
  else out += "null";  // JSON has no word for it
}

const std::string_view* text_of(const Field& field) {
  return std::get_if<std::string_view>(&field.value);
}

bool is_address(const Field& field) {
  return (field.key == "from" || field.key == "to") && text_of(field) != nullptr;
}

void append_digest(std::string& out, std::string_view address) {
  append_text(out, "#" + sha256_hex(address).substr(0, address_digest_letters));
}

std::string line_of(UtcTime at, Level level, std::string_view event, std::string_view message,
                    std::initializer_list<Field> fields, bool hash_addresses = false) {
  std::string line;
  line.reserve(usual_line_bytes);
  line += "{\"ts\":\"";
  append_utc(line, at);
  line += "\",\"lvl\":\"";
  line += level_name(level);
  line += '"';
  append_key(line, "ev");
  append_text(line, event);
  append_key(line, "msg");
  append_text(line, message);
  for (const Field& field : fields) {
    append_key(line, field.key);
    if (hash_addresses && is_address(field)) append_digest(line, *text_of(field));
    else std::visit([&line](auto value) { append_value(line, value); }, field.value);
  }
  line += "}\n";
  return line;
}

std::string_view text_of(std::initializer_list<Field> fields, std::string_view key) {
  for (const Field& field : fields) {
    if (field.key == key && text_of(field) != nullptr) return *text_of(field);
  }
  return {};
}

// What operators changed is written whatever the level.
bool is_audit(std::string_view event) { return event.starts_with("audit."); }

// The last word of an info event that says what a peer did not get, or what was not to be had of
// it: one that goes on and on can write as many of these as it likes.
constexpr std::string_view complaints[] = {"closed", "dropped", "error",   "fail",  "failed",
                                           "refused", "timeout", "tls",     "undone"};

bool is_complaint(std::string_view event) {
  const std::string_view last = event.substr(event.find_last_of("._") + 1);
  return std::find(std::begin(complaints), std::end(complaints), last) != std::end(complaints);
}

// The life of a message and what operators changed are told line by line, however often.
bool is_counted(Level level, std::string_view event, std::initializer_list<Field> fields) {
  if (is_audit(event) || !text_of(fields, "qid").empty()) return false;
  if (level >= Level::warning) return true;
  return level == Level::info && is_complaint(event) && !text_of(fields, "peer").empty();
}

std::string line_of(UtcTime at, const LogRepeats::Summary& summary) {
  const auto repeats = static_cast<std::int64_t>(summary.repeats);
  if (summary.peer.empty()) {
    return line_of(at, summary.level, summary.event, summary.message, {{"repeats", repeats}});
  }
  return line_of(at, summary.level, summary.event, summary.message,
                 {{"peer", summary.peer}, {"repeats", repeats}});
}

// Waits while the reader is slow, as a blocking descriptor would; gives up only when it is gone.
void write_whole(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      pollfd waiting{descriptor, POLLOUT, 0};
      ::poll(&waiting, 1, -1);
    } else if (errno != EINTR) {
      return;
    }
  }
}

}  // namespace

void Log::write(Level level, std::string_view event, std::string_view message,
                std::initializer_list<Field> fields) {
  if (!enabled(level, event)) return;
  const UtcTime at = clock_.utc();
  const std::string line = line_of(at, level, event, message, fields, hash_addresses_);
  std::lock_guard lock(sink_mutex_);
  const Instant now = clock_.now();
  while (const auto summary = repeats_.due(now)) sink_(line_of(at, *summary));
  if (is_counted(level, event, fields) &&
      repeats_.held_back(level, event, message, text_of(fields, "peer"), now)) {
    return;
  }
  sink_(line);
}

bool Log::enabled(Level level, std::string_view event) const {
  if (level < lowest_.load(std::memory_order_relaxed)) return is_audit(event);
  if (level >= highest_.load(std::memory_order_relaxed)) return true;
  if (is_audit(event)) return true;
  std::lock_guard lock(levels_mutex_);
  const auto area = areas_.find(event.substr(0, event.find('.')));
  return level >= (area == areas_.end() ? level_ : area->second);
}

void Log::set_level(Level level) {
  std::lock_guard lock(levels_mutex_);
  level_ = level;
  areas_.clear();
  note_range();
}

void Log::set_level(std::string_view area, Level level) {
  std::lock_guard lock(levels_mutex_);
  areas_.insert_or_assign(std::string(area), level);
  note_range();
}

void Log::note_range() {
  Level lowest = level_, highest = level_;
  for (const auto& [area, level] : areas_) {
    lowest = std::min(lowest, level);
    highest = std::max(highest, level);
  }
  lowest_ = lowest;
  highest_ = highest;
}

Log::Sink stderr_sink() {
  return [](std::string_view line) { write_whole(STDERR_FILENO, line); };
}

}  // namespace hanse
