// SPDX-License-Identifier: Apache-2.0
// A network with ids and without timestamps: the lines of irc2 2.11.2p3 as they came (irc 6).
#include "tests/catch.h"
#include "tests/unit/protocols/irc/irc_bench.h"

namespace hanse::irc {
namespace {

using test::Bench;

const std::string burst = ":000A UNICK dave 000AAAAAA ~dave 127.0.0.1 127.0.0.1 + :Dave\n"
                          ":000A NJOIN #dev :@000AAAAAA\n:000A EOB\n";

struct Met : Bench {
  Met() : Bench(DialectKind::inspircd, DialectKind::irc2) {
    link_home();
    auto& link = dial("away");
    greeting = written(link);
    answer = say(link, ":hyb.away.example 020 * :Please wait while we process your connection.\n"
                       "PASS from-away 0211020003 IRC|aEFHJKlmMpQRTuXZ6 PZ\n"
                       "SERVER hyb.away.example 1 000A :irc2 test\n");
    link.feed(burst);
    CHECK(side("away").linked());
    settle(link, home.get());
    taken = welcome;
    back = meanwhile;
    say(*home, ":1AA UID 1AAAAAAAA 1795229100 carol h shown.host ~carol 192.0.2.1 1795229100 +i "
               ":Carol C\n:1AA FJOIN #dev 1795229120 +nt :o,1AAAAAAAA:0\n");
    introduced = written(link);
  }
  std::string away_says(const std::string& line) { return say(*away, line + "\n"); }
  std::string greeting, answer, taken, introduced, back;
};

TEST_CASE("irc 6 the handshake, byte by byte as irc2 has it") {
  Met met;
  CHECK(met.greeting == "PASS to-away 0211030200 IRC|aEFJKMRTu P\n"
                        "SERVER node.a.example 1 9RLA :relay node\n");
  CHECK(met.answer == ":9RLA EOB\n");
  CHECK(met.taken == ":9RLA EOBACK\n"
                     ":9RLA SERVER home.node.a.example 2 9RAA 0211030200 :people of home, relayed "
                     "by node.a.example\n:9RAA EOB\n");
  CHECK(met.side("away").model().user(met.side("away").model().find_nick("dave")).server ==
        met.side("away").peer());
}

TEST_CASE("irc 6 people go over with ids of four and five signs, without timestamps") {
  Met met;
  CHECK(met.introduced ==
        ":9RAA UNICK carol|home 9RAAAAAAA carol shown.host 0.0.0.0 +i :Carol C\n"
        ":9RAA NJOIN #dev :@9RAAAAAAA\n");
  CHECK(met.back.find(" dave/away 127.0.0.1 127.0.0.1 dave 0.0.0.0 ") != std::string::npos);
}

TEST_CASE("irc 6 what happens there and what is done there") {
  Met met;
  met.away_says(":dave PRIVMSG #dev :hi");
  CHECK(met.written(*met.home) == ":9RBAAAAAA PRIVMSG #dev :hi\n");
  met.away_says(":dave PRIVMSG carol|home :psst");
  CHECK(met.written(*met.home) == ":9RBAAAAAA PRIVMSG 1AAAAAAAA :psst\n");
  met.away_says(":000AAAAAA MODE dave :+a");
  CHECK(met.written(*met.home).ends_with(" :away\n"));
  met.away_says(":000AAAAAA NICK :david");
  CHECK(met.written(*met.home).starts_with(":9RBAAAAAA NICK david/away "));
  met.away_says(":000AAAAAA MODE #dev +v 9RAAAAAAA ");
  CHECK(met.written(*met.home).ends_with(" #dev 1795229120 +v 1AAAAAAAA\n"));
  met.away_says(":000AAAAAA MODE #dev +kl sesame 5 ");
  CHECK(met.written(*met.home).ends_with(" +kl sesame 5\n"));
  met.away_says(":000AAAAAA TOPIC #dev :theirs");
  CHECK(met.written(*met.home).ends_with(" david/away :theirs\n"));
  met.away_says(":000AAAAAA KICK #dev 9RAAAAAAA :out");
  CHECK(met.written(*met.home) == ":9RBAAAAAA KICK #dev 1AAAAAAAA :out\n");
  met.say(*met.home, ":1AAAAAAAA IJOIN #dev 1\n");
  met.written(*met.away);

  met.say(*met.home, ":1AAAAAAAA PRIVMSG 9RBAAAAAA :back\n");
  CHECK(met.written(*met.away).ends_with(" PRIVMSG 000AAAAAA :back\n"));
  met.say(*met.home, ":1AAAAAAAA FTOPIC #dev 1795229120 1795229200 :ours\n");
  CHECK(met.written(*met.away) == ":9RAAAAAAA TOPIC #dev :ours\n");
  // Without a rank irc2 would not let him: whoever did it at home may.
  met.say(*met.home, ":1AAAAAAAA FMODE #dev 1795229120 +t\n");
  CHECK(met.written(*met.away) == ":9RAA MODE #dev +o 9RAAAAAAA\n:9RAAAAAAA MODE #dev +t\n");
  met.say(*met.home, ":1AA FMODE #dev 1795229120 -v+b 1AAAAAAAA x!*@*\n");
  CHECK(met.written(*met.away).ends_with(" MODE #dev +b x|home!*@*\n"));
  met.say(*met.home, ":1AAAAAAAA AWAY 1795229191 :lunch\n");
  CHECK(met.written(*met.away).ends_with(" MODE carol|home :+a\n"));
  met.say(*met.home, ":1AAAAAAAA KICK #dev 9RBAAAAAA :out\n");
  CHECK(met.written(*met.away).ends_with(" KICK #dev 000AAAAAA :out\n"));
  met.away_says(":000AAAAAA QUIT :\"good night\"");
  CHECK(met.away_says("PING :hyb.away.example") ==
        ":9RLA PONG node.a.example :hyb.away.example\n");
}

TEST_CASE("irc 6 whoever loses his nick keeps his place under his id") {
  Met met;
  met.away_says(":000A SAVE 000AAAAAA :irc2.test.example (~d@h)irc2 <- (a@h)relay");
  CHECK(met.side("away").model().find_nick("000AAAAAA") != no_id);
  CHECK(met.written(*met.home).starts_with(":9RBAAAAAA NICK _000AAAAAA/away "));
  // The same nick from both sides at once: both are saved, none is lost.
  const std::string said = met.away_says(
      ":000A UNICK carol|home 000AAAAAB x h 127.0.0.1 + :Other");
  CHECK(said == ":9RLA SAVE 9RAAAAAAA :node.a.example\n:9RLA SAVE 000AAAAAB :node.a.example\n");
  CHECK(met.side("away").model().find_nick("9RAAAAAAA") != no_id);
  CHECK(met.side("away").model().find_nick("000AAAAAB") != no_id);
}

TEST_CASE("irc 6 servers behind it, also masked ones, and their split") {
  Met met;
  met.away_says(":000A SERVER far.away.example 2 000B 0211020003 :far");
  met.away_says(":000A SMASK 000C 0211020003");
  met.away_says(":000B UNICK eve 000BAAAAA e h 127.0.0.1 + :Eve");
  CHECK(met.side("away").model().find_server("000C") != no_id);
  CHECK(met.side("away").model().find_nick("eve") != no_id);
  met.away_says(":000A SQUIT 000B :gone");
  CHECK(met.side("away").model().find_nick("eve") == no_id);
  met.away->event(Closed{false, "gone"});
  CHECK(met.written(*met.home).ends_with(":9RL SQUIT 9RB :gone\n"));
}

TEST_CASE("irc 6 as acceptor it is known by its version, and its id is not ours") {
  for (const auto& [lines, good] :
       {std::pair{"PASS from-away 0211020003 IRC|a P\nSERVER hyb.away.example 1 000A :x\n", true},
        {"PASS from-away 0211020003 IRC|a P\nSERVER hyb.away.example 1 9RLA :x\n", false},
        {"PASS from-away 0211020003 IRC|a P\nSERVER hyb.away.example 1 9RBA :x\n", false},
        {"PASS wrong 0211020003 IRC|a P\nSERVER hyb.away.example 1 000A :x\n", false},
        {"PASS from-away 0211020003 IRC|a P\nSERVER hyb.away.example 1 :x\n", false}}) {
    CAPTURE(lines);
    Bench bench(DialectKind::inspircd, DialectKind::automatic);
    auto& link = bench.accept();
    const std::string said = bench.say(link, lines);
    CHECK((bench.side("away").phase() != Side::Phase::down) == good);
    CHECK((said.find("PASS to-away") != std::string::npos) == (good || said.find("ours") !=
                                                                          std::string::npos));
  }
}

TEST_CASE("irc 6 in the name of ours, and other nonsense") {
  for (const std::string_view line :
       {":9RAAAAAAA PRIVMSG #dev :x", ":9RAA NJOIN #dev :000AAAAAA", ":carol|home NICK x",
        ":nobody QUIT :x", ":dave KICK #dev nobody :x", ":dave NJOIN", ":000A UNICK a b c",
        ":dave FOOBAR", ":000A SAVE 000AZZZZZ :x"}) {
    CAPTURE(std::string(line));
    Met met;
    CHECK(met.away_says(std::string(line)) == "");
    CHECK(met.away->log_.find("irc.dropped") != std::string::npos);
  }
  Met met;
  met.away_says(":000A UNICK eve 000BAAAAA e h 127.0.0.1 + :of another server");
  CHECK(met.side("away").phase() == Side::Phase::down);
}

}  // namespace
}  // namespace hanse::irc
