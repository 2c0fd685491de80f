// SPDX-License-Identifier: Apache-2.0
#include "server/base/quantity.h"

#include <array>
#include <charconv>
#include <cstdio>

#include "server/base/text.h"

namespace hanse {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t size;
};

// Largest first: the order in which they may follow each other in "1h30m".
constexpr std::array<Unit, 5> duration_units{{
    {"d", 86'400'000'000}, {"h", 3'600'000'000}, {"m", 60'000'000}, {"s", 1'000'000}, {"ms", 1'000},
}};
constexpr std::array<Unit, 4> byte_units{{
    {"TiB", std::int64_t{1} << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10},
}};

Error not_a(std::string_view kind, std::string_view text, std::string_view example) {
  return Error{Fault::never, "not a " + std::string(kind) + ": \"" + escape_text(text, 64) +
                                 "\" (write it like " + std::string(example) + ")"};
}

std::string_view take_digits(std::string_view& text) {
  std::size_t length = 0;
  while (length < text.size() && text[length] >= '0' && text[length] <= '9') ++length;
  const std::string_view digits = text.substr(0, length);
  text.remove_prefix(length);
  return digits;
}

std::string_view take_letters(std::string_view& text) {
  std::size_t length = 0;
  while (length < text.size() && (text[length] < '0' || text[length] > '9')) ++length;
  const std::string_view letters = text.substr(0, length);
  text.remove_prefix(length);
  return letters;
}

// Adds digits * unit to the total; false when that does not fit.
bool add_scaled(std::int64_t& total, std::string_view digits, std::int64_t unit) {
  const Result<std::int64_t> number = parse_integer(digits);
  if (!number) return false;
  std::int64_t scaled = 0;
  return !__builtin_mul_overflow(*number, unit, &scaled) &&
         !__builtin_add_overflow(total, scaled, &total);
}

void append_number(std::string& out, std::uint64_t number, std::size_t width) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  const auto length = static_cast<std::size_t>(end - digits);
  if (length < width) out.append(width - length, '0');
  out.append(digits, length);
}

struct Moment {
  std::chrono::year_month_day date;
  std::chrono::weekday weekday;
  std::uint64_t hours, minutes, seconds, millis;
};

Moment split_moment(UtcTime at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const auto millis = static_cast<std::uint64_t>((at - day).count());
  return Moment{std::chrono::year_month_day(day), std::chrono::weekday(day), millis / 3'600'000,
                millis / 60'000 % 60, millis / 1000 % 60, millis % 1000};
}

void append_year(std::string& out, std::chrono::year year) {
  const int number = static_cast<int>(year);
  append_number(out, number < 0 ? 0 : static_cast<std::uint64_t>(number), 4);
}

void append_clock(std::string& out, const Moment& moment) {
  append_number(out, moment.hours, 2);
  out += ':';
  append_number(out, moment.minutes, 2);
  out += ':';
  append_number(out, moment.seconds, 2);
}

}  // namespace

Result<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, code] = std::from_chars(text.data(), end, number);
  if (code == std::errc::result_out_of_range) {
    return Error{Fault::never, "number out of range: \"" + escape_text(text, 64) + "\""};
  }
  if (code != std::errc() || stop != end) return not_a("whole number", text, "25");
  return number;
}

Result<Duration> parse_duration(std::string_view text) {
  std::string_view rest = text;
  std::int64_t total = 0;
  std::size_t smallest = 0;  // units may only get smaller: "30m1h" is a slip
  do {
    const std::string_view digits = take_digits(rest);
    const std::string_view name = take_letters(rest);
    while (smallest < duration_units.size() && duration_units[smallest].name != name) ++smallest;
    if (digits.empty() || smallest == duration_units.size() ||
        !add_scaled(total, digits, duration_units[smallest].size)) {
      return not_a("duration", text, "\"500ms\", \"30s\", \"5m\", \"4h\" or \"5d\"");
    }
    ++smallest;
  } while (!rest.empty());
  return Duration(total);
}

Result<std::int64_t> parse_bytes(std::string_view text) {
  std::string_view rest = text;
  const std::string_view digits = take_digits(rest);
  std::int64_t unit = rest.empty() ? 1 : 0;
  for (const Unit& known : byte_units) {
    if (known.name == rest) unit = known.size;
  }
  std::int64_t total = 0;
  if (digits.empty() || unit == 0 || !add_scaled(total, digits, unit)) {
    return not_a("size", text, "\"4096\", \"64KiB\", \"25MiB\" or \"2GiB\"");
  }
  return total;
}

std::string format_duration(Duration duration) {
  std::string out;
  std::int64_t left = duration.count();
  if (left < 0) {
    out = "-";
    left = left == INT64_MIN ? INT64_MAX : -left;
  }
  if (left > 0 && left < 1000) return out + std::to_string(left) + "us";
  if (left >= 60'000'000) left -= left % 1'000'000;
  const std::size_t sign = out.size();
  for (const Unit& unit : duration_units) {
    if (left < unit.size) continue;
    append_number(out, static_cast<std::uint64_t>(left / unit.size), 0);
    out += unit.name;
    left %= unit.size;
  }
  return out.size() == sign ? "0s" : out;
}

std::string format_bytes(std::uint64_t bytes) {
  if (bytes < 1024) return std::to_string(bytes) + " B";
  const char* name = nullptr;
  double shown = static_cast<double>(bytes);
  for (const char* unit : {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}) {
    shown /= 1024;
    name = unit;
    if (shown < 1023.95) break;  // what would print as 1024.0 belongs to the next unit
  }
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %s", shown, name);
  return text;
}

void append_utc(std::string& out, UtcTime at) {
  const Moment moment = split_moment(at);
  append_year(out, moment.date.year());
  out += '-';
  append_number(out, static_cast<unsigned>(moment.date.month()), 2);
  out += '-';
  append_number(out, static_cast<unsigned>(moment.date.day()), 2);
  out += 'T';
  append_clock(out, moment);
  out += '.';
  append_number(out, moment.millis, 3);
  out += 'Z';
}

std::string format_utc(UtcTime at) {
  std::string out;
  append_utc(out, at);
  return out;
}

std::string format_mail_date(UtcTime at) {
  static constexpr std::string_view days = "SunMonTueWedThuFriSat";
  static constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const Moment moment = split_moment(at);
  std::string out(days.substr(3 * moment.weekday.c_encoding(), 3));
  out += ", ";
  append_number(out, static_cast<unsigned>(moment.date.day()), 2);
  out += ' ';
  out += months.substr(3 * (static_cast<unsigned>(moment.date.month()) - 1), 3);
  out += ' ';
  append_year(out, moment.date.year());
  out += ' ';
  append_clock(out, moment);
  return out + " +0000";
}

}  // namespace hanse
