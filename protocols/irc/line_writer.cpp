// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "protocols/irc/line.h"
#include "server/base/text.h"

namespace hanse::irc {
namespace {

constexpr std::string_view breaks_a_word("\0\r\n ", 4);

bool is_word(std::string_view text) {
  return !text.empty() && text.find_first_of(breaks_a_word) == std::string_view::npos;
}
bool is_middle(std::string_view text) { return is_word(text) && text.front() != ':'; }

Error unwritable(std::string_view part) {
  return {Fault::never, "no single word: " + std::string(part)};
}

Result<std::string> tag_section(std::span<const Tag> tags) {
  std::string section;
  for (const Tag& tag : tags) {
    if (!is_word(tag.key) || tag.key.find_first_of(";=") != std::string::npos) {
      return unwritable("tag");
    }
    section += section.empty() ? '@' : ';';
    section += tag.key;
    if (tag.value.empty()) continue;
    section += '=';
    append_tag_value(section, tag.value);
  }
  if (!section.empty()) section += ' ';
  if (section.size() > limits::tag_section_bytes_max) {
    return Error{Fault::never, "the tags are too long"};  // irc 1.4: a tag is never cut
  }
  return section;
}

std::string one_line(std::string_view text) {
  std::string flat;
  for (const char byte : text) {
    if (byte != '\0') flat += byte == '\r' || byte == '\n' ? ' ' : byte;
  }
  return flat;
}

}  // namespace

std::size_t cut_at_word(std::string_view text, std::size_t bytes_most) {
  if (text.size() <= bytes_most) return text.size();
  const std::size_t whole = cut_utf8(text, bytes_most).size();
  if (text[whole] == ' ') return whole;
  const std::size_t space = text.substr(0, whole).rfind(' ');
  // A word longer than half the line is cut: else a line could shrink to almost nothing.
  return space == std::string_view::npos || space < whole / 2 ? whole : space;
}

Result<void> append_line(std::string& out, const Draft& draft, std::size_t body_bytes_most) {
  Result<std::string> section = tag_section(draft.tags);
  if (!section) return section.error();
  std::string body;
  if (!draft.source.empty()) {
    if (!is_middle(draft.source)) return unwritable("source");
    body.append(":").append(draft.source).append(" ");
  }
  if (!is_middle(draft.command) || (body.empty() && draft.command.front() == '@')) {
    return unwritable("command");
  }
  body += draft.command;
  for (const std::string_view middle : draft.middle) {
    if (!is_middle(middle)) return unwritable("parameter");
    body.append(" ").append(middle);
  }
  if (draft.has_trailing) body += " :";
  if (body.size() > body_bytes_most) return Error{Fault::never, "the line is too long"};
  if (draft.has_trailing) {
    std::string text = one_line(draft.trailing);
    text.resize(cut_at_word(text, body_bytes_most - body.size()));
    body += text;
  }
  out.append(*section).append(body).append("\r\n");
  return {};
}

std::vector<std::string> message_lines(std::string_view text, std::size_t bytes_most,
                                       std::size_t lines_most) {
  std::string clean;
  for (const char byte : text) {
    if (byte != '\0' && byte != '\x01') clean += byte == '\r' ? '\n' : byte;
  }
  std::vector<std::string> lines;
  std::size_t count = 0;
  for (std::string_view line : split(clean, '\n')) {
    while (!line.empty()) {
      // A character wider than the line itself cannot be kept whole; it must still be consumed.
      const std::size_t length =
          std::max<std::size_t>(cut_at_word(line, std::max<std::size_t>(bytes_most, 1)), 1);
      if (++count <= lines_most) lines.emplace_back(line.substr(0, length));
      line.remove_prefix(length);
      line.remove_prefix(line.starts_with(' ') ? 1 : 0);
    }
  }
  if (count > lines_most) {
    lines.push_back("... (truncated, " + std::to_string(count - lines_most) + " lines)");
  }
  return lines;
}

}  // namespace hanse::irc
