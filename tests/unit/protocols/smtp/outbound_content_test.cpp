// SPDX-License-Identifier: Apache-2.0
#include "protocols/smtp/outbound_content.h"

#include "tests/catch.h"

namespace hanse::smtp {
namespace {

// The bytes on the wire, or "refused: " and why.
std::string stuff(std::string_view body, std::size_t cut, std::size_t other_cut) {
  Stuffer stuffer;
  std::string out;
  const std::string_view pieces[] = {body.substr(0, cut), body.substr(cut, other_cut - cut),
                                     body.substr(other_cut)};
  for (const std::string_view piece : pieces) {
    const Result<void> done = stuffer.append(piece, out);
    if (!done) return "refused: " + done.error().what;
  }
  const Result<void> done = stuffer.finish(out);
  return done ? out : "refused: " + done.error().what;
}

void good(std::string_view body, std::string_view wire) {
  for (std::size_t cut = 0; cut <= body.size(); ++cut)
    for (std::size_t other = cut; other <= body.size(); ++other)
      CHECK(stuff(body, cut, other) == wire);
}

void bad(std::string_view body) {
  for (std::size_t cut = 0; cut <= body.size(); ++cut)
    CHECK(stuff(body, cut, body.size()).starts_with("refused: "));
}

TEST_CASE("RFC 5321 4.5.2 dots at line starts are doubled, cut anywhere") {
  good("", ".\r\n");
  good("a\r\n", "a\r\n.\r\n");
  good(".\r\n", "..\r\n.\r\n");
  good("..a\r\n", "...a\r\n.\r\n");
  good("a.\r\n.b\r\n\r\n.\r\nc\r\n", "a.\r\n..b\r\n\r\n..\r\nc\r\n.\r\n");
  good("a", "a\r\n.\r\n");
  good(".", "..\r\n.\r\n");
}

TEST_CASE("C-3 bare CR, bare LF and NUL never leave, cut anywhere") {
  bad("a\nb\r\n");
  bad("\n");
  bad("a\rb\r\n");
  bad("a\r\r\n");
  bad("a\r");
  bad("\r\r");
  bad("a\r\n\n.\r\n");
  bad("a\n.\r\n");
  bad("a\r\n.\rQUIT\r\n");
  bad(std::string_view("a\0b\r\n", 5));
}

TEST_CASE("C-3 lines of 998 octets pass, of 999 do not, in one piece and in two") {
  const std::string longest(text_line_octets_max, 'x');
  CHECK(stuff(longest + "\r\n", 0, 0) == longest + "\r\n.\r\n");
  CHECK(stuff(longest + "\r\n", 500, 998) == longest + "\r\n.\r\n");
  CHECK(stuff(longest + "\r\n", 999, 999) == longest + "\r\n.\r\n");
  CHECK(stuff(longest + "x\r\n", 0, 0).starts_with("refused"));
  CHECK(stuff(longest + "x\r\n", 500, 998).starts_with("refused"));
  CHECK(stuff(longest + "x", 0, 0).starts_with("refused"));
  Stuffer patient(long_text_line_octets_max);  // D-5 long_lines = accept
  std::string out;
  CHECK(patient.append(longest + "x\r\n", out).has_value());
}

}  // namespace
}  // namespace hanse::smtp
