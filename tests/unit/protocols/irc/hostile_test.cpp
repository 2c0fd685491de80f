// SPDX-License-Identifier: Apache-2.0
// irc 12, issue 5: what no server of any kind says, over a link that is up.
#include <algorithm>

#include "protocols/irc/limits.h"
#include "tests/catch.h"
#include "tests/unit/protocols/irc/tongues.h"

namespace hanse::irc {
namespace {

using test::Meeting;
using test::Tongue;
using test::tongues;

struct Command {
  std::string_view word;
  std::size_t least;   // parameters that it must have; 0: none
};
// Those that a dialect has beside those of all.
std::vector<Command> commands_of(const Tongue& tongue) {
  std::vector<Command> out = {{"PRIVMSG", 2}, {"NOTICE", 2}, {"TAGMSG", 1}, {"QUIT", 0},
                              {"PART", 1},    {"KICK", 2},   {"INVITE", 2}, {"KILL", 1},
                              {"TOPIC", 2},   {"SQUIT", 1},  {"WHOIS", 0},  {"STATS", 0},
                              {"LUSERS", 0}};
  const auto add = [&out](std::initializer_list<Command> more) {
    out.insert(out.end(), more.begin(), more.end());
  };
  switch (tongue.kind) {
    case DialectKind::inspircd:
      add({{"UID", 10}, {"FJOIN", 4}, {"IJOIN", 2}, {"FMODE", 3}, {"LMODE", 3}, {"FTOPIC", 4},
           {"SERVER", 3}, {"METADATA", 2}, {"AWAY", 0}, {"FHOST", 1}, {"FIDENT", 1}, {"FNAME", 1},
           {"MODE", 2}, {"IDLE", 1}, {"MAP", 1}, {"RSQUIT", 1}, {"PING", 1}, {"PONG", 1},
           {"BURST", 0}, {"ENDBURST", 0}, {"NICK", 2}, {"SAVE", 2}});
      break;
    case DialectKind::hybrid:
    case DialectKind::solanum:
      add({{"UID", 9}, {"EUID", 11}, {"SJOIN", 4}, {"JOIN", 1}, {"TMODE", 3}, {"BMASK", 4},
           {"EBMASK", 4}, {"TBURST", 5}, {"ETB", 5}, {"TB", 3}, {"ENCAP", 2}, {"PONG", 1},
           {"PING", 1}, {"SID", 4}, {"SERVER", 3}, {"SVSHOST", 3}, {"SVSACCOUNT", 3},
           {"CHGHOST", 2}, {"SIGNON", 5}, {"AWAY", 0}, {"MODE", 2}, {"NICK", 2}, {"SAVE", 2}});
      break;
    case DialectKind::irc2:
      add({{"UNICK", 7}, {"SAVE", 1}, {"EOB", 0}, {"PING", 1}, {"SERVER", 5}, {"SMASK", 1},
           {"NJOIN", 2}, {"JOIN", 1}, {"MODE", 2}, {"NICK", 1}, {"PONG", 0}, {"AWAY", 0}});
      break;
    default:
      add({{"NICK", 1}, {"CHANINFO", 2}, {"METADATA", 2}, {"PING", 1}, {"SERVER", 3},
           {"NJOIN", 2}, {"JOIN", 1}, {"MODE", 2}, {"PONG", 0}, {"AWAY", 0}});
  }
  return out;
}

std::string with_parameters(std::string_view command, std::size_t count, std::string_view word) {
  std::string out(command);
  for (std::size_t at = 0; at < count; ++at) out.append(" ").append(word);
  return out;
}

TEST_CASE("irc 5 parameters that are missing, of every command, whatever it speaks") {
  for (const Tongue& tongue : tongues()) {
    for (const Command& command : commands_of(tongue)) {
      for (std::size_t count = 0; count < command.least; ++count) {
        Meeting met(tongue);
        const std::string line = ":" + tongue.peer + " " +
                                 with_parameters(command.word, count, "#dev");
        CAPTURE(line);
        CHECK(met.say(*met.away, line + "\n").find("ERROR") == std::string::npos);
        CHECK(met.written(*met.home) == "");
        CHECK(met.dropped());
        REQUIRE(met.side("away").linked());
        CHECK(met.model().find_nick(met.name) == met.puppet);
        CHECK(met.model().find_channel("#dev") != no_id);
      }
    }
  }
}

// Too few, too many, empty ones, numbers where names should be and the other way round.
TEST_CASE("irc 5 parameters of every command that are nonsense, whatever it speaks") {
  const std::string many = with_parameters("", 70, "x");
  for (const Tongue& tongue : tongues()) {
    for (const Command& command : commands_of(tongue)) {
      for (const std::string_view source : {"", "nobody", "#dev", "9RL", "9RAAAAAAA"}) {
        for (const std::string& rest :
             {std::string(" :"), std::string(" x"), std::string(" 0 0 0 0 0 0 0 0 0 0 0 0"),
              std::string(" #dev #dev #dev #dev #dev #dev #dev #dev #dev #dev #dev :"),
              std::string(" #dev 1795229120 +ovbk a b c d e f :,,,@,+"), many}) {
          Meeting met(tongue);
          std::string line;
          if (!source.empty()) line.append(":").append(source).append(" ");
          line.append(command.word).append(rest);
          CAPTURE(line);
          const std::string out = met.say(*met.away, line + "\n") + met.written(*met.home);
          CHECK(out.find('\0') == std::string::npos);
          CHECK(out.find('\r') == std::string::npos);
          // Whatever became of the link, the other one stands.
          CHECK(met.side("home").linked());
        }
      }
    }
  }
}

// What TS6 and RFC 2812 write has fifteen at most, and the fifteenth takes the rest of the line.
TEST_CASE("irc 1.3 parameters beyond the fifteenth are none, but for InspIRCd") {
  for (const Tongue& tongue : tongues()) {
    Meeting met(tongue);
    const bool dated = tongue.kind == DialectKind::hybrid || tongue.kind == DialectKind::solanum;
    const bool many = tongue.kind == DialectKind::inspircd;
    const std::string where = dated  ? " TMODE 1795229120 #dev +"
                              : many ? " FMODE #dev 1795229120 +"
                                     : " MODE #dev +";
    std::string line = ":" + tongue.peer + where + std::string(20, 'b');
    for (char name = 'a'; name < 'a' + 20; ++name) line.append(" ").append(1, name).append("!*@*");
    CAPTURE(line);
    met.say(*met.away, line + "\n");
    const auto banned = [&](std::string_view mask) {
      return std::ranges::any_of(met.model().channel(met.model().find_channel("#dev")).lists,
                                 [mask](const ListEntry& one) { return one.mask == mask; });
    };
    CHECK(banned("a!*@*"));
    CHECK(banned("k!*@*"));
    CHECK(banned("t!*@*") == many);
    CHECK(met.side("home").linked());
  }
}

TEST_CASE("irc 1.1 1.2 a NUL, a CR or a line too long ends any link that is up") {
  for (const Tongue& tongue : tongues()) {
    const std::string from = ":" + tongue.peer + " NOTICE #dev :";
    const std::string nul = from + "a" + std::string(1, '\0') + "b\n";
    const std::string longest(limits::body_read_bytes_max - from.size(), 'x');
    const std::pair<std::string, std::string> table[] = {
        {nul, "a NUL in a line"},
        {from + "a\rQUIT :b\n", "a CR in a line"},
        {from + longest + "x\n", "a line too long"},
        {"@" + std::string(limits::tag_section_bytes_max, 'a') + " " + from + "x\n",
         "a line too long"}};
    for (const auto& [line, why] : table) {
      Meeting met(tongue);
      CAPTURE(why);
      met.away->feed(line);
      CHECK(met.written(*met.away).ends_with("ERROR :" + why + "\n"));
      CHECK(met.away->hung_up_ == 1);
      CHECK(met.side("away").phase() == Side::Phase::down);
      CHECK(met.side("home").linked());
    }
    Meeting met(tongue);
    met.away->feed(from + longest + "\n");
    CHECK(met.side("away").linked());
  }
}

TEST_CASE("irc 1.2 how long a line may be is a setting") {
  const Tongue tongue = tongues()[1];
  const std::string from = ":" + tongue.peer + " NOTICE #dev :";
  for (const std::size_t more : {0u, 1u}) {
    test::Bench bench;
    bench.settings->line_bytes_max = 1000;
    bench.link_home();
    bench.dial("away");
    bench.away->feed(tongue.hello + from + std::string(1000 - from.size() + more, 'x') + "\n");
    CHECK(bench.side("away").linked() == (more == 0));
  }
}

TEST_CASE("irc 7 whom a mask means") {
  struct Row {
    std::string_view mask;
    std::vector<std::string_view> meant, others;
  };
  const Row rows[] = {
      {"*", {"", "a", "ann!ann@h"}, {}},
      {"?", {"a", "*", "?"}, {"", "ab"}},
      {"ann!*@*", {"ann!u@h", "ANN!u@h", "ann!@"}, {"anna!u@h", "ann", "xann!u@h"}},
      {"*@192.0.2.1", {"ann!u@192.0.2.1", "@192.0.2.1"}, {"ann!u@192.0.2.12", "192.0.2.1"}},
      {"a*n!?u@*", {"an!xu@h", "axxn!-u@"}, {"an!u@h", "an!xxu@h", "a!xu@h"}},
      {"*a*b*c*", {"abc", "xaxbxcx", "aabbcc"}, {"acb", "ab", "cba"}},
      {"*.example", {"h.example", ".example", "a.b.example"}, {"example", "h.example.x"}},
      {"**a??", {"abc", "xxabc", "aaa"}, {"ab", "abcd"}},
      {"a?c*e", {"abce", "abcxxe", "a*c*e"}, {"ace", "abc"}},
      {"", {""}, {"a"}}};
  for (const Row& row : rows) {
    CAPTURE(row.mask);
    for (const std::string_view one : row.meant) {
      CAPTURE(one);
      CHECK(matches(Casemap::rfc1459, row.mask, one));
    }
    for (const std::string_view one : row.others) {
      CAPTURE(one);
      CHECK_FALSE(matches(Casemap::rfc1459, row.mask, one));
    }
  }
  // Which signs are the same is for each network to say.
  CHECK(matches(Casemap::rfc1459, "x[\\]~!*@*", "X{|}^!u@h"));
  CHECK(matches(Casemap::strict_rfc1459, "x[\\]!*@*", "X{|}!u@h"));
  CHECK_FALSE(matches(Casemap::strict_rfc1459, "x~!*@*", "x^!u@h"));
  CHECK_FALSE(matches(Casemap::ascii, "x[!*@*", "x{!u@h"));
  CHECK(matches(Casemap::ascii, "X!*@*", "x!u@h"));
  // As long as it takes: a mask of many stars is no work for ever.
  std::string stars, text(20'000, 'a');
  for (int at = 0; at < 60; ++at) stars += "*a";
  CHECK(matches(Casemap::ascii, stars, text));
  CHECK_FALSE(matches(Casemap::ascii, stars + "b", text));
}

}  // namespace
}  // namespace hanse::irc
