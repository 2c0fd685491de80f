// SPDX-License-Identifier: Apache-2.0
#include "protocols/smtp/redactor.h"

#include "tests/catch.h"

using namespace hanse;

namespace {

struct Said {
  bool client;
  std::string_view bytes;
};

std::string shown(std::initializer_list<Said> talk, RedactorWish wish = {}, std::size_t step = 1) {
  smtp::MailRedactor redactor(wish);
  std::string out;
  for (const Said& one : talk) {
    std::string_view rest = one.bytes;
    std::vector<std::string> lines;
    while (!rest.empty()) {
      const std::string_view part = rest.substr(0, step);
      redactor.read(one.client != wish.dialled, part, lines);
      rest.remove_prefix(part.size());
    }
    for (const std::string& line : lines) out += (one.client ? "C " : "S ") + line + "\n";
  }
  return out;
}

const std::initializer_list<Said> delivery = {
    {false, "220 mx\r\n"},
    {true, "MAIL FROM:<u@b.example>\r\nRCPT TO:<v@a.example>\r\nDATA\r\n"},
    {false, "250 ok\r\n250 ok\r\n354 go\r\n"},
    {true, "Subject: TOPSECRET\r\n\r\nTOPSECRET\r\n.\r\nQUIT\r\n"},
    {false, "250 queued\r\n221 bye\r\n"},
};

}  // namespace

TEST_CASE("smtp redactor: commands and replies, of a message its size", "[smtp]") {
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{10'000}}) {
    for (const bool dialled : {false, true}) {
      CHECK(shown(delivery, {.dialled = dialled}, step) ==
            "S 220 mx\nC MAIL FROM:<u@b.example>\nC RCPT TO:<v@a.example>\nC DATA\nS 250 ok\n"
            "S 250 ok\nS 354 go\nC [33 octets]\nC .\nC QUIT\nS 250 queued\nS 221 bye\n");
    }
  }
}

TEST_CASE("smtp redactor: bodies when asked for", "[smtp]") {
  CHECK(shown({{false, "354 go\r\n"}, {true, "hello\r\n.\r\n"}}, {.bodies = true}) ==
        "S 354 go\nC hello\nC .\n");
}

TEST_CASE("smtp redactor: BDAT by its count", "[smtp]") {
  CHECK(shown({{true, "BDAT 11\r\nTOP\r\nSECRETBDAT 9 LAST\r\nTOPSECRETQUIT\r\n"}}) ==
        "C BDAT 11\nC [11 octets]\nC BDAT 9 LAST\nC [9 octets]\nC QUIT\n");
}

TEST_CASE("smtp redactor: the content of a chunk in lines, however it came in", "[smtp]") {
  const std::string expected = "C BDAT 9\nC one\nC two!\nC QUIT\n";
  CHECK(shown({{true, "BDAT 9\r\none\ntwo!"}, {true, "\nQUIT\r\n"}}, {.bodies = true}) == expected);
  CHECK(shown({{true, "BDAT 9\r\no"}, {true, "ne\nt"}, {true, "wo!\nQUIT\r\n"}},
              {.bodies = true}) == expected);
}

TEST_CASE("smtp redactor: what AUTH carries is cut", "[smtp]") {
  CHECK(shown({{true, "AUTH PLAIN TOPSECRET\r\nauth login\r\n"},
               {false, "334 TOPSECRET\r\n"},
               {true, "TOPSECRET\r\nNOOP\r\n"}}, {.bodies = true}) ==
        "C AUTH PLAIN [cut]\nC auth login\nS 334 [cut]\nC [cut]\nC NOOP\n");
}

TEST_CASE("smtp redactor: begun in the middle the client is silent until it is answered",
          "[smtp]") {
  CHECK(shown({{true, "TOPSECRET\r\n.\r\n"}, {false, "250 queued\r\n"}, {true, "QUIT\r\n"}},
              {.midway = true}) == "S 250 queued\nC QUIT\n");
}
