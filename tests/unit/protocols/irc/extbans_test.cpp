// SPDX-License-Identifier: Apache-2.0
// Bans that go by something else than a name, and those that keep from talking (irc 10).
#include "protocols/irc/extbans.h"

#include "protocols/irc/views.h"
#include "tests/catch.h"
#include "tests/unit/protocols/irc/irc_bench.h"

namespace hanse::irc {
namespace {

using test::Bench;

bool has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

// "+b m:*!*@*" of one network in the words of another; "": nothing there.
std::string there(DialectKind from, const std::string& text, DialectKind to,
                  const std::string& letters = "mNRUrj") {
  const auto source = make_dialect(from, {}), target = make_dialect(to, {});
  const auto facts = [&](const Dialect& one) {
    DialectFacts out = one.facts();
    if (out.extbans == Extbans::letters) out.extban_letters = letters;
    return out;
  };
  const ModeRow* row = source->modes().by_letter(text[1]);
  REQUIRE(row != nullptr);
  const DialectFacts theirs = facts(*source);   // what is read may look into it
  const auto meaning = read_ban(theirs, row->mode, std::string_view(text).substr(3));
  if (!meaning) return "";
  Mode list = row->mode;
  const auto written = write_ban(facts(*target), target->modes(), *meaning, list);
  if (!written) return "";
  return std::string("+") + target->modes().by_mode(list)->letter + " " + *written;
}

TEST_CASE("irc 10 the same ban in the words of each network") {
  using enum DialectKind;
  struct Same {
    std::string inspircd, solanum, hybrid;
  };
  for (const Same& one : {Same{"+b *!*@h", "+b *!*@h", "+b *!*@h"},
                          Same{"+b m:*!*@h", "+q *!*@h", "+b $m:*!*@h"},
                          Same{"+b m:R:alice", "+q $a:alice", "+b $m:$a:alice"},
                          Same{"+b m:r:*bot*", "+q $r:*bot*", "+b $m:$r:*bot*"},
                          Same{"+b R:alice", "+b $a:alice", "+b $a:alice"},
                          Same{"+b R:*", "+b $a:*", "+b $a:*"},
                          Same{"+b r:*spam*", "+b $r:*spam*", "+b $r:*spam*"},
                          Same{"+b j:#dev", "+b $c:#dev", "+b $c:#dev"},
                          Same{"+b U:*!*@*", "+b $~a", ""},
                          Same{"+b m:U:*!*@*", "+q $~a", ""},
                          Same{"+b N:*!*@h", "", "+b $n:*!*@h"},
                          Same{"+b N:R:x", "", "+b $n:$a:x"}}) {
    CAPTURE(one.inspircd);
    CHECK(there(inspircd, one.inspircd, solanum) == one.solanum);
    CHECK(there(inspircd, one.inspircd, hybrid) == one.hybrid);
    if (!one.solanum.empty()) CHECK(there(solanum, one.solanum, inspircd) == one.inspircd);
    if (!one.hybrid.empty()) CHECK(there(hybrid, one.hybrid, inspircd) == one.inspircd);
    if (!one.hybrid.empty() && !one.solanum.empty())
      CHECK(there(hybrid, one.hybrid, solanum) == one.solanum);
    for (const DialectKind plain : {ngircd, irc2}) {
      CHECK(there(inspircd, one.inspircd, plain) ==
            (one.inspircd == "+b *!*@h" ? "+b *!*@h" : ""));
    }
  }
  CHECK(there(solanum, "+b $a", inspircd) == "+b R:*");
  CHECK(there(solanum, "+b *!*@h$#elsewhere", inspircd) == "+b *!*@h");
  CHECK(there(inspircd, "+b mute:account:alice", hybrid) == "+b $m:$a:alice");   // version 4
  CHECK(there(solanum, "+e $a:alice", hybrid) == "+e $a:alice");
}

TEST_CASE("irc 10 what has no counterpart is nothing there, and so is what its software has not") {
  using enum DialectKind;
  for (const std::string text : {"+b O:oper*", "+b z:0123", "+b s:a.server", "+b U:*!*@h",
                                 "+b m:O:x", "+b c:*!*@*", "+b R:", "+b :x", "+b m:", "+b m:N:x",
                                 "+b nothing", "+b m:m:*!*@*"})
    CHECK(there(inspircd, text, hybrid) == "");
  for (const std::string text : {"+b $o", "+b $x:a!*@*#x", "+b $z", "+b $~c:#x", "+b $", "+b $:",
                                 "+b $j:#x", "+q $~r:x", "+e $"})
    CHECK(there(solanum, text, inspircd) == "");
  for (const std::string text : {"+b $j:*!*@h", "+b $K:*!*@h", "+b $u:+w", "+e $m:*!*@*",
                                 "+b $m:$j:x"})
    CHECK(there(hybrid, text, inspircd) == "");
  CHECK(there(hybrid, "+b $m:*!*@h", inspircd, "RU") == "");
  CHECK(there(solanum, "+q *!*@h", inspircd, "RU") == "");
  CHECK(there(hybrid, "+b $a:x", inspircd, "m") == "");
  CHECK(there(solanum, "+q *!*@h", ngircd) == "");
}

// InspIRCd that says which it has, and solanum or another.
struct Met : Bench {
  explicit Met(const std::string& letters = "mRUrj")
      : Bench(DialectKind::inspircd, DialectKind::solanum) {
    std::string capabilities = test::inspircd_capabilities;
    capabilities.replace(capabilities.find("CASEMAPPING"), 0, "EXTBANS=" + letters + " ");
    auto& link = dial("home");
    say(link, capabilities + "SERVER insp.home.example from-home 0 1AA :Insp\n");
    link.feed(":1AA BURST " + std::to_string(clock.seconds) + "\n:1AA ENDBURST\n" +
              ":1AA UID 1AAAAAAAA 1795229100 carol h shown.host carol 192.0.2.1 1795229100 +i "
              ":Carol C\n:1AA METADATA 1AAAAAAAA accountname :carola\n"
              ":1AA FJOIN #dev 1795229120 +nt :o,1AAAAAAAA:0\n");
    auto& other = dial("away");
    other.feed("PASS from-away TS 6 :3HY\nCAPAB :QS EX IE ENCAP EUID TB EOPMOD SAVE\n"
               "SERVER hyb.away.example 1 :sol\nSVINFO 6 6 0 :" + std::to_string(clock.seconds) +
               "\n:3HY EUID dave 1 1795229110 +i dave h 192.0.2.2 3HYAAAAAA * david :Dave\n"
               ":3HY SJOIN 1795229120 #dev + :@3HYAAAAAA\n:3HY PONG hyb.away.example :9RL\n");
    settle(other, &link);
    written(link);
  }
  std::string home(const std::string& modes) {
    say(*Bench::home, ":1AAAAAAAA FMODE #dev 1795229120 " + modes + "\n");
    return written(*Bench::away);
  }
  std::string away(const std::string& modes) {
    say(*Bench::away, ":3HYAAAAAA TMODE 1795229120 #dev " + modes + "\n");
    return written(*Bench::home);
  }
};

TEST_CASE("irc 10 extended bans pass by what they mean, and whom they mean") {
  Met met;
  const std::string there = ":9RAAAAAAA TMODE 1795229120 #dev ";
  const std::string back = ":9RBAAAAAA FMODE #dev 1795229120 ";
  CHECK(met.home("+b m:dave/away!*@*") == there + "+q dave!*@*\n");
  CHECK(met.away("-q dave!*@*") == back + "-b m:dave/away!*@*\n");
  CHECK(met.home("+b R:bob") == there + "+b $a:bob/home\n");
  CHECK(met.home("+b R:bob/away") == there + "+b $a:bob\n");
  CHECK(met.away("+q $a:erin") == back + "+b m:R:erin/away\n");
  CHECK(met.away("+b $a:erin/home") == back + "+b R:erin\n");
  CHECK(met.away("-b $a:bob") == back + "-b R:bob/away\n");
  CHECK(met.home("+b j:#dev") == there + "+b $c:#dev\n");
  CHECK(met.home("+b j:#other") == "");
  CHECK(met.away("+b $a") == back + "+b R:*\n");
  CHECK(met.home("+b R:*") == "");
  CHECK(met.home("-b R:*") == there + "-b $a\n");   // as it stands there
  CHECK(met.home("+bb O:x *!*@bad") == there + "+b *!*@bad\n");
}

TEST_CASE("irc 10 what has no counterpart is kept where it is, logged, counted and explained") {
  Met met("R");
  CHECK(met.away("+q *!*@loud") == "");
  CHECK(met.away("+b $o:god") == "");
  CHECK(has(met.Bench::away->log_, "irc.ban_refused *!*@loud of #dev on away has no counterpart"));
  CHECK(met.away("-b $o:god") == "");
  met.away("+b $x:\x1b");
  std::string all;
  for (const std::string& line : explain_channel(*met.hub, "#dev")) all += line + "\n";
  CHECK(has(all, "bans and the like of away without a counterpart on home: "
                 "2 (*!*@loud, $x:\\x1b); "));
  CHECK(has(all, "away: bans and the like that others have no words for and were not told, since "
                 "the start: 3"));
}

TEST_CASE("irc 10 the node heeds a ban that the other network has no words for") {
  SECTION("who is quiet there is not heard there") {
    Met met("R");
    met.away("+q *!carol@*");
    met.say(*met.Bench::home, ":1AAAAAAAA PRIVMSG #dev :hello?\n");
    CHECK(has(met.written(*met.Bench::away), "hello?"));   // she has a rank
    met.home("-o 1AAAAAAAA");
    met.say(*met.Bench::home, ":1AAAAAAAA PRIVMSG #dev :hello?\n");
    CHECK_FALSE(has(met.written(*met.Bench::away), "hello?"));
    met.away("+e *!*@shown.host");
    met.say(*met.Bench::home, ":1AAAAAAAA PRIVMSG #dev :hello?\n");
    CHECK(has(met.written(*met.Bench::away), "hello?"));
  }
  SECTION("and who is banned by account, real name or channel does not enter") {
    for (const std::string mask : {"$a:carola/home", "$a", "$r:carol*", "*!carol@*"}) {
      CAPTURE(mask);
      Met met("R");
      met.say(*met.Bench::home, ":1AAAAAAAA PART #dev\n");
      met.away("+b " + mask);
      met.written(*met.Bench::away);
      met.say(*met.Bench::home, ":1AA FJOIN #dev 1795229120 + :,1AAAAAAAA:0\n");
      CHECK_FALSE(has(met.written(*met.Bench::away), "SJOIN"));
      met.away("-b " + mask + "\n:3HYAAAAAA TMODE 1795229120 #dev +b $~a");
      met.say(*met.Bench::home, ":1AAAAAAAA PART #dev\n"
                                ":1AA FJOIN #dev 1795229120 + :,1AAAAAAAA:0\n");
      CAPTURE(met.Bench::home->log_);
      CHECK(has(met.written(*met.Bench::away), "SJOIN"));
    }
  }
}

TEST_CASE("irc 10 whether somebody is hidden from strangers is as at home") {
  Met met;
  met.say(*met.Bench::home, ":1AA UID 1AAAAAAAB 1795229100 erin h h erin 192.0.2.1 1795229100 +x "
                            ":E\n:1AA FJOIN #dev 1795229120 + :,1AAAAAAAB:0\n");
  CHECK(has(met.written(*met.Bench::away), " + erin h 0 9RAAAAAAB "));
  met.say(*met.Bench::home, ":1AAAAAAAB MODE 1AAAAAAAB +wi\n:1AAAAAAAB MODE 1AAAAAAAB +i\n");
  CHECK(met.written(*met.Bench::away) == ":9RAAAAAAB MODE 9RAAAAAAB :+i\n");
  met.say(*met.Bench::away, ":3HYAAAAAA MODE 3HYAAAAAA :-i+w\n");
  CHECK(met.written(*met.Bench::home) == ":9RBAAAAAA MODE 9RBAAAAAA -i\n");
  std::string out;
  for (const DialectKind kind : {DialectKind::ngircd, DialectKind::irc2}) {
    const auto dialect = make_dialect(kind, {});
    Line line;
    REQUIRE(parse_line(":dave MODE dave :-i", limits::parameters_max, line));
    CHECK_FALSE(std::get<VisibilityChanged>(dialect->read(line)).invisible);
    dialect->write(VisibilityChanged{{"", "carol|home"}, true}, out);
  }
  CHECK(out == ":carol|home MODE carol|home :+i\r\n:carol|home MODE carol|home :+i\r\n");
}

}  // namespace
}  // namespace hanse::irc
