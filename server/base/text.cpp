// SPDX-License-Identifier: Apache-2.0
#include "server/base/text.h"

#include <algorithm>
#include <cstdint>
#include <numeric>

#include "server/base/utf8.h"

namespace hanse {
namespace {

constexpr char hex_digits[] = "0123456789abcdef";
constexpr std::size_t edits_max = 3;
constexpr std::size_t word_bytes_max = 64;  // nobody mistypes a longer one; bounds the work

constexpr char lower(char byte) {
  return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte + ('a' - 'A')) : byte;
}

constexpr bool is_printable(unsigned char byte) { return byte >= 0x20 && byte < 0x7f; }

void append_hex_escape(std::string& out, unsigned char byte) {
  const char escape[] = {'\\', 'x', hex_digits[byte >> 4], hex_digits[byte & 15]};
  out.append(escape, sizeof escape);
}

void append_unicode_escape(std::string& out, std::uint32_t point) {
  const char escape[] = {'\\', 'u', hex_digits[point >> 12 & 15], hex_digits[point >> 8 & 15],
                         hex_digits[point >> 4 & 15], hex_digits[point & 15]};
  out.append(escape, sizeof escape);
}

// Characters a terminal may obey instead of showing: C1 controls, line separators, direction marks.
bool is_obeyed(std::uint32_t point) {
  return point < 0xa0 || (point >= 0x2028 && point <= 0x202e) ||
         (point >= 0x2066 && point <= 0x2069) || point == 0x200e || point == 0x200f ||
         point == 0x061c || point == 0xfeff;
}

void append_json_ascii(std::string& out, unsigned char byte) {
  switch (byte) {
    case '"': out += "\\\""; break;
    case '\\': out += "\\\\"; break;
    case '\n': out += "\\n"; break;
    case '\r': out += "\\r"; break;
    case '\t': out += "\\t"; break;
    default: append_unicode_escape(out, byte);
  }
}

bool is_plain_json(char byte) {
  return is_printable(static_cast<unsigned char>(byte)) && byte != '"' && byte != '\\';
}

// Edit distance where swapping two neighbours is one edit.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
          lower(a[i - 2]) == lower(b[j - 1])) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

}  // namespace

std::string lower_ascii(std::string_view text) {
  std::string out(text);
  for (char& byte : out) byte = lower(byte);
  return out;
}

bool equal_ascii_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && starts_with_case(a, b);
}

bool starts_with_case(std::string_view text, std::string_view prefix) {
  if (text.size() < prefix.size()) return false;
  for (std::size_t at = 0; at < prefix.size(); ++at) {
    if (lower(text[at]) != lower(prefix[at])) return false;
  }
  return true;
}

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(at);
    parts.push_back(text.substr(0, end));
    if (end == text.npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string escape_text(std::string_view text, std::size_t bytes_max) {
  static constexpr std::string_view dots = "...";
  std::string out;
  out.reserve(std::min(text.size(), bytes_max));
  std::size_t fits_with_dots = 0;  // length of the longest start that leaves room for the dots
  for (const char character : text) {
    const auto byte = static_cast<unsigned char>(character);
    if (is_printable(byte)) {
      out += character;
    } else {
      append_hex_escape(out, byte);
    }
    if (out.size() > bytes_max) {
      out.resize(fits_with_dots);
      return out.append(dots.substr(0, bytes_max - fits_with_dots));
    }
    if (out.size() + dots.size() <= bytes_max) fits_with_dots = out.size();
  }
  return out;
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  for (std::size_t at = 0; at < text.size();) {
    std::size_t plain = at;  // whole runs at once: nearly all text is plain
    while (plain < text.size() && is_plain_json(text[plain])) ++plain;
    out.append(text, at, plain - at);
    at = plain;
    if (at == text.size()) break;
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte < 0x80) {
      append_json_ascii(out, byte);
      ++at;
      continue;
    }
    const Utf8Character character = read_utf8(text.substr(at));
    if (character.length == 0) {
      append_unicode_escape(out, 0xfffd);
    } else if (is_obeyed(character.point)) {
      append_unicode_escape(out, character.point);
    } else {
      out.append(text, at, character.length);
    }
    at += std::max<std::size_t>(character.length, 1);
  }
  out += '"';
}

std::string_view cut_utf8(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t end = bytes_max;
  while (end > 0 && bytes_max - end < 3 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) {
    --end;
  }
  return text.substr(0, end);
}

std::string nearest_word(std::string_view word, const std::vector<std::string>& known) {
  std::string nearest;
  if (word.size() > word_bytes_max) return nearest;
  // A word of two letters is one edit from everything: keep at least half of what was typed.
  std::size_t least = std::min(edits_max, (word.size() + 1) / 2) + 1;
  for (const std::string& candidate : known) {
    if (candidate.size() > word.size() + edits_max) continue;
    const std::size_t distance = edit_distance(word, candidate);
    if (distance >= least) continue;
    least = distance;
    nearest = candidate;
  }
  return nearest;
}

}  // namespace hanse
