// SPDX-License-Identifier: Apache-2.0
// One channel on two networks of different software, line by line.
#include "tests/catch.h"
#include "tests/unit/protocols/irc/irc_bench.h"

namespace hanse::irc {
namespace {

using test::Bench;

const std::string now = std::to_string(test::now_seconds);
// Than anybody there who takes a puppet's name at the same moment.
const std::string younger = std::to_string(test::now_seconds + 60);

constexpr std::string_view carol =
    ":1AA UID 1AAAAAAAA 1795229100 carol real.host shown.host ~carol 192.0.2.1 1795229100 +i "
    ":Carol C\n";
constexpr std::string_view dave =
    ":3HY UID dave 1 1795229110 +i dave dave.host dave.host 192.0.2.2 3HYAAAAAA * :Dave\n";

// Carol is in #dev at home and Dave away; each has a puppet on the other side.
struct Met : Bench {
  Met() {
    link_both();
    CHECK(say(*home, std::string(carol) + ":1AA FJOIN #dev 1795229120 +nt :o,1AAAAAAAA:0\n") ==
          "");
    introduced = written(*away);
    CHECK(say(*away, std::string(dave) + ":3HYAAAAAA JOIN 1795229120 #dev +\n") == "");
    back = written(*home);
  }
  std::string introduced, back;
};

TEST_CASE("irc 9 a person appears on the other network behind the server of his own") {
  Met met;
  CHECK(met.introduced ==
        ":9RA UID carol|home 2 " + younger +
            " +i carol shown.host shown.host 0 9RAAAAAAA * :Carol C\n"
        ":9RA SJOIN 1795229120 #dev + :@9RAAAAAAA\n"
        ":9RA TMODE 1795229120 #dev +tn\n");
  CHECK(met.back ==
        ":9RB UID 9RBAAAAAA 1795229110 dave/away dave.host dave.host dave 0.0.0.0 1795229110 +i "
        ":Dave\n"
        ":9RB FJOIN #dev 1795229120 + :,9RBAAAAAA\n");
}

TEST_CASE("irc 9 whoever was there before the link is introduced after the burst, in one batch") {
  Bench bench;
  bench.link_home();
  bench.say(*bench.home, std::string(carol) + ":1AA FJOIN #dev 1795229120 +nt :o,1AAAAAAAA:0\n"
                         ":1AA FTOPIC #dev 1795229120 1795229121 carol :what we do\n");
  bench.link_away();
  CHECK(bench.welcome ==
        ":9RL SID home.node.a.example 2 9RA + :people of home, relayed by node.a.example\n"
        ":9RA EOB\n"
        ":9RA UID carol|home 2 " + younger +
            " +i carol shown.host shown.host 0 9RAAAAAAA * :Carol C\n"
        ":9RA SJOIN 1795229120 #dev + :@9RAAAAAAA\n"
        ":9RA TMODE 1795229120 #dev +tn\n"
        ":9RA TBURST 1795229120 #dev 1795229121 carol :what we do\n");
  CHECK(bench.meanwhile ==
        ":9RL SERVER away.node.a.example 9RB :people of away, relayed by node.a.example\n"
        ":9RB SINFO version :hanse\n:9RB ENDBURST\n");
}

TEST_CASE("irc 9 talk passes once and in both directions") {
  Met met;
  CHECK(met.say(*met.home, ":1AAAAAAAA PRIVMSG #dev :hello\n") == "");
  CHECK(met.written(*met.away) == ":9RAAAAAAA PRIVMSG #dev :hello\n");
  CHECK(met.say(*met.home, "@time=x;msgid=y :1AAAAAAAA NOTICE #DEV :note\n") == "");
  CHECK(met.written(*met.away) == ":9RAAAAAAA NOTICE #dev :note\n");
  CHECK(met.say(*met.away, ":3HYAAAAAA PRIVMSG #dev :\x01" "ACTION waves\x01\n") == "");
  CHECK(met.written(*met.home) == ":9RBAAAAAA PRIVMSG #dev :\x01" "ACTION waves\x01\n");
  SECTION("from one to one") {
    met.say(*met.home, ":1AAAAAAAA PRIVMSG 9RBAAAAAA :psst\n");
    CHECK(met.written(*met.away) == ":9RAAAAAAA PRIVMSG 3HYAAAAAA :psst\n");
  }
  SECTION("not what clients ask each other, nor of other channels") {
    met.say(*met.home, ":1AAAAAAAA PRIVMSG #dev :\x01VERSION\x01\n"
                       ":1AAAAAAAA PRIVMSG #other :hello\n:1AAAAAAAA PRIVMSG nobody :x\n");
    CHECK(met.written(*met.away) == "");
  }
  SECTION("too long for its readers there") {
    met.say(*met.home, ":1AAAAAAAA PRIVMSG #dev :" + std::string(300, 'a') + " " +
                           std::string(200, 'b') + "\n");
    CHECK(met.written(*met.away) == ":9RAAAAAAA PRIVMSG #dev :" + std::string(300, 'a') + "\n" +
                                        ":9RAAAAAAA PRIVMSG #dev :" + std::string(200, 'b') +
                                        "\n");
  }
}

TEST_CASE("irc 9 nicks, away, topics and ranks pass") {
  Met met;
  met.say(*met.home, ":1AAAAAAAA NICK carola 1795229190\n");
  CHECK(met.written(*met.away) == ":9RAAAAAAA NICK carola|home :" + younger + "\n");
  met.say(*met.home, ":1AAAAAAAA AWAY 1795229191 :lunch\n");
  CHECK(met.written(*met.away) == ":9RAAAAAAA AWAY :lunch\n");
  met.say(*met.home, ":1AAAAAAAA AWAY\n");
  CHECK(met.written(*met.away) == ":9RAAAAAAA AWAY\n");
  met.say(*met.home, ":1AAAAAAAA FTOPIC #dev 1795229120 1795229192 :new topic\n");
  CHECK(met.written(*met.away) == ":9RAAAAAAA TOPIC #dev :new topic\n");
  met.say(*met.home, ":1AAAAAAAA FMODE #dev 1795229120 +v 9RBAAAAAA\n");
  CHECK(met.written(*met.away) == ":9RAAAAAAA TMODE 1795229120 #dev +v 3HYAAAAAA\n");
  met.say(*met.away, ":3HYAAAAAA TMODE 1795229120 #dev +o 9RAAAAAAA\n");
  CHECK(met.written(*met.home) == "");   // she has it already
  met.say(*met.away, ":3HYAAAAAA TOPIC #dev :theirs\n");
  CHECK(met.written(*met.home) == ":9RBAAAAAA FTOPIC #dev 1795229120 " + now +
                                      " dave/away :theirs\n");
}

TEST_CASE("irc 10 modes pass by what they mean") {
  Met met;
  const auto home = [&](std::string_view modes) {
    met.say(*met.home, ":1AAAAAAAA FMODE #dev 1795229120 " + std::string(modes) + "\n");
    return met.written(*met.away);
  };
  const auto away = [&](std::string_view modes) {
    met.say(*met.away, ":3HYAAAAAA TMODE 1795229120 #dev " + std::string(modes) + "\n");
    return met.written(*met.home);
  };
  const std::string there = ":9RAAAAAAA TMODE 1795229120 #dev ";
  const std::string back = ":9RBAAAAAA FMODE #dev 1795229120 ";
  CHECK(home("+s-t") == there + "+s-t\n");
  CHECK(home("+s") == "");                     // as it is already
  CHECK(away("-s") == back + "-s\n");
  CHECK(home("+kl secret 5") == there + "+kl secret 5\n");
  CHECK(away("-kl x") == back + "-kl secret\n");
  CHECK(home("+b *!*@bad.host") == there + "+b *!*@bad.host\n");
  CHECK(home("+b *!*@BAD.host") == "");
  CHECK(home("-b *!*@bad.host") == there + "-b *!*@bad.host\n");
  CHECK(home("+b dave/away!*@*") == there + "+b dave!*@*\n");
  CHECK(home("+b carol!*@*") == there + "+b carol|home!*@*\n");
  CHECK(away("+b carol|home!*@*") == "");      // that very ban is there: carol!*@* at home
  CHECK(away("+e al*!*@*") == back + "+e al*/away!*@*\n");
  CHECK(home("+b O:oper") == "");              // hybrid has words for it, we have none
  CHECK(away("+I *!*@friend") == "");          // home has no such list
  CHECK(away("+c") == "");
  CHECK(away("+v-v 9RAAAAAAA 9RAAAAAAA") == back + "+v-v 1AAAAAAAA 1AAAAAAAA\n");
}

TEST_CASE("irc 10 a channel that is new there gets the modes and bans of its home") {
  Bench bench;
  bench.link_both();
  bench.say(*bench.home, std::string(carol) +
                             ":1AA FJOIN #quiet 1795229120 +nt :o,1AAAAAAAA:0\n"
                             ":1AA PART #x\n");
  bench.say(*bench.home, ":1AA UID 1AAAAAAAB 1795229100 erin h h e 192.0.2.1 1795229100 + :E\n"
                         ":1AA FJOIN #dev 1795229120 +ntlk 9 key :o,1AAAAAAAB:0\n");
  CHECK(bench.written(*bench.away).ends_with(":9RA TMODE 1795229120 #dev +tnkl key 9\n"));
}

TEST_CASE("irc 9 who leaves, leaves everywhere") {
  Met met;
  SECTION("by PART") {
    met.say(*met.home, ":1AAAAAAAA PART #dev :bye\n");
    CHECK(met.written(*met.away) ==
          ":9RAAAAAAA PART #dev :bye\n:9RAAAAAAA QUIT :left the channel\n");
  }
  SECTION("by QUIT") {
    met.say(*met.home, ":1AAAAAAAA QUIT :bye\n");
    CHECK(met.written(*met.away) == ":9RAAAAAAA QUIT :bye\n");
  }
  SECTION("by KILL") {
    met.say(*met.away, ":3HY KILL 3HYAAAAAA :hyb.away.example (no)\n");
    CHECK(met.written(*met.home) == ":9RBAAAAAA QUIT :Killed\n");
  }
  SECTION("a native who is kicked at home") {
    met.say(*met.home, ":1AA KICK #dev 1AAAAAAAA :out\n");
    CHECK(met.written(*met.away) ==
          ":9RA KICK #dev 9RAAAAAAA :out\n:9RAAAAAAA QUIT :kicked\n");
  }
  SECTION("a puppet that is kicked") {
    CHECK(met.say(*met.home, ":1AAAAAAAA KICK #dev 9RBAAAAAA :out\n") ==
          ":9RBAAAAAA QUIT :kicked\n");
    CHECK(met.written(*met.away) == ":9RAAAAAAA KICK #dev 3HYAAAAAA :out\n");
    CHECK(met.side("away").model().user(met.side("away").model().find_nick("dave"))
              .channels.empty());
  }
}

TEST_CASE("irc 9 a network that is lost goes by a split and comes back as it is") {
  Met met;
  met.away->event(Closed{false, "connection reset"});
  CHECK(met.written(*met.home) == ":9RL SQUIT 9RB :connection reset\n");
  CHECK(met.side("home").model().find_nick("dave/away") == no_id);
  met.say(*met.home, ":1AAAAAAAA PRIVMSG #dev :anybody?\n");
  met.link_away();
  CHECK(met.meanwhile ==
        ":9RL SERVER away.node.a.example 9RB :people of away, relayed by node.a.example\n"
        ":9RB SINFO version :hanse\n:9RB ENDBURST\n");
  CHECK(met.welcome.find(":9RA SJOIN 1795229120 #dev + :@9RAAAAAA") !=
        std::string::npos);
}

TEST_CASE("irc 4.3 servers that leave their network take their people along") {
  Met met;
  met.say(*met.home, ":1AA SERVER leaf.home.example 1AB :leaf\n"
                     ":1AB UID 1ABAAAAAA 1795229100 erin h h e 192.0.2.1 1795229100 + :E\n"
                     ":1AB FJOIN #dev 1795229120 + :,1ABAAAAAA:0\n");
  met.written(*met.away);
  met.say(*met.home, ":1AA SQUIT 1AB :insp.home.example leaf.home.example\n");
  CHECK(met.written(*met.away) == ":9RAAAAAAB QUIT :insp.home.example leaf.home.example\n");
  CHECK(met.side("home").model().find_nick("carol") != no_id);
}

// What another node says of the network "away" at home, and of Dave.
std::string claimed_by(const std::string& node) {
  return ":1AA SERVER away." + node + " 8RB :people of away, relayed by " + node + "\n";
}
const std::string their_dave =
    ":8RB UID 8RBAAAAAA 1795229110 dave//away h h d 0.0.0.0 1795229110 + :D\n"
    ":8RB FJOIN #dev 1795229120 + :,8RBAAAAAA\n";
const std::string our_claim =
    ":9RL SERVER away.node.a.example 9RB :people of away, relayed by node.a.example\n"
    ":9RB SINFO version :hanse\n:9RB ENDBURST\n";

TEST_CASE("irc 9 two nodes between the same networks: who is there stays") {
  Met met;
  SECTION("and whom the other has brought is not relayed once more") {
    const std::string node = "node.z.example";
    CHECK(met.say(*met.home, claimed_by(node) + their_dave + ":8RBAAAAAA PRIVMSG #dev :hi\n") ==
          "");
    CHECK(met.written(*met.away) == "");
  }
  SECTION("of two that are there, which a network of many servers allows, the one first by name") {
    CHECK(met.say(*met.home, claimed_by("node.0.example")) == "");
    CHECK(met.say(*met.home, their_dave) ==
          ":9RL SQUIT 9RB :another node relays this network\n");
    CHECK(met.side("home").model().find_nick("dave/away") == no_id);
    met.say(*met.away, ":3HYAAAAAA PRIVMSG #dev :hello\n");
    CHECK(met.written(*met.home) == "");
    CHECK(met.say(*met.home, ":1AA SQUIT 8RB :gone\n") == "");
    met.home->pass(std::chrono::seconds(90));
    met.settle(*met.home, met.away.get());
    CHECK(met.welcome.starts_with(our_claim + ":9RB UID 9RBAAAAAB "));
  }
}

TEST_CASE("irc 9 two nodes that come at once: nobody is introduced before the claim stands") {
  Bench bench;
  bench.link_away();
  bench.say(*bench.away, std::string(dave) + ":3HYAAAAAA JOIN 1795229120 #dev +\n");
  auto& home = bench.dial("home");
  bench.say(home, test::inspircd_capabilities + "SERVER insp.home.example from-home 0 1AA :I\n");
  CHECK(bench.say(home, ":1AA BURST " + now + "\n:1AA ENDBURST\n")
            .ends_with(our_claim + ":9RL PING 1AA\n"));
  SECTION("the other was here first") {
    const std::string node = GENERATE("node.0.example", "node.z.example");
    CHECK(bench.say(home, claimed_by(node) + ":1AA PONG 9RL\n") ==
          ":9RL SQUIT 9RB :another node relays this network\n");
    bench.settle(home, bench.away.get());
    CHECK(bench.welcome.empty());
    const std::string then = bench.say(home, ":1AA SQUIT 8RB :gone\n");
    // Both may have given way: one comes again at once, the other waits.
    CHECK(then.starts_with(node == "node.z.example" ? our_claim : ""));
    CHECK(then.empty() == (node == "node.0.example"));
  }
  SECTION("one peer has not answered") {
    bench.say(home, ":1AA PONG 9RL\n");
    CHECK(bench.written(home).empty());
    CHECK(bench.side("home").model().find_nick("dave/away") == no_id);
    bench.settle(*bench.away, bench.home.get());
    CHECK(bench.meanwhile.find(" dave/away ") != std::string::npos);
  }
}

TEST_CASE("irc 3.4 a peer that reads bit by bit is not sent more than it answers for") {
  Bench bench;
  bench.link_both();
  bench.say(*bench.home, std::string(carol) + ":1AA FJOIN #dev 1795229120 + :,1AAAAAAAA:0\n");
  bench.say(*bench.away, std::string(dave) + ":3HYAAAAAA JOIN 1795229120 #dev +\n");
  bench.written(*bench.home);
  std::string talk;
  constexpr std::size_t lines = 1000;
  for (std::size_t count = 0; count < lines / 2; ++count)
    talk += ":3HYAAAAAA PRIVMSG #dev :" + std::string(100, 'x') + "\n";
  for (int turn = 0; turn < 2; ++turn) bench.away->feed(talk);
  std::string got = bench.written(*bench.home);
  CHECK(got.size() < 80'000);
  const auto count = [&](std::string_view word) {
    std::size_t found = 0;
    for (std::size_t at = 0; (at = got.find(word, at)) != std::string::npos; ++at) ++found;
    return found;
  };
  const std::size_t pings = count(":9RL PING 1AA\n");
  CHECK(pings == 9);
  bench.home->pass(std::chrono::milliseconds(10));   // nothing answered: it is woken once more
  CHECK(bench.written(*bench.home) == ":9RL PING 1AA\n");
  for (std::size_t answers = 0; answers < 40; ++answers)
    got += bench.say(*bench.home, ":1AA PONG 9RL\n");
  CHECK(count(" PRIVMSG #dev ") == lines);
  CHECK(count("\n") == lines + count(":9RL PING 1AA\n"));
  bench.home->pass(std::chrono::seconds(5));
  CHECK(bench.written(*bench.home) == "");           // all is answered
}

TEST_CASE("irc 3.3 a WHOIS from elsewhere is answered") {
  Met met;
  CHECK(met.say(*met.home, ":1AAAAAAAA IDLE 9RBAAAAAA\n") ==
        ":9RBAAAAAA IDLE 1AAAAAAAA 1795229110 0\n");
}

TEST_CASE("irc 9 names that are taken") {
  Bench bench;
  bench.link_both();
  bench.say(*bench.away,
            ":3HY UID carol|home 1 1795229110 +i x h h 192.0.2.2 3HYAAAAAB * :Other\n");
  bench.say(*bench.home, std::string(carol) + ":1AA FJOIN #dev 1795229120 +nt :o,1AAAAAAAA:0\n");
  CHECK(bench.written(*bench.away).starts_with(":9RA UID carol||home 2 "));
}

TEST_CASE("irc 4.3 of a puppet and somebody who takes its name at that moment the puppet goes") {
  Met met;
  // Dave has changed his nick before he was told of carol|home.
  const std::string answer =
      met.say(*met.away, ":3HYAAAAAA NICK carol|home :" + std::to_string(test::now_seconds + 59) +
                             "\n:3HY KILL 9RAAAAAAA :hyb.away.example (Nick collision)\n");
  CHECK(answer.starts_with(":9RA UID carol||home 2 "));
  const Network& model = met.side("away").model();
  CHECK(model.find_nick("carol|home") == model.find_uid("3HYAAAAAA"));
  CHECK(met.written(*met.home).find(" NICK carol|home/away ") != std::string::npos);
  CHECK(judge_nick(model.user(model.find_nick("carol||home")).timestamp, test::now_seconds + 59,
                   false) == NickLoser::existing);
}

TEST_CASE("irc 4.3 who goes by a split and is back within a minute has not got rid of a KILL") {
  Met met;
  const std::string leaf = ":1AA SERVER leaf.home.example 1AB :leaf\n";
  const std::string erin = ":1AB UID 1ABAAAAAA 1795229100 erin h h e 192.0.2.1 1795229100 + :E\n"
                           ":1AB FJOIN #dev 1795229120 + :,1ABAAAAAA:0\n";
  met.say(*met.home, leaf + erin);
  met.written(*met.away);
  met.say(*met.away, ":3HYAAAAAA KILL 9RAAAAAAB :hyb.away.example!dave (go away)\n");
  met.say(*met.home, ":1AA SQUIT 1AB :insp.home.example leaf.home.example\n");
  const auto after = [&](std::int64_t seconds) {
    met.clock.seconds += seconds;
    met.written(*met.away);
    met.say(*met.home, leaf + erin);
    return met.written(*met.away);
  };
  SECTION("soon") { CHECK(after(30).empty()); }
  SECTION("and is let in again when the minute of the KILL is over") {
    CHECK(after(60).find("UID erin|home ") != std::string::npos);
  }
  SECTION("late") { CHECK(after(61).find("UID erin|home ") != std::string::npos); }
}

TEST_CASE("irc 9 a puppet that got its UID for a nick is named again after a while") {
  Met met;
  const auto save = [&](const std::string& nick) {
    const Network& model = met.side("home").model();
    const UserId puppet = model.find_nick(nick);
    REQUIRE(puppet != no_id);
    const std::string at = std::to_string(model.user(puppet).timestamp);
    met.say(*met.home, ":1AA SAVE 9RBAAAAAA " + at + "\n");
    CHECK(model.find_nick("9RBAAAAAA") == puppet);
    met.home->pass(std::chrono::seconds(90));   // by its clock; too early by that of the node
    CHECK(met.settled(*met.home).find(" NICK ") == std::string::npos);
    met.clock.seconds += 30;
    met.home->pass(std::chrono::seconds(90));
    return met.settled(*met.home);
  };
  CHECK(save("dave/away") == ":9RBAAAAAA NICK dave//away " +
                                 std::to_string(test::now_seconds + 30) + "\n");
  CHECK(save("dave//away").starts_with(":9RBAAAAAA NICK dave/away/"));
  const Network& model = met.side("home").model();
  const std::string third(model.user(model.find_uid("9RBAAAAAA")).texts.get(UserText::nick));
  CHECK(save(third).empty());
  met.clock.seconds += 3600;
  met.home->pass(std::chrono::seconds(90));
  CHECK(met.settled(*met.home).find(":9RBAAAAAA NICK dave/away ") != std::string::npos);
}

}  // namespace
}  // namespace hanse::irc
