// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/letters.h"

#include "federation/message.h"
#include "tests/sim/edge.h"
#include "tests/sim/setup.h"

namespace hanse::sim {

namespace {

constexpr std::uint64_t recipients_most = 8;
constexpr std::uint64_t line_octets_most = 900;   // below the 998 of RFC 5322 2.1.1

}  // namespace

std::vector<Letter> LetterBox::draw(int from) {
  std::vector<Letter> out(1 + random_.below(3));
  for (Letter& letter : out) letter = draw_letter(from);
  return out;
}

Letter LetterBox::draw_letter(int from) {
  Letter letter;
  letter.token = "m" + std::to_string(++letters_);
  letter.from = {"smtp", letter.token, node_domain(from)};
  const std::size_t recipients = random_.below(2) == 0 ? 1 : 1 + random_.below(recipients_most);
  while (letter.to.size() < recipients) letter.to.push_back(draw_recipient(letter.to.size()));
  letter.content = draw_content(letter);
  return letter;
}

Address LetterBox::draw_recipient(std::size_t number) {
  Address to{"smtp", "r" + std::to_string(number), domain_unknown};
  const std::uint64_t kind = random_.below(100);
  if (kind == 0) return to;
  to.domain = domain_without_mail;
  if (kind == 1) return to;
  to.domain = node_domain(1 + static_cast<int>(random_.below(static_cast<std::uint64_t>(nodes_))));
  if (kind < 9) to.local = std::string(Edge::dead_mark) + to.local;
  return to;
}

std::string LetterBox::draw_content(const Letter& letter) {
  const std::size_t size = draw_size();
  std::string out = "From: " + to_text(letter.from) + "\r\nMessage-ID: <" +
                    to_text(letter.from) + ">\r\nSubject: letter " + letter.token + "\r\n\r\n";
  out.reserve(size + line_octets_most);
  while (out.size() < size) out += draw_line();
  return out;
}

std::size_t LetterBox::draw_size() {
  switch (random_.below(20)) {
    case 0: return 240'000 + random_.below(160'000);   // streams while it is received
    case 1: return 60'000 + random_.below(100'000);    // around the size of a body file
    case 2:
    case 3: return 4'000 + random_.below(40'000);
    default: return random_.below(2'000);
  }
}

// Lines a careless hand would spoil: dots, blanks, an empty one, octets above 127.
std::string LetterBox::draw_line() {
  switch (random_.below(12)) {
    case 0: return ".\r\n";
    case 1: return "..\r\n";
    case 2: return "\r\n";
    case 3: return ".at the beginning\r\n";
    case 4: return "Received: not a trace field \t \r\n";
    case 5: return "Gr\xc3\xbc\xc3\x9f" "e\r\n";
    default: break;
  }
  const auto octet = static_cast<char>('a' + random_.below(26));
  return std::string(1 + random_.below(line_octets_most), octet) + "\r\n";
}

}  // namespace hanse::sim
