// SPDX-License-Identifier: Apache-2.0
#include "protocols/smtp/command.h"

#include "tests/catch.h"

namespace hanse {
namespace {

using smtp::CommandLines;
using smtp::LineFault;

// What comes out, with one letter for each kind, when `input` arrives in pieces of `octets`.
std::string cut(const std::string& input, std::size_t octets) {
  CommandLines lines;
  std::string out;
  for (std::size_t at = 0; at < input.size(); at += octets) {
    const std::string piece = input.substr(at, octets);
    std::string_view rest = piece;
    while (!rest.empty()) {
      const CommandLines::Kind kind = lines.next(rest);
      if (kind == CommandLines::Kind::line) out.append("L(").append(lines.text()).append(")");
      if (kind == CommandLines::Kind::too_long) out += "T";
      if (kind == CommandLines::Kind::endless) return out + "E";
    }
  }
  return out;
}

std::string cut_everywhere(const std::string& input) {
  const std::string whole = cut(input, input.size());
  for (const std::size_t octets : {1u, 2u, 3u, 7u, 1000u, 4095u, 4096u, 4097u, 65535u}) {
    if (octets < input.size()) CHECK(cut(input, octets) == whole);
  }
  return whole;
}

TEST_CASE("S-1 lines end with CRLF, in any segmentation") {
  CHECK(cut_everywhere("a\r\nb\r\n") == "L(a)L(b)");
  CHECK(cut_everywhere("a\nb\r\n") == "L(a\nb)");
  CHECK(cut_everywhere("a\rb\r\n") == "L(a\rb)");
  CHECK(cut_everywhere("a\r\r\n") == "L(a\r)");
  CHECK(cut_everywhere("\r\n\r\n") == "L()L()");
  CHECK(cut_everywhere("\n\r\n") == "L(\n)");
  CHECK(cut_everywhere("no end") == "");
}

TEST_CASE("S-2 4096 octets with CRLF are a line, more are eaten, 64 KiB end the session") {
  const std::string most(4094, 'x');
  CHECK(cut_everywhere(most + "\r\nb\r\n") == "L(" + most + ")L(b)");
  CHECK(cut_everywhere(most + "x\r\nb\r\n") == "TL(b)");
  CHECK(cut_everywhere(std::string(65534, 'x') + "\r\nb\r\n") == "TL(b)");
  CHECK(cut_everywhere(std::string(65535, 'x') + "\r\nb\r\n") == "E");
  CHECK(cut_everywhere(std::string(70000, '\n')) == "E");
}

void parsed(const std::string& text, LineFault fault, std::string_view verb,
            std::string_view argument) {
  INFO(text);
  const smtp::CommandLine line = smtp::parse_command_line(text);
  CHECK(line.fault == fault);
  CHECK(line.verb == verb);
  CHECK(line.argument == argument);
}

TEST_CASE("S-3 the verb, one blank, the argument, blanks at the end dropped") {
  parsed("NOOP", LineFault::none, "NOOP", "");
  parsed("NOOP \t ", LineFault::none, "NOOP", "");
  parsed("MAIL FROM:<> SIZE=1 ", LineFault::none, "MAIL", "FROM:<> SIZE=1");
  parsed("EHLO  b", LineFault::none, "EHLO", " b");
  parsed("", LineFault::none, "", "");
  parsed(" ", LineFault::none, "", "");
  parsed("EHLO\tb", LineFault::tab_in_argument, "EHLO", "b");
  parsed("EHLO a\tb", LineFault::tab_in_argument, "EHLO", "a\tb");
  parsed("EHLO \xc3\xbc", LineFault::high_octet, "EHLO", "\xc3\xbc");
  CHECK(smtp::parse_command_line(std::string_view("NO\0OP", 5)).fault == LineFault::controls);
  CHECK(smtp::parse_command_line("NOOP \x1b[2J").fault == LineFault::controls);
  CHECK(smtp::parse_command_line("NOOP\r").fault == LineFault::controls);
}

TEST_CASE("S-13 parameters: keyword, optional value, none twice") {
  const auto good = [](const std::string& text, std::size_t count) {
    INFO(text);
    std::vector<smtp::Parameter> parameters;
    CHECK(smtp::parse_parameters(text, parameters));
    CHECK(parameters.size() == count);
  };
  const auto bad = [](const std::string& text) {
    INFO(text);
    std::vector<smtp::Parameter> parameters;
    CHECK_FALSE(smtp::parse_parameters(text, parameters));
  };
  good("", 0);
  good(" SIZE=1", 1);
  good(" SIZE=1  BODY=7BIT SMTPUTF8", 3);
  good(" X-Y=a+b", 1);
  bad("SIZE=1");             // no blank
  bad(" SIZE=");
  bad(" =1");
  bad(" SIZE=1 size=2");     // twice
  bad(" SIZE=1=2");
  bad(" -X=1");
  bad(" S_Z=1");
}

}  // namespace
}  // namespace hanse
