// SPDX-License-Identifier: Apache-2.0
#include "protocols/smtp/outbound_offer.h"

#include <vector>

#include "server/base/text.h"

namespace hanse::smtp {

namespace {

// RFC 9422 4: a malformed value makes the whole line count for nothing (E-7).
std::size_t recipients_limit(const std::vector<std::string_view>& words) {
  std::size_t limit = 0;
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (words[i].empty()) continue;
    const std::size_t equals = words[i].find('=');
    if (equals == 0 || equals == std::string_view::npos) return 0;
    const Result<std::int64_t> value = parse_integer(words[i].substr(equals + 1));
    if (!value || *value <= 0 || *value > 999'999) return 0;
    if (equal_ascii_case(words[i].substr(0, equals), "RCPTMAX"))
      limit = static_cast<std::size_t>(*value);
  }
  return limit;
}

void take_line(std::string_view line, Offer& offer) {
  const std::vector<std::string_view> words = split(trim(line), ' ');
  const std::string_view keyword = words.front();
  if (equal_ascii_case(keyword, "PIPELINING")) offer.pipelining = true;
  if (equal_ascii_case(keyword, "8BITMIME")) offer.eight_bit = true;
  if (equal_ascii_case(keyword, "CHUNKING")) offer.chunking = true;
  if (equal_ascii_case(keyword, "STARTTLS")) offer.starttls = true;
  if (equal_ascii_case(keyword, "LIMITS")) offer.recipients_max = recipients_limit(words);
  if (equal_ascii_case(keyword, "SIZE")) {
    offer.size = true;
    const Result<std::int64_t> most = words.size() > 1 ? parse_integer(words[1]) : 0;
    if (most && *most > 0) offer.size_max = static_cast<std::uint64_t>(*most);
  }
}

}  // namespace

Offer parse_offer(std::string_view text) {
  Offer offer;
  std::size_t at = text.find('\n');
  while (at != std::string_view::npos) {
    const std::size_t end = text.find('\n', at + 1);
    take_line(text.substr(at + 1, end == std::string_view::npos ? end : end - at - 1), offer);
    at = end;
  }
  return offer;
}

}  // namespace hanse::smtp
