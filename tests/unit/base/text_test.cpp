// SPDX-License-Identifier: Apache-2.0
#include "server/base/text.h"

#include "tests/catch.h"

namespace hanse {
namespace {

using namespace std::string_literals;

std::string json(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

TEST_CASE("text: case is folded for ASCII letters only") {
  CHECK(lower_ascii("MAIL From:@[`{Z") == "mail from:@[`{z");
  CHECK(lower_ascii("\xc3\x84") == "\xc3\x84");
  CHECK(equal_ascii_case("StartTLS", "STARTTLS"));
  CHECK_FALSE(equal_ascii_case("STARTTLS", "STARTTLSX"));
  CHECK_FALSE(equal_ascii_case("@", "`"));
  CHECK_FALSE(equal_ascii_case("[", "{"));
  CHECK(starts_with_case("FROM:<a>", "from:"));
  CHECK(starts_with_case("x", ""));
  CHECK_FALSE(starts_with_case("FRO", "from:"));
}

TEST_CASE("text: trim takes spaces and tabs and nothing else") {
  CHECK(trim(" \t a b\t ") == "a b");
  CHECK(trim(" \t ") == "");
  CHECK(trim("") == "");
  CHECK(trim("\r\na\v") == "\r\na\v");
}

TEST_CASE("text: split keeps empty parts") {
  using Parts = std::vector<std::string_view>;
  CHECK(split("a,b", ',') == Parts{"a", "b"});
  CHECK(split("", ',') == Parts{""});
  CHECK(split(",a,,", ',') == Parts{"", "a", "", ""});
}

TEST_CASE("text: escape_text shows every byte that is not printable ASCII") {
  CHECK(escape_text("plain ~ text") == "plain ~ text");
  CHECK(escape_text("a\r\nb\0\x7f\x1b[2J\xc3\xa9"s) == "a\\x0d\\x0ab\\x00\\x7f\\x1b[2J\\xc3\\xa9");
  CHECK(escape_text("") == "");
}

TEST_CASE("text: escape_text never exceeds its bound and never cuts inside an escape") {
  CHECK(escape_text("12345678", 8) == "12345678");
  CHECK(escape_text("123456789", 8) == "12345...");
  CHECK(escape_text("1\n23456789", 8) == "1\\x0a...");
  CHECK(escape_text("12\n3456789", 8) == "12...");
  CHECK(escape_text("123456789", 2) == "..");
  CHECK(escape_text("1", 0) == "");
  for (std::size_t most = 0; most < 40; ++most) {
    CHECK(escape_text("ab\ncd\x80" "efghijklmnopqrstuvw", most).size() <= most);
  }
}

TEST_CASE("text: JSON strings") {
  CHECK(json("plain") == R"("plain")");
  CHECK(json("a\"b\\c\n\r\t\b\0"s) == R"("a\"b\\c\n\r\t\u0008\u0000")");
  CHECK(json("\x7f") == R"("\u007f")");
  CHECK(json("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x93\xac") ==
        "\"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x93\xac\"");
}

TEST_CASE("text: JSON strings replace every byte that is not UTF-8") {
  const auto bad = [](std::string_view text, std::size_t marks) {
    std::string expected = "\"<";
    for (std::size_t mark = 0; mark < marks; ++mark) expected += "\\ufffd";
    CHECK(json("<" + std::string(text) + ">") == expected + ">\"");
  };
  bad("\xff", 1);
  bad("\x80", 1);              // continuation without a lead
  bad("\xc0\xaf", 2);          // overlong
  bad("\xe0\x80\xaf", 3);      // overlong
  bad("\xf0\x80\x80\x80", 4);  // overlong
  bad("\xed\xa0\x80", 3);      // surrogate
  bad("\xf4\x90\x80\x80", 4);  // beyond U+10FFFF
  bad("\xc3", 1);              // cut short
  bad("\xf0\x9f\x93", 3);
}

TEST_CASE("text: JSON strings show what a terminal would obey") {
  CHECK(json("\xc2\x9b" "31m") == R"("\u009b31m")");
  CHECK(json("\xe2\x80\xa8") == R"("\u2028")");
  CHECK(json("\xe2\x80\xae") == R"("\u202e")");
  CHECK(json("\xe2\x81\xa6") == R"("\u2066")");
  CHECK(json("\xef\xbb\xbf") == R"("\ufeff")");
}

TEST_CASE("text: cut_utf8 ends between characters") {
  CHECK(cut_utf8("abc", 3) == "abc");
  CHECK(cut_utf8("abcd", 3) == "abc");
  CHECK(cut_utf8("ab\xc3\xa9", 3) == "ab");
  CHECK(cut_utf8("\xf0\x9f\x93\xac!", 3) == "");
  CHECK(cut_utf8("\xf0\x9f\x93\xac!", 4) == "\xf0\x9f\x93\xac");
  CHECK(cut_utf8("a\x80\x80\x80\x80\x80", 5).size() >= 2);  // no UTF-8: not searched for long
}

TEST_CASE("text: the nearest word") {
  const std::vector<std::string> known{"domain", "data_dir", "size_max", "hosts"};
  CHECK(nearest_word("domian", known) == "domain");
  CHECK(nearest_word("Domain", known) == "domain");
  CHECK(nearest_word("datadir", known) == "data_dir");
  CHECK(nearest_word("host", known) == "hosts");
  CHECK(nearest_word("max_size_of", known) == "");
  CHECK(nearest_word("xy", known) == "");
  CHECK(nearest_word("", known) == "");
  CHECK(nearest_word(std::string(5000, 'a'), known) == "");
  CHECK(nearest_word("domain", {}) == "");
}

}  // namespace
}  // namespace hanse
