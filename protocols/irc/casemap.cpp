// SPDX-License-Identifier: Apache-2.0
#include "protocols/irc/casemap.h"

#include <algorithm>

namespace hanse::irc {
namespace {

char fold_byte(Casemap casemap, char byte) {
  if (byte >= 'A' && byte <= 'Z') return static_cast<char>(byte - 'A' + 'a');
  if (casemap == Casemap::ascii) return byte;
  switch (byte) {
    case '[': return '{';
    case ']': return '}';
    case '\\': return '|';
    case '~': return casemap == Casemap::rfc1459 ? '^' : byte;  // RFC 2812 2.2
    default: return byte;
  }
}

}  // namespace

std::optional<Casemap> casemap_named(std::string_view name) {
  for (const Casemap one : {Casemap::ascii, Casemap::strict_rfc1459, Casemap::rfc1459}) {
    if (casemap_name(one) == name) return one;
  }
  return std::nullopt;
}

std::string_view casemap_name(Casemap casemap) {
  switch (casemap) {
    case Casemap::ascii: return "ascii";
    case Casemap::strict_rfc1459: return "strict-rfc1459";
    case Casemap::rfc1459: return "rfc1459";
  }
  return "rfc1459";
}

std::string fold(Casemap casemap, std::string_view name) {
  std::string folded(name);
  for (char& byte : folded) byte = fold_byte(casemap, byte);
  return folded;
}

bool same_name(Casemap casemap, std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [casemap](char x, char y) {
    return fold_byte(casemap, x) == fold_byte(casemap, y);
  });
}

bool matches(Casemap casemap, std::string_view mask, std::string_view text) {
  constexpr std::size_t none = std::string_view::npos;
  std::size_t at = 0, star = none, resume = 0, here = 0;
  while (here < text.size()) {
    const bool fits =
        at < mask.size() && mask[at] != '*' &&
        (mask[at] == '?' || fold_byte(casemap, mask[at]) == fold_byte(casemap, text[here]));
    if (fits) {
      ++at, ++here;
    } else if (at < mask.size() && mask[at] == '*') {
      star = at++;
      resume = here;
    } else if (star != none) {
      at = star + 1;
      here = ++resume;
    } else {
      return false;
    }
  }
  return mask.find_first_not_of('*', at) == none;
}

}  // namespace hanse::irc
