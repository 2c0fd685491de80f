// SPDX-License-Identifier: Apache-2.0
// Who is kept out of a channel is not heard in it by what he said while its network was away.
#include "protocols/irc/late.h"
#include "tests/catch.h"
#include "tests/unit/protocols/irc/irc_bench.h"

namespace hanse::irc {
namespace {

using test::Bench;
using test::work_of;
using hanse::test::EngineBench;
using namespace std::chrono_literals;

// Carol, logged in as carola, and erin are in #dev at home, and have said something for away, which
// comes back.
struct Guarded : Bench {
  Guarded() {
    settings->networks[1].late_seconds = 3600;
    side("away").apply(settings->networks[1]);
    link_both();
    say(*home, ":1AA UID 1AAAAAAAA 1795229100 carol real.host shown.host ~carol 192.0.2.1 "
               "1795229100 +i :Carol C\n:1AA METADATA 1AAAAAAAA accountname :carola\n"
               ":1AA UID 1AAAAAAAB 1795229100 erin h h erin 192.0.2.1 1795229100 +i :Erin\n"
               ":1AA FJOIN #dev 1795229120 +nt :,1AAAAAAAA:0 ,1AAAAAAAB:0\n");
    away->event(Closed{false, "reset"});
    say(*home, ":1AAAAAAAA PRIVMSG #dev :spam 1\n:1AAAAAAAB PRIVMSG #dev :hello\n"
               ":1AAAAAAAA PRIVMSG #dev :spam 2\n");
    kept = std::exchange(home->passed_, {});
    REQUIRE(kept.size() == 3);
  }
  // With #dev as the lines say, and dave in it, who hears. What is told comes out.
  std::string told_with(const std::string& lines, bool carol_stays = true,
                        const std::string& modes = "+") {
    if (!carol_stays) say(*home, ":1AAAAAAAA QUIT :x\n");
    dial("away");
    away->feed("PASS from-away\nCAPAB :TBURST ENCAP EOB RHOST HOP\n"
               "SERVER hyb.away.example 1 3HY + :x\n:3HY SVINFO 6 6 0 :" +
               std::to_string(clock.seconds) +
               "\n:3HY UID dave 1 1795229110 +i dave dave.host dave.host 192.0.2.2 3HYAAAAAA * :D\n"
               ":3HY SJOIN 1795229120 #dev " + modes + " :@3HYAAAAAA\n" + lines +
               ":3HY EOB\n:hyb.away.example PONG hyb.away.example :9RL\n");
    REQUIRE(side("away").linked());
    settle(*away, home.get());
    DeliveryId id = 0;
    for (const Submission& one : kept) away->event(work_of(one, ++id));
    std::string out;
    for (int second = 0; second < 8; ++second) {
      away->pass(1s);
      out += settled(*away);
    }
    return out;
  }
  bool is_noted() const { return away->log_.find("irc.kept_out") != std::string::npos; }
  std::vector<Submission> kept;
};

const std::string told = " NOTICE #dev :[late, 02:46 UTC] <";

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("irc 9 late lines of who is kept out there are not told, whether he is here or not") {
  struct Row {
    std::string lines, modes;
    bool carol, erin;   // is heard
  };
  const std::string ban = ":3HY BMASK 1795229120 #dev b :";
  const Row row = GENERATE_COPY(
      Row{"", "+", true, true}, Row{ban + "carol|home!*@*\n", "+", false, true},
      Row{ban + "*!*carol@shown.host\n", "+", false, true}, Row{ban + "*!*@h\n", "+", true, false},
      Row{ban + "$a:carola/home\n", "+", false, true}, Row{ban + "$r:Carol?C\n", "+", false, true},
      Row{ban + "$m:*!*carol@*\n", "+", false, true},
      Row{ban + "*!*@shown.host\n:3HY BMASK 1795229120 #dev e :carol|home!*@*\n", "+", true, true},
      Row{"", "+i", false, false},
      Row{":3HY BMASK 1795229120 #dev I :erin|home!*@*\n", "+i", false, true},
      Row{"", "+k sesame", false, false}, Row{"", "+m", false, false});
  const bool stays = GENERATE(true, false);
  Guarded world;
  CAPTURE(row.lines, row.modes, stays);
  const std::string out = world.told_with(row.lines, stays, row.modes);
  CHECK(has(out, told + "carol> spam 1") == row.carol);
  CHECK(has(out, told + "carol> spam 2") == row.carol);
  CHECK(has(out, told + "erin> hello") == row.erin);
  REQUIRE(world.away->settled_.size() == 3);
  for (const auto& [id, outcome] : world.away->settled_) {
    const bool heard = id == 2 ? row.erin : row.carol;
    CHECK(outcome.disposition == (heard ? Disposition::delivered : Disposition::failed));
  }
}

TEST_CASE("irc 9 a moderated channel is told of who has a rank, or talked in one as moderated") {
  const bool moderated = GENERATE(true, false), stays = GENERATE(true, false);
  Guarded world;
  CAPTURE(moderated, stays);
  if (moderated) {
    world.say(*world.home, ":1AA FMODE #dev 1795229120 +m\n"
                           ":1AAAAAAAA PRIVMSG #dev :with a voice\n");
    world.kept = std::exchange(world.home->passed_, {});
  } else {
    world.say(*world.home, ":1AA FMODE #dev 1795229120 +v 1AAAAAAAA\n");
  }
  const std::string out = world.told_with("", stays, "+m");
  CHECK(has(out, "carol> ") == (moderated || stays));
  CHECK(has(out, "erin> ") == false);
}

TEST_CASE("irc 9 who said a late line comes back from the queue as he was") {
  const LateLine line{"home", "carol", "away", "#dev", "x", Said::Kind::notice, 1795229120, 3, {},
                      "~carol", "shown.host", "", "Carol  of C", {false, true, true}};
  const Submission kept = to_submission(line);
  const auto back = read_late(work_of(kept, 1).work);
  REQUIRE(back);
  CHECK(back->ident == "~carol");
  CHECK(back->host == "shown.host");
  CHECK(back->account == "");
  CHECK(back->realname == "Carol  of C");
  CHECK(back->missing == 3);
  CHECK(back->door == line.door);
  LateLine old = line;
  old.host.clear();                                // of a node that did not keep it
  const auto plain = read_late(work_of(to_submission(old), 1).work);
  REQUIRE(plain);
  CHECK(plain->host == "");
  CHECK(plain->nick == "carol");
}

}  // namespace
}  // namespace hanse::irc
