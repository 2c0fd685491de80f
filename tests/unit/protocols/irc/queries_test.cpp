// SPDX-License-Identifier: Apache-2.0
// irc 4.2: what is asked of servers of ours is answered, as it was seen to be asked.
#include "tests/catch.h"
#include "tests/unit/protocols/irc/irc_bench.h"

namespace hanse::irc {
namespace {

using hanse::test::EngineBench;
using test::Bench;

const std::string now = std::to_string(test::now_seconds);

// How the peer "away" is greeted, brings erin, and asks.
struct Tongue {
  DialectKind kind;
  std::string hello, erin;
  std::string asker;               // erin, as its lines name her
  bool names = false;              // servers and people are named, not numbered
};

std::vector<Tongue> tongues() {
  const std::string ng = ":hyb.away.example ";
  return {
      {DialectKind::inspircd,
       test::inspircd_capabilities + "SERVER hyb.away.example from-away 0 3HY :x\n:3HY BURST " +
           now + "\n:3HY ENDBURST\n",
       ":3HY UID 3HYAAAAAB 1795229110 erin h h u 192.0.2.1 1795229110 + :X\n", "3HYAAAAAB"},
      {DialectKind::hybrid,
       "PASS from-away\nCAPAB :TBURST ENCAP EOB\nSERVER hyb.away.example 1 3HY + :x\n"
       ":3HY SVINFO 6 6 0 :" + now + "\n:3HY EOB\n:3HY PONG hyb.away.example :9RL\n",
       ":3HY UID erin 1 1795229110 +i u h h 192.0.2.1 3HYAAAAAB * :X\n", "3HYAAAAAB"},
      {DialectKind::solanum,
       "PASS from-away TS 6 :3HY\nCAPAB :ENCAP EUID SAVE\nSERVER hyb.away.example 1 :x\n"
       "SVINFO 6 6 0 :" + now + "\nPING :hyb.away.example\n:3HY PONG hyb.away.example :9RL\n",
       ":3HY EUID erin 1 1795229110 +i u h 192.0.2.1 3HYAAAAAB * * :X\n", "3HYAAAAAB"},
      {DialectKind::ngircd,
       ng + "PASS from-away 0210-IRC+ ngIRCd|26.1:CHLMSXZ PZ\n" + ng +
           "SERVER hyb.away.example 1 :x\n" + ng + "005 x NICKLEN=31 :x\n" + ng +
           "376 x :End\n" + ng + "PING :hyb.away.example\n" + ng +
           "PONG hyb.away.example :node.a.example\n",
       ng + "NICK erin 1 u h 1 + :X\n", "erin", true},
      {DialectKind::irc2,
       "PASS from-away 0211020003 IRC|aEFHJKlmMpQRTuXZ6 PZ\n"
       "SERVER hyb.away.example 1 000A :x\n:000A EOB\n",
       ":000A UNICK erin 000AAAAAB u h 192.0.2.1 + :X\n", "erin", true},
  };
}

// dave is at home, in #dev, and a puppet on the other side.
struct Met : Bench {
  explicit Met(const Tongue& spoken) : Bench(DialectKind::inspircd, spoken.kind), tongue(spoken) {
    link_home();
    dial("away");
    written(*away);
    away->feed(tongue.hello);
    REQUIRE(side("away").linked());
    settle(*away, home.get());
    say(*home, ":1AA UID 1AAAAAAAA 1795229110 dave h h dave 192.0.2.1 1795229110 + :Dave D\n"
               ":1AA FJOIN #dev 1795229120 + :,1AAAAAAAA:0\n");
    settle(*away, home.get());
    Side& there = side("away");
    nick = std::string("dave") + there.facts().nick_separator + "home";
    const UserId id = there.model().find_nick(nick);
    REQUIRE(id != no_id);
    uid = there.model().user(id).texts.get(UserText::uid);
    const Server& server = there.model().server(there.model().user(id).server);
    word = tongue.names ? server.name : server.sid;
    say(*away, tongue.erin);
  }
  std::string ask(const std::string& words) {
    return say(*away, ":" + tongue.asker + " " + words + "\n");
  }
  // A line of an answer, as that dialect has it.
  std::string line(const std::string& number, const std::string& rest) const {
    const std::string to = tongue.names ? "erin" : tongue.asker;
    if (tongue.kind == DialectKind::inspircd)
      return ":" + word + " NUM " + word + " " + to + " " + number + " " + rest + "\n";
    return ":" + word + " " + number + " " + to + " " + rest + "\n";
  }
  const Tongue tongue;
  std::string nick, uid, word;
};

TEST_CASE("irc 4.2 WHOIS of somebody of another network is answered, whatever is spoken") {
  for (const Tongue& tongue : tongues()) {
    Met met(tongue);
    CAPTURE(met.word);
    const std::string about = met.nick + " ";
    const std::string answer = met.line("311", about + "dave h * :Dave D") +
                               met.line("319", met.nick + " :#dev") +
                               met.line("312", about + "home.node.a.example :relayed by "
                                                       "node.a.example") +
                               met.line("317", about + "0 1795229110 :seconds idle, signon time") +
                               met.line("318", met.nick + " :End of /WHOIS list");
    CHECK(met.ask("WHOIS " + met.word + " :" + met.nick) == answer);
    const std::string at = met.tongue.names ? met.nick : met.uid;
    CHECK(met.ask("WHOIS " + at + " :" + met.nick) == answer);
    CHECK(met.ask("WHOIS " + met.word + " :nobody") ==
          met.line("401", "nobody :No such nick/channel") +
              met.line("318", "nobody :End of /WHOIS list"));
    CHECK(met.away->log_.find("irc.dropped") == std::string::npos);
  }
}

TEST_CASE("irc 4.2 WHOIS tells of no channel that is secret, but to those in it, and of away") {
  for (const Tongue& tongue : tongues()) {
    Met met(tongue);
    CAPTURE(met.word);
    met.say(*met.home, ":1AA FMODE #dev 1795229120 +s\n:1AAAAAAAA AWAY 1795229130 :at lunch\n");
    met.written(*met.away);
    const std::string told = met.ask("WHOIS " + met.word + " :" + met.nick);
    CHECK(told.find(met.line("301", met.nick + " :at lunch")) != std::string::npos);
    CHECK(told.find("#dev") == std::string::npos);
  }
}

TEST_CASE("irc 4.2 every question of a person to a server of ours has an end") {
  struct Row {
    std::string words, number, rest;   // %S: the server, as lines name it
  };
  const Row rows[] = {{"VERSION :%S", "351", "hanse home.node.a.example :a relay"},
                      {"TIME :%S", "391", "home.node.a.example :20"},
                      {"ADMIN :%S", "423", "home.node.a.example :No administrative info"},
                      {"MOTD :%S", "422", ":MOTD File is missing"},
                      {"INFO :%S", "374", ":End of /INFO list"},
                      {"STATS u :%S", "219", "u :End of /STATS report"},
                      {"TRACE :%S", "262", "home.node.a.example :End of TRACE"},
                      {"LUSERS * :%S", "255", ":I have 1 clients and 1 servers"},
                      {"LINKS %S :*", "365", "* :End of /LINKS list"},
                      {"USERS :%S", "446", ":USERS has been disabled"},
                      {"WHOWAS zed 1 :%S", "369", "zed :End of WHOWAS"}};
  for (const Tongue& tongue : tongues()) {
    Met met(tongue);
    for (const Row& row : rows) {
      std::string words = row.words;
      words.replace(words.find("%S"), 2, met.word);
      CAPTURE(words);
      const std::string line = met.line(row.number, row.rest);
      CHECK(met.ask(words).find(line.substr(0, line.size() - 1)) != std::string::npos);
    }
    CHECK(met.ask("VERSION :nowhere.example").find("node.a.example") != std::string::npos);
    // The word of a server is no question.
    CHECK(met.say(*met.away, ":" + std::string(tongue.names ? "hyb.away.example" : "3HY") +
                                 " VERSION :" + met.word + "\n") == "");
    CHECK(met.away->log_.find("irc.dropped") == std::string::npos);
  }
}

}  // namespace
}  // namespace hanse::irc
