// SPDX-License-Identifier: Apache-2.0
#include "protocols/smtp/data.h"

#include <ctime>

#include "server/base/random.h"
#include "tests/catch.h"

namespace hanse {
namespace {

using smtp::DataReader;
using smtp::DataRules;

// The rules D-1 to D-3 and D-5 once more, one octet at a time and as plainly as possible.
struct Reference {
  explicit Reference(const DataRules& rules) : rules_(rules) {}

  std::size_t read(const std::string& input) {
    std::size_t at = 0;
    bool line_start = true;
    while (at < input.size()) {
      if (line_start && input.compare(at, 3, ".\r\n") == 0) {
        done_ = true;
        return at + 3;
      }
      if (line_start && input[at] == '.') ++at;
      line_start = false;
      if (at == input.size()) break;
      if (input.compare(at, 2, "\r\n") == 0) {
        line_end();
        line_start = true;
        at += 2;
        continue;
      }
      const char octet = input[at++];
      if (octet == '\r' || octet == '\n' || octet == '\0') {
        bad_ = true;
        if (rules_.normalize && octet != '\0') line_end();
      } else {
        body_ += octet;
        long_ = long_ || ++column_ > rules_.line_octets_max;
      }
    }
    return at;
  }
  void line_end() {
    body_ += "\r\n";
    column_ = 0;
  }

  DataRules rules_;
  std::string body_;
  std::size_t column_ = 0;
  bool done_ = false, bad_ = false, long_ = false;
};

std::string random_input(Random& random) {
  constexpr std::string_view pieces[] = {"\r", "\n", ".", "\r\n", "\r\n.", "a", "bc", "\r\n.\r",
                                         "\xc3\xbc"};
  std::string input;
  for (std::uint64_t i = random.below(30); i > 0; --i) {
    const std::uint64_t piece = random.below(std::size(pieces) + 1);
    if (piece == std::size(pieces)) input += '\0';
    else input += pieces[piece];
  }
  return input + "\r\n.\r\nrest";
}

TEST_CASE("D-1 D-2 D-3 D-5 random content in random segments reads as the plain rules say") {
  SeededRandom random(20240106);
  for (int round = 0; round < 30000; ++round) {
    const std::string input = random_input(random);
    DataRules rules;
    rules.normalize = round % 2 == 0;
    rules.line_octets_max = 5;
    Reference reference(rules);
    const std::size_t end = reference.read(input);
    DataReader reader(rules);
    std::string body;
    std::size_t at = 0;
    while (at < input.size() && !reader.done()) {
      const std::string segment = input.substr(at, 1 + random.below(6));
      std::string_view rest = segment;
      reader.feed(rest, body);
      at += segment.size() - rest.size();
    }
    INFO("round " << round);
    REQUIRE(reader.done() == reference.done_);
    REQUIRE(at == end);
    REQUIRE(reader.eaten() == end);
    REQUIRE(reader.bad_octet() == (reference.bad_ && !rules.normalize));
    if (!reader.bad_octet()) REQUIRE(reader.line_too_long() == reference.long_);
    if (!reader.lost()) {
      REQUIRE(body == reference.body_);
      REQUIRE(reader.size() == body.size());
      REQUIRE(reader.high_octet() == (body.find('\xc3') != std::string::npos));
    }
  }
}

TEST_CASE("D-8 what is over the size is counted and not kept") {
  DataRules rules;
  rules.size_max = 10;
  DataReader reader(rules);
  std::string body;
  const std::string input = "12345678\r\n";
  std::string_view rest = input;
  reader.feed(rest, body);
  CHECK_FALSE(reader.too_big());
  CHECK(body.size() == 10);
  for (int i = 0; i < 1000; ++i) {
    rest = input;
    reader.feed(rest, body);
  }
  CHECK(reader.too_big());
  CHECK(reader.size() == 10010);
  CHECK(body.size() == 10);
}

// The bound, of the processor's time, is far above what linear work needs and far below what
// quadratic work would take.
TEST_CASE("V-1 no content makes reading it slow") {
  const std::string pieces[] = {"\r", "\n", std::string(1, '\0'), "\r\n..", "\n.\rx", "x"};
  for (const std::string& piece : pieces) {
    std::string input;
    while (input.size() < 1024 * 1024) input += piece;
    DataRules rules;
    rules.normalize = true;
    DataReader reader(rules);
    std::string body;
    std::string_view rest = input;
    const std::clock_t begun = std::clock();
    reader.feed(rest, body);
    CHECK(rest.empty());
    CHECK(std::clock() - begun < CLOCKS_PER_SEC);
  }
}

}  // namespace
}  // namespace hanse
