// SPDX-License-Identifier: Apache-2.0
#include "protocols/irc/extbans.h"

#include <algorithm>

namespace hanse::irc {
namespace {

// InspIRCd's letters and, from version 4 on, names; TS6 has letters behind a '$'.
struct EffectRow {
  BanEffect effect;
  char letter, behind_dollar;
  std::string_view name;
};
constexpr EffectRow effects[] = {{BanEffect::talk, 'm', 'm', "mute"},
                                 {BanEffect::nick, 'N', 'n', "nonick"}};
struct MatchRow {
  BanMatch match;
  char letter, behind_dollar;
  std::string_view name;
};
constexpr MatchRow matches_by[] = {{BanMatch::account, 'R', 'a', "account"},
                                   {BanMatch::realname, 'r', 'r', "realname"},
                                   {BanMatch::channel, 'j', 'c', "channel"},
                                   {BanMatch::no_account, 'U', 0, "unauthed"}};

constexpr std::string_view anybody = "*!*@*";

bool is_anybody(std::string_view text) { return text.empty() || text == "*" || text == anybody; }

template <class Row>
const Row* named(const Row* begin, const Row* end, bool dollar, std::string_view word) {
  const Row* const row = std::find_if(begin, end, [&](const Row& one) {
    if (dollar) return word.size() == 1 && word.front() == one.behind_dollar;
    return word == one.name || (word.size() == 1 && word.front() == one.letter);
  });
  return row == end ? nullptr : row;
}

// "R:alice" or "$a:alice" in two; nothing: it is no extended ban.
struct Parts {
  std::string_view word, rest;
};
std::optional<Parts> parts_of(bool dollar, std::string_view text) {
  if (dollar != text.starts_with('$')) return std::nullopt;
  if (dollar) text.remove_prefix(1);
  const std::size_t colon = text.find(':'), person = text.find_first_of("!@");
  if (!dollar && (colon == std::string_view::npos || colon > person)) return std::nullopt;
  const std::size_t end = std::min(colon, text.size());
  return Parts{text.substr(0, end), text.substr(std::min(end + 1, text.size()))};
}

bool has(const DialectFacts& facts, char letter) {
  return facts.extban_letters.find(letter) != std::string::npos;
}

std::string written(bool dollar, char letter, std::string_view rest) {
  return std::string(dollar ? "$" : "").append(1, letter).append(":").append(rest);
}

}  // namespace

std::optional<BanMeaning> read_ban(const DialectFacts& facts, Mode list, std::string_view text) {
  const bool dollar = facts.extbans == Extbans::dollars;
  BanMeaning out;
  if (list == Mode::quiet) out.effect = BanEffect::talk;
  std::optional<Parts> parts =
      facts.extbans == Extbans::none ? std::nullopt : parts_of(dollar, text);
  if (parts) {
    const EffectRow* effect =
        named(std::begin(effects), std::end(effects), dollar, parts->word);
    if (effect != nullptr && list == Mode::ban && out.effect == BanEffect::entry) {
      out.effect = effect->effect;
      text = parts->rest;
      parts = parts_of(dollar, text);
    }
  }
  if (parts) {
    if (parts->word == "~a" && is_anybody(parts->rest)) {
      out.match = BanMatch::no_account;
      return out;
    }
    const MatchRow* match =
        named(std::begin(matches_by), std::end(matches_by), dollar, parts->word);
    if (match == nullptr) return std::nullopt;
    out.match = match->match;
    out.value = parts->rest;
    if (out.match == BanMatch::account && dollar && out.value.empty()) out.value = "*";
    // Of one that is not logged in nothing else can be said elsewhere.
    if (out.match == BanMatch::no_account && !is_anybody(out.value)) return std::nullopt;
    if (out.match != BanMatch::no_account && out.value.empty()) return std::nullopt;
    return out;
  }
  // solanum: who is banned is sent on to another channel, of that network alone.
  if (dollar) text = text.substr(0, text.find('$'));
  const std::size_t end = text.find('!');
  if (end == std::string_view::npos || text.substr(0, end).find_first_of(":$~") != text.npos)
    return std::nullopt;
  out.value = text;
  return out;
}

std::optional<std::string> write_ban(const DialectFacts& facts, const ModeTable& modes,
                                     const BanMeaning& meaning, Mode& list) {
  const bool dollar = facts.extbans == Extbans::dollars;
  std::string out(meaning.value);
  if (meaning.match == BanMatch::no_account) {
    if (!has(facts, dollar ? '~' : 'U')) return std::nullopt;
    out = dollar ? "$~a" : written(dollar, 'U', anybody);
  } else if (meaning.match != BanMatch::mask) {
    const auto row = std::ranges::find(matches_by, meaning.match, &MatchRow::match);
    const char letter = dollar ? row->behind_dollar : row->letter;
    if (!has(facts, letter)) return std::nullopt;
    out = written(dollar, letter, meaning.value);
  }
  if (meaning.effect == BanEffect::entry) {
    if (modes.by_mode(list) == nullptr) return std::nullopt;
    return out;
  }
  if (meaning.effect == BanEffect::talk && modes.by_mode(Mode::quiet) != nullptr) {
    list = Mode::quiet;
    return out;
  }
  const auto row = std::ranges::find(effects, meaning.effect, &EffectRow::effect);
  const char letter = dollar ? row->behind_dollar : row->letter;
  if (facts.extbans == Extbans::none || !has(facts, letter)) return std::nullopt;
  list = Mode::ban;
  return written(dollar, letter, out);
}

}  // namespace hanse::irc
