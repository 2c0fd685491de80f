// SPDX-License-Identifier: Apache-2.0
#include "protocols/smtp/reply.h"

#include <algorithm>

namespace hanse::smtp {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// C-4: three digits, the first 2 to 5; anything else is no reply. 0 when not a code.
int parse_code(std::string_view line) {
  if (line.size() < 3) return 0;
  if (line[0] < '2' || line[0] > '5' || !is_digit(line[1]) || !is_digit(line[2])) return 0;
  return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

// Length of ".ddd" at `at`, 0 when there is none.
std::size_t dotted_number(std::string_view text, std::size_t at) {
  if (at >= text.size() || text[at] != '.') return 0;
  std::size_t digits = 0;
  while (digits < 4 && at + 1 + digits < text.size() && is_digit(text[at + 1 + digits])) ++digits;
  return digits >= 1 && digits <= 3 ? digits + 1 : 0;
}

}  // namespace

std::string to_text(const Reply& reply) {
  std::string out = std::to_string(reply.code);
  if (!reply.text.empty()) out.append(" ").append(reply.text, 0, reply_kept_octets_max);
  std::replace(out.begin(), out.end(), '\n', ' ');
  return out;
}

std::string enhanced_status(int code, std::string_view text) {
  // RFC 2034 4: class "." subject "." detail, and the class is that of the reply.
  if (text.empty() || text[0] != static_cast<char>('0' + code / 100)) return {};
  const std::size_t subject = dotted_number(text, 1);
  const std::size_t detail = subject == 0 ? 0 : dotted_number(text, 1 + subject);
  if (detail == 0) return {};
  const std::size_t end = 1 + subject + detail;
  if (end < text.size() && text[end] != ' ' && text[end] != '\n') return {};
  return std::string(text.substr(0, end));
}

ReplyReader::Next ReplyReader::next(std::string_view& bytes, Reply& out) {
  while (!bytes.empty()) {
    const std::size_t newline = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, newline);
    if (held_.size() + piece.size() > reply_line_octets_max) return fail("reply line too long");
    bytes.remove_prefix(newline == std::string_view::npos ? bytes.size() : newline + 1);
    if (newline == std::string_view::npos) {
      held_.append(piece);
      return Next::more;
    }
    Next state = Next::more;
    if (held_.empty()) {
      state = take_line(piece, out);
    } else {
      held_.append(piece);
      state = take_line(held_, out);
      held_ = std::string();
    }
    if (state != Next::more) return state;
  }
  return Next::more;
}

ReplyReader::Next ReplyReader::take_line(std::string_view line, Reply& out) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  const int code = parse_code(line);
  const char mark = line.size() > 3 ? line[3] : ' ';
  if (code == 0 || (mark != ' ' && mark != '-')) return fail("not an SMTP reply");
  if (lines_ > 0 && code != reply_.code) return fail("reply lines with different codes");
  if (++lines_ > reply_lines_max) return fail("reply of too many lines");
  if (reply_.text.size() + line.size() > reply_octets_max) return fail("reply too long");
  reply_.code = code;
  if (lines_ > 1) reply_.text += '\n';
  if (line.size() > 4) reply_.text.append(line.substr(4));
  if (mark == '-') return Next::more;
  reply_.status = enhanced_status(code, reply_.text);
  out = std::move(reply_);
  reply_ = Reply{};
  lines_ = 0;
  return Next::reply;
}

ReplyReader::Next ReplyReader::fail(std::string_view why) {
  why_ = why;
  return Next::broken;
}

}  // namespace hanse::smtp
