// SPDX-License-Identifier: Apache-2.0
#include "federation/queue_admin.h"

#include <array>

#include "server/base/text.h"

namespace hanse {

namespace {

constexpr std::array<std::string_view, 9> state_names{
    "ready", "active", "deferred", "held", "quarantine", "delivered", "failed", "expired",
    "discarded"};

struct Term {
  std::string_view key;
  char sign;                            // '=', '>' or '<'
  std::string_view value;
};

Error usage(std::string_view term, std::string_view why) {
  return Error{Fault::never, "selector term \"" + escape_text(term) + "\": " + std::string(why)};
}

Result<void> set_text(std::optional<std::string>& place, const Term& term) {
  if (place) return usage(term.key, "given twice");
  place = std::string(term.value);
  return {};
}

Result<void> set_age(Selector& selector, const Term& term) {
  const Result<Duration> age = parse_duration(term.value);
  if (!age) return usage(term.value, "age needs a duration such as 2h");
  (term.sign == '>' ? selector.older_than : selector.younger_than) = *age;
  return {};
}

Result<void> set_size(Selector& selector, const Term& term) {
  const Result<std::int64_t> bytes = parse_bytes(term.value);
  if (!bytes || *bytes < 0) return usage(term.value, "size needs bytes such as 64KiB");
  (term.sign == '>' ? selector.larger_than : selector.smaller_than) =
      static_cast<std::uint64_t>(*bytes);
  return {};
}

Result<void> set_status(Selector& selector, const Term& term) {
  for (std::size_t at = 0; at < state_names.size(); ++at) {
    if (!equal_ascii_case(term.value, state_names[at])) continue;
    selector.status = static_cast<LegState>(at);
    return {};
  }
  std::string known;
  for (std::string_view name : state_names) {
    known += (known.empty() ? "" : ", ") + std::string(name);
  }
  return usage(term.value, "status is one of " + known);
}

using Set = Result<void> (*)(Selector&, const Term&);
struct Key {
  std::string_view name;
  std::string_view signs;
  Set set;
};

constexpr Key keys[] = {
    {"id", "=", [](Selector& s, const Term& t) { return set_text(s.id, t); }},
    {"dest", "=", [](Selector& s, const Term& t) { return set_text(s.dest, t); }},
    {"proto", "=", [](Selector& s, const Term& t) { return set_text(s.protocol, t); }},
    {"from", "=", [](Selector& s, const Term& t) { return set_text(s.from, t); }},
    {"to", "=", [](Selector& s, const Term& t) { return set_text(s.to, t); }},
    {"status", "=", set_status},
    {"age", "><", set_age},
    {"size", "><", set_size},
};

Result<void> set(Selector& selector, std::string_view word) {
  const std::size_t at = word.find_first_of("=<>");
  if (at == std::string_view::npos) return usage(word, "expected key=value, age>2h or size>1MiB");
  const Term term{word.substr(0, at), word[at], word.substr(at + 1)};
  if (term.value.empty()) return usage(word, "the value is missing");
  std::vector<std::string> names;
  for (const Key& key : keys) {
    names.emplace_back(key.name);
    if (!equal_ascii_case(key.name, term.key)) continue;
    if (key.signs.find(term.sign) == std::string_view::npos) {
      return usage(word, "expected " + std::string(key.name) + " with one of " +
                             std::string(key.signs));
    }
    return key.set(selector, term);
  }
  const std::string nearest = nearest_word(lower_ascii(term.key), names);
  return usage(word, nearest.empty() ? "unknown key" : "unknown key, did you mean " + nearest);
}

}  // namespace

std::string_view leg_state_name(LegState state) {
  return state_names[static_cast<std::size_t>(state)];
}

bool Selector::empty() const {
  return !id && !dest && !protocol && !from && !to && !status && !older_than && !younger_than &&
         !larger_than && !smaller_than;
}

// Terms may come as one word each or several in one, joined by spaces or "and".
Result<Selector> parse_selector(const std::vector<std::string>& terms) {
  Selector selector;
  for (const std::string& term : terms) {
    for (std::string_view word : split(term, ' ')) {
      if (word.empty() || equal_ascii_case(word, "and")) continue;
      if (Result<void> done = set(selector, word); !done) return done.error();
    }
  }
  return selector;
}

}  // namespace hanse
