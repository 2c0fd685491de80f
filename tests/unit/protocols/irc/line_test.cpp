// SPDX-License-Identifier: Apache-2.0
#include "protocols/irc/line.h"

#include "tests/catch.h"

namespace hanse::irc {
namespace {

using Parts = std::vector<std::string_view>;
using Found = LineSplitter::Found;

void good(std::string_view text, std::string_view tags, std::string_view source,
          std::string_view command, const Parts& parameters, std::size_t most = 64) {
  CAPTURE(text);
  Line line;
  REQUIRE(parse_line(text, most, line));
  CHECK(line.tags == tags);
  CHECK(line.source == source);
  CHECK(line.command == command);
  CHECK(Parts(line.all().begin(), line.all().end()) == parameters);
}

void bad(std::string_view text) {
  CAPTURE(text);
  Line line;
  CHECK_FALSE(parse_line(text, 64, line));
}

TEST_CASE("irc 1.1 a line is tags, source, command and parameters") {
  good("PING", "", "", "PING", {});
  good("PING :3HY", "", "", "PING", {"3HY"});
  good("PING 3HY", "", "", "PING", {"3HY"});
  good(":1AA QUIT :", "", "1AA", "QUIT", {""});
  good(":a  PRIVMSG   #x    :hi  there ", "", "a", "PRIVMSG", {"#x", "hi  there "});
  good("KICK #x nick   ", "", "", "KICK", {"#x", "nick"});
  good("KICK #x nick :", "", "", "KICK", {"#x", "nick", ""});
  good("A b:c :d :e", "", "", "A", {"b:c", "d :e"});
  good("A ::", "", "", "A", {":"});
  good("@a=b;c :s X y", "a=b;c", "s", "X", {"y"});
  good("@a=b  :s  X", "a=b", "s", "X", {});
  good("@a=b X", "a=b", "", "X", {});
  good(":1AA FJOIN #x 1795229195 +nt :,1AAAAAAAA:0", "", "1AA", "FJOIN",
       {"#x", "1795229195", "+nt", ",1AAAAAAAA:0"});
  good(":ng.example NJOIN #c :@a,,,b", "", "ng.example", "NJOIN", {"#c", "@a,,,b"});
  bad("");
  bad("   ");
  bad(":source");
  bad(":source ");
  bad("@tags");
  bad("@tags :source ");
}

TEST_CASE("irc 1.3 the last parameter that is allowed takes the rest of the line") {
  good("X a b c d", "", "", "X", {"a", "b", "c d"}, 3);
  good("X a b :c d", "", "", "X", {"a", "b", "c d"}, 3);
  std::string many = "X";
  for (int count = 0; count < 80; ++count) many += " p";
  Line line;
  REQUIRE(parse_line(many, 1000, line));
  CHECK(line.parameters == limits::parameters_max);
  CHECK(line.at(63).size() == 33);
  CHECK(line.at(64).empty());
}

struct Read {
  std::vector<std::string> lines;
  Found end = Found::nothing;
  bool operator==(const Read&) const = default;
};

void drain(LineSplitter& splitter, Read& read) {
  std::string_view line;
  while ((read.end = splitter.next(line)) == Found::line) read.lines.emplace_back(line);
}

Read read_pieces(const std::vector<std::string_view>& pieces, std::size_t most) {
  LineSplitter splitter(most);
  Read read;
  for (const std::string_view piece : pieces) {
    splitter.add(piece);
    drain(splitter, read);
  }
  return read;
}

void splits(std::string_view text, const Read& wanted, std::size_t most = 12) {
  CAPTURE(text);
  CHECK(read_pieces({text}, most) == wanted);
  for (std::size_t first = 0; first <= text.size(); ++first) {
    for (std::size_t second = first; second <= text.size(); ++second) {
      const Read read = read_pieces({text.substr(0, first), text.substr(first, second - first),
                                     text.substr(second)}, most);
      if (read == wanted) continue;
      CAPTURE(first, second);
      CHECK(read.lines == wanted.lines);
      CHECK(read.end == wanted.end);
    }
  }
}

TEST_CASE("irc 1.1 a stream is cut into the same lines however it comes") {
  splits("A\r\nB\nC\r\n", {{"A", "B", "C"}, Found::nothing});
  splits("A\r\n\r\n\n\nB\r\nrest", {{"A", "B"}, Found::nothing});
  splits("A\r\nB\rC\r\n", {{"A"}, Found::stray_cr});
  splits("A\r\r\n", {{}, Found::stray_cr});
  splits(std::string_view("A\nB\0C\nD\n", 8), {{"A"}, Found::nul});
  splits(std::string_view("A\r\0\n", 4), {{}, Found::nul});
  splits("123456789012\r\n", {{"123456789012"}, Found::nothing});
  splits("1234567890123", {{}, Found::oversize});
  splits("A\n1234567890123\nB\n", {{"A"}, Found::oversize});
  splits("@a=12345678901234567890 X y\r\nZ\n",
         {{"@a=12345678901234567890 X y", "Z"}, Found::nothing});
  splits("@a 1234567890123\n", {{}, Found::oversize});
  splits("X @34567890123\n", {{}, Found::oversize});
}

TEST_CASE("irc 1.2 tags have a bound of their own, and nothing grows past the bounds") {
  const std::string fits = "@" + std::string(limits::tag_section_bytes_max - 2, 'a') + " X\n";
  CHECK(read_pieces({fits}, 510).lines.size() == 1);
  CHECK(read_pieces({"@a" + fits.substr(1)}, 510).end == Found::oversize);
  LineSplitter splitter;
  Read read;
  const std::string piece(4096, 'x');
  for (int count = 0; count < 4; ++count) splitter.add(piece);
  drain(splitter, read);
  CHECK(read.end == Found::nothing);
  splitter.add("x");
  drain(splitter, read);
  CHECK(read.end == Found::oversize);
  splitter.add("\r\nPING\r\n");  // a fault is final
  drain(splitter, read);
  CHECK(read.end == Found::oversize);
  CHECK(read.lines.empty());
}

std::string written(const Draft& draft, std::size_t most = 510) {
  std::string out;
  return append_line(out, draft, most) ? out : "refused" + out;
}

TEST_CASE("irc 1.4 what is written is one line") {
  const std::vector<Tag> tags = {{"msgid", "a b;c\r\n"}, {"+x", ""}};
  const Parts target = {"#x"};
  CHECK(written({tags, "9RMAAAAAB", "PRIVMSG", target, "hi", true}) ==
        "@msgid=a\\sb\\:c\\r\\n;+x :9RMAAAAAB PRIVMSG #x :hi\r\n");
  CHECK(written({{}, "", "PING", {}, "9RL", true}) == "PING :9RL\r\n");
  CHECK(written({{}, "", "EOB", {}, "not written", false}) == "EOB\r\n");
  CHECK(written({{}, "s", "PRIVMSG", target, std::string_view("a\r\nKILL b\0c", 11), true}) ==
        ":s PRIVMSG #x :a  KILL bc\r\n");
  for (const std::string_view word : {std::string_view("a b"), std::string_view("a\nb"),
                                      std::string_view("a\rb"), std::string_view("a\0b", 3),
                                      std::string_view(""), std::string_view(":a")}) {
    CAPTURE(word);
    const Parts middle = {word};
    CHECK(written({{}, "s", "MODE", middle, "", false}) == "refused");
    CHECK(written({{}, "s", word, {}, "", false}) == "refused");
    if (!word.empty()) CHECK(written({{}, word, "MODE", {}, "", false}) == "refused");
  }
  const std::vector<Tag> bad_tag = {{"a;b", "c"}};
  CHECK(written({bad_tag, "", "X", {}, "", false}) == "refused");
  const std::vector<Tag> long_tag = {{"a", std::string(8190, 'x')}};
  CHECK(written({long_tag, "", "X", {}, "", false}) == "refused");
  CHECK(written({{}, "", "@x", {}, "", false}) == "refused");
}

TEST_CASE("irc 1.4 every written line reads back as it was, or shorter") {
  const Parts middle = {"#x", "b:c"};
  for (int first = 0; first < 256; ++first) {
    const std::string text = std::string("a") + static_cast<char>(first) + "b";
    const std::string out = written({{}, "s", "X", middle, text, true});
    CAPTURE(first);
    const Read read = read_pieces({out}, 510);
    REQUIRE(read.lines.size() == 1);
    Line line;
    REQUIRE(parse_line(read.lines[0], 64, line));
    CHECK(line.parameters == 3);
  }
}

TEST_CASE("irc 1.4 only the trailing text is cut: between words, and never in a character") {
  CHECK(cut_at_word("one two", 7) == 7);
  CHECK(cut_at_word("one two", 6) == 3);
  CHECK(cut_at_word("one two", 3) == 3);
  CHECK(cut_at_word("a lengthyword", 8) == 8);
  CHECK(cut_at_word("\xc3\xa9\xc3\xa9", 3) == 2);
  const Parts target = {"#x"};
  CHECK(written({{}, "s", "P", target, "one two", true}, 14) == ":s P #x :one\r\n");
  CHECK(written({{}, "s", "P", target, "one two", true}, 6) == "refused");
  const std::string full = written({{}, "s", "P", target, std::string(900, 'x'), true});
  CHECK(full.size() == 512);
}

TEST_CASE("irc 1.5 a message from elsewhere becomes a bounded number of lines") {
  using Lines = std::vector<std::string>;
  CHECK(message_lines("a\r\nb\n\nc", 100) == Lines{"a", "b", "c"});
  CHECK(message_lines(std::string_view("\x01" "ACTION x\0\x01", 11), 100) == Lines{"ACTION x"});
  CHECK(message_lines("one two three", 7) == Lines{"one two", "three"});
  CHECK(message_lines("1\n2\n3\n4", 10, 2) == Lines{"1", "2", "... (truncated, 2 lines)"});
  CHECK(message_lines("\xc3\xa9", 1).size() == 2);
  CHECK(message_lines("\r\n\n", 10).empty());
  CHECK(message_lines("ab", 0) == Lines{"a", "b"});
}

}  // namespace
}  // namespace hanse::irc
