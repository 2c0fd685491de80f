// SPDX-License-Identifier: Apache-2.0
#include "protocols/irc/redactor.h"

#include <algorithm>
#include <span>
#include <utility>

#include "server/base/limits.h"
#include "server/base/text.h"

namespace hanse::irc {
namespace {

constexpr std::string_view cut_mark = "[cut]";

// Everything behind these is a secret or may be one.
constexpr std::string_view secret[] = {"PASS", "OPER", "SASL", "AUTHENTICATE", "SVSLOGIN"};
// Their modes may set the key of a channel.
constexpr std::string_view with_modes[] = {"MODE", "FMODE", "TMODE", "SJOIN", "FJOIN", "CHANINFO"};
// What comes behind the colon was written by somebody.
constexpr std::string_view of_people[] = {
    "PRIVMSG", "NOTICE", "SQUERY", "TOPIC", "FTOPIC", "TB", "TBURST", "ETB", "QUIT", "PART",
    "KICK", "KILL", "AWAY", "WALLOPS", "OPERWALL", "GLOBOPS", "CHANINFO"};
// To services these say who somebody is.
constexpr std::string_view to_services[] = {"IDENTIFY", "ID", "LOGIN", "REGISTER", "AUTH", "GHOST",
                                            "RECOVER", "RELEASE", "REGAIN", "SET", "PASS", "OPER",
                                            "SETPASS", "LOGOUT", "GROUP", "DROP", "VERIFY",
                                            "CONFIRM", "SENDPASS"};

bool is_one(std::string_view word, std::span<const std::string_view> of) {
  return std::ranges::any_of(of, [word](std::string_view one) {
    return equal_ascii_case(word, one);
  });
}

std::string octets(std::string_view text) { return "[" + std::to_string(text.size()) + " octets]"; }

// Takes the next word off; of several spaces none is left.
std::string_view next_word(std::string_view& rest) {
  const std::string_view word = rest.substr(0, std::min(rest.find(' '), rest.size()));
  rest.remove_prefix(word.size());
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  return word;
}

std::string without_second(std::string_view rest) {
  const std::string_view name = next_word(rest);
  next_word(rest);
  return std::string(name) + " " + std::string(cut_mark) +
         (rest.empty() ? "" : " " + std::string(rest));
}

// Behind "+nk" comes a key, somewhere; "-k" names it as well.
std::string without_keys(std::string_view rest) {
  std::string out;
  bool cutting = false;
  while (!rest.empty() && rest.front() != ':') {
    const std::string_view word = next_word(rest);
    if (!cutting) out.append(out.empty() ? "" : " ").append(word);
    const bool modes = !word.empty() && (word.front() == '+' || word.front() == '-');
    if (cutting || !modes || word.find('k') == std::string_view::npos) continue;
    cutting = true;
    out.append(" ").append(cut_mark);
  }
  if (!rest.empty()) out.append(out.empty() ? "" : " ").append(rest);
  return out;
}

}  // namespace

LineRedactor::LineRedactor(const RedactorWish& wish) : bodies_(wish.bodies) {
  theirs_.placed = ours_.placed = !wish.midway;
}

void LineRedactor::read(bool from_peer, std::string_view bytes, std::vector<std::string>& lines) {
  Direction& way = from_peer ? theirs_ : ours_;
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::size_t most = limits::trace_line_bytes_max + 1;   // whoever cuts it says so
    way.line.append(bytes.substr(0, std::min(end, most - std::min(most, way.line.size()))));
    if (end == std::string_view::npos) return;
    bytes.remove_prefix(end + 1);
    std::string line = std::exchange(way.line, {});
    if (line.ends_with('\r')) line.pop_back();
    if (std::exchange(way.placed, true) && !line.empty()) {
      line = shown(line);
      line.resize(std::min(line.size(), most));
      lines.push_back(std::move(line));
    }
  }
}

std::string LineRedactor::shown(std::string_view line) const {
  std::string out;
  std::string_view rest = line;
  if (rest.starts_with('@')) {
    const std::string_view tags = next_word(rest);
    if (rest.empty()) return std::string(cut_mark);
    const bool of_clients = tags.find('+') != std::string_view::npos;
    out.append(of_clients && !bodies_ ? "@" + octets(tags) : std::string(tags)).append(" ");
  }
  if (rest.starts_with(':')) out.append(next_word(rest)).append(" ");
  std::string_view command = next_word(rest);
  out += command;
  if (equal_ascii_case(command, "ENCAP")) {   // "mask command ..."
    const std::string_view mask = next_word(rest);
    command = next_word(rest);
    out.append(" ").append(mask).append(" ").append(command);
  }
  if (rest.empty()) return out;
  if (is_one(command, secret)) return out.append(" ").append(cut_mark);
  if (equal_ascii_case(command, "SERVER")) return out.append(" ").append(without_second(rest));
  std::string kept(rest);
  if (is_one(command, with_modes)) kept = without_keys(rest);
  if (!is_one(command, of_people)) return out.append(" ").append(kept);
  rest = kept;
  const std::size_t colon = rest.starts_with(':') ? 0 : rest.find(" :");
  if (colon == std::string_view::npos)   // one word needs no colon
    return out.append(" ").append(bodies_ || rest.find(' ') == std::string_view::npos
                                      ? rest : cut_mark);
  const std::string_view head = rest.substr(0, rest[colon] == ':' ? colon : colon + 1);
  const std::string_view text = rest.substr(head.size() + 1);
  std::string_view first = text;
  const bool says_who = !head.starts_with('#') && is_one(next_word(first), to_services);
  out.append(" ").append(head).append(":");
  return out.append(says_who ? std::string(cut_mark) : bodies_ ? std::string(text) : octets(text));
}

}  // namespace hanse::irc
