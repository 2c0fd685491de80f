// SPDX-License-Identifier: Apache-2.0
#include "protocols/irc/tags.h"

#include <algorithm>

#include "protocols/irc/limits.h"
#include "protocols/irc/line_maker.h"
#include "server/base/text.h"

namespace hanse::irc {
namespace {

constexpr std::string_view let_pass_by_solanum[] = {"+reply", "+typing", "+channel-context"};

bool is_time(std::string_view value) {
  return value.size() == std::string_view("2026-01-06T11:02:10.123Z").size() &&
         value.find_first_not_of("0123456789-:.TZ") == std::string_view::npos;
}

bool is_msgid(std::string_view value) {
  return !value.empty() && value.size() <= limits::msgid_bytes_max &&
         std::ranges::all_of(value, [](char one) { return one > ' ' && one < 0x7f; });
}

bool passes(std::string_view name, std::string_view value, const TagsKept& kept) {
  if (name == "time") return kept.time && is_time(value);
  if (name == "msgid") return kept.msgid && is_msgid(value);
  if (!kept.client || name.size() < 2 || name.front() != '+') return false;
  return !kept.few_of_client || std::ranges::find(let_pass_by_solanum, name) !=
                                    std::end(let_pass_by_solanum);
}

}  // namespace

// irc 1.3: of a name that comes twice the last value counts; here the receiver sees both and does
// the same. Values stay as they are escaped.
std::string passing_tags(std::string_view section, const TagsKept& kept) {
  std::string out;
  if (section.empty() || !(kept.time || kept.msgid || kept.client)) return out;
  std::size_t count = 0;
  for (const std::string_view one : split(section, ';')) {
    const std::size_t equals = std::min(one.find('='), one.size());
    const std::string_view value = one.substr(std::min(equals + 1, one.size()));
    if (!passes(one.substr(0, equals), value, kept)) continue;
    if (++count > limits::tags_max ||
        out.size() + one.size() > limits::tags_passed_bytes_max)
      break;
    if (!out.empty()) out += ';';
    out += one;
  }
  return out;
}

bool write_said(const Said& said, const TagsKept& kept, std::string_view source,
                std::string& out) {
  TagsKept here = kept;
  here.msgid &= !said.goes_on;
  const std::string tags = passing_tags(said.tags, here);
  const bool only_tags = said.kind == Said::Kind::only_tags;
  if (only_tags && tags.find('+') == std::string::npos) return false;
  const std::size_t before = out.size();
  if (!tags.empty()) out.append("@").append(tags).append(" ");
  LineMaker make(out);
  const bool good =
      only_tags ? make.words(source, "TAGMSG", {said.target})
                : make.text(source, said.kind == Said::Kind::notice ? "NOTICE" : "PRIVMSG",
                            {said.target}, said.text);
  if (!good) out.resize(before);
  return good;
}

}  // namespace hanse::irc
