// SPDX-License-Identifier: Apache-2.0
// irc 12: the forms a line may have, as servers and clients of all kinds write them.
#include "protocols/irc/limits.h"
#include "protocols/irc/line.h"
#include "protocols/irc/line_maker.h"
#include "tests/catch.h"

namespace hanse::irc {
namespace {

struct Form {
  std::string_view text, tags, source, command;
  std::vector<std::string_view> parameters;
};

TEST_CASE("irc 12 lines as clients and servers of all kinds write them") {
  const Form table[] = {
      {"go north east", "", "", "go", {"north", "east"}},
      {":s go north", "", "s", "go", {"north"}},
      {":s go north :east west", "", "s", "go", {"north", "east west"}},
      {":s go north :", "", "s", "go", {"north", ""}},
      {":s go north ::east", "", "s", "go", {"north", ":east"}},
      {":s go north :  ", "", "s", "go", {"north", "  "}},
      {":s go north : east ", "", "s", "go", {"north", " east "}},
      {":s go north:east :west", "", "s", "go", {"north:east", "west"}},
      {":s go north :east", "", "s", "go", {"north", "east"}},
      {":n!~u@h.example JOIN :#c", "", "n!~u@h.example", "JOIN", {"#c"}},
      {":n!u@2001:db8::1 JOIN #c", "", "n!u@2001:db8::1", "JOIN", {"#c"}},
      {":n\x02!u\x03" "4@h PRIVMSG #c :\x02" "bold\x02", "", "n\x02!u\x03" "4@h", "PRIVMSG",
       {"#c", "\x02" "bold\x02"}},
      {":n!u\t@h  go", "", "n!u\t@h", "go", {}},
      {":s go\tnorth east", "", "s", "go\tnorth", {"east"}},
      {":s 372 me :  indented", "", "s", "372", {"me", "  indented"}},
      {":s MODE #c +ov a :b", "", "s", "MODE", {"#c", "+ov", "a", "b"}},
      {":s MODE #c +oo a b", "", "s", "MODE", {"#c", "+oo", "a", "b"}},
      {":s MODE #c +b *!*@h ", "", "s", "MODE", {"#c", "+b", "*!*@h"}},
      {"@a=1 go", "a=1", "", "go", {}},
      {"@a=1;b go north", "a=1;b", "", "go", {"north"}},
      {"@a=;b= :s go", "a=;b=", "s", "go", {}},
      {"@x.example/key=v;+d :s go :north east", "x.example/key=v;+d", "s", "go", {"north east"}},
      {"@a=\\:\\s\\\\\\r\\n go", "a=\\:\\s\\\\\\r\\n", "", "go", {}},
      {"@+a=:x go", "+a=:x", "", "go", {}},
      {"@a=1   :s   go   north   :east", "a=1", "s", "go", {"north", "east"}},
  };
  for (const Form& one : table) {
    CAPTURE(std::string(one.text));
    Line line;
    REQUIRE(parse_line(one.text, limits::parameters_max, line));
    CHECK(line.tags == one.tags);
    CHECK(line.source == one.source);
    CHECK(line.command == one.command);
    CHECK(std::vector<std::string_view>(line.all().begin(), line.all().end()) == one.parameters);
  }
}

TEST_CASE("irc 12 what is written reads back, and needs no colon but where it has to") {
  struct Join {
    std::string_view source;
    std::vector<std::string_view> words;
    std::string_view text, line;
  };
  const Join table[] = {
      {"", {}, "x", "go :x"},
      {"s", {"a", "b"}, "", ":s go a b :"},
      {"s", {"a"}, ":b", ":s go a ::b"},
      {"s", {"a"}, " b  c ", ":s go a : b  c "},
  };
  for (const Join& one : table) {
    std::string out;
    LineMaker make(out);
    std::vector<std::string_view> words = one.words;
    if (words.empty()) REQUIRE(make.text(one.source, "go", {}, one.text));
    else if (words.size() == 1) REQUIRE(make.text(one.source, "go", {words[0]}, one.text));
    else REQUIRE(make.text(one.source, "go", {words[0], words[1]}, one.text));
    CHECK(out == std::string(one.line) + "\r\n");
  }
}

}  // namespace
}  // namespace hanse::irc
