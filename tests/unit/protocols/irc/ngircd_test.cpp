// SPDX-License-Identifier: Apache-2.0
// A network without ids and timestamps, seen from one that has both.
#include "tests/catch.h"
#include "tests/unit/protocols/irc/irc_bench.h"

namespace hanse::irc {
namespace {

using test::Bench;

const std::string ng = ":hyb.away.example ";

struct Met : Bench {
  Met() : Bench(DialectKind::inspircd, DialectKind::ngircd) {
    link_home();
    auto& link = dial("away");
    link.feed("PASS from-away 0210-IRC+ ngIRCd|26.1:CHLMSXZ PZ\n" + ng +
                  "SERVER hyb.away.example 1 :ng\n" + ng + "005 x NICKLEN=31 :x\n" + ng +
                  "376 x :End\n" + ng + "PING :hyb.away.example\n");
    REQUIRE(side("away").linked());
    link.feed(ng + "PONG hyb.away.example :node.a.example\n");
    settle(link, home.get());
    say(*home, ":1AA UID 1AAAAAAAA 1795229100 carol h shown.host ~carol 192.0.2.1 1795229100 +i "
               ":Carol C\n:1AA FJOIN #dev 1795229120 +nt :o,1AAAAAAAA:0\n");
    introduced = written(link);
    say(link, ng + "NICK dave 1 ~dave dave.host 1 + :Dave\n:dave JOIN #dev\n");
    back = written(*home);
  }
  std::string away_says(const std::string& line) { return say(*away, line + "\n"); }
  std::string introduced, back;
};

TEST_CASE("irc 5 ngIRCd calls us") {
  Bench bench(DialectKind::inspircd, DialectKind::ngircd);
  auto& link = bench.accept();
  CHECK(bench.say(link, "PASS from-away 0210-IRC+ ngIRCd|26.1:CHLMSXZ PZ\n"
                        "SERVER hyb.away.example :ngircd test\n") ==
        "PASS to-away 0210-IRC+ hanse|0.1:CHLMoX\nSERVER node.a.example 1 :relay node\n");
  CHECK(bench.say(link, ng + "005 node.a.example NICKLEN=31 :x\n" + ng + "376 node.a.example :x\n")
            .ends_with(":node.a.example PING :node.a.example\n"));
  bench.say(link, ng + "PING :hyb.away.example\n");
  CHECK(bench.side("away").linked());
}

TEST_CASE("irc 5 people on a network where a nick is all there is") {
  Met met;
  CHECK(met.introduced ==
        ":home.node.a.example NICK carol|home 2 carol shown.host 2 +i :Carol C\n"
        ":home.node.a.example NJOIN #dev :@carol|home\n"
        ":home.node.a.example MODE #dev +tn\n");
  CHECK(met.back.starts_with(":9RB UID 9RBAAAAAA "));
  CHECK(met.back.find(" dave/away dave.host dave.host dave 0.0.0.0 ") != std::string::npos);
  CHECK(met.back.ends_with(":9RB FJOIN #dev 1795229120 + :,9RBAAAAAA\n"));
}

TEST_CASE("irc 5 CHANINFO: modes, key, limit and topic come before the members, and count") {
  Met met;
  std::string many;
  for (int number = 0; number < 40; ++number) {
    const std::string name = "#c" + std::to_string(number);
    many += ng + "CHANINFO " + name + " +tn :about " + name + "\n" + ng + "NJOIN " + name +
            " :@dave\n";
  }
  met.say(*met.away, ng + "CHANINFO #keyed +tnlk sesame 7 :closed\n" + ng +
                         "NJOIN #keyed :@dave\n" + ng + "CHANINFO #free +stkl * 0\n" + ng +
                         "NJOIN #free :@dave\n" + many);
  const Network& model = met.side("away").model();
  const auto channel = [&](const char* name) { return model.channel(model.find_channel(name)); };
  CHECK(channel("#keyed").key == "sesame");
  CHECK(channel("#keyed").limit == "7");
  CHECK(channel("#keyed").topic == "closed");
  CHECK(channel("#keyed").has(Mode::topic_lock));
  CHECK(channel("#free").key.empty());
  CHECK(channel("#free").limit.empty());
  CHECK(channel("#free").has(Mode::secret));
  CHECK(channel("#c39").topic == "about #c39");
  CHECK(met.side("away").linked());
  // The first one that tells of a channel is right.
  met.say(*met.away, ng + "CHANINFO #keyed +s other 9 :theirs\n" + ng + "NJOIN #keyed :dave\n");
  CHECK(channel("#keyed").key == "sesame");
  CHECK(channel("#keyed").topic == "closed");
}

TEST_CASE("irc 5 what happens there and what is done there") {
  Met met;
  met.away_says(":dave PRIVMSG #dev :hi");
  CHECK(met.written(*met.home) == ":9RBAAAAAA PRIVMSG #dev :hi\n");
  met.away_says(":dave PRIVMSG carol|home :psst");
  CHECK(met.written(*met.home) == ":9RBAAAAAA PRIVMSG 1AAAAAAAA :psst\n");
  met.away_says(":dave MODE dave :+a");
  CHECK(met.written(*met.home).ends_with(" :away\n"));
  met.away_says(":dave NICK :david");
  CHECK(met.written(*met.home).starts_with(":9RBAAAAAA NICK david/away "));
  met.away_says(":david MODE #dev +v carol|home");
  CHECK(met.written(*met.home) == ":9RBAAAAAA FMODE #dev 1795229120 +v 1AAAAAAAA\n");
  met.away_says(":david TOPIC #dev :theirs");
  CHECK(met.written(*met.home).ends_with(" david/away :theirs\n"));

  met.say(*met.home, ":1AAAAAAAA PRIVMSG 9RBAAAAAA :back\n");
  CHECK(met.written(*met.away) == ":carol|home PRIVMSG david :back\n");
  met.say(*met.home, ":1AAAAAAAA NICK carola 1795229190\n");
  CHECK(met.written(*met.away) == ":carol|home NICK :carola|home\n");
  met.say(*met.home, ":1AAAAAAAA AWAY 1795229191 :lunch\n");
  CHECK(met.written(*met.away) == ":carola|home MODE carola|home :+a\n");
  met.say(*met.home, ":1AAAAAAAA FTOPIC #dev 1795229120 1795229200 :ours\n");
  CHECK(met.written(*met.away) == ":carola|home TOPIC #dev :ours\n");
  met.say(*met.home, ":1AAAAAAAA FMODE #dev 1795229120 +o 9RBAAAAAA\n");
  CHECK(met.written(*met.away) == ":carola|home MODE #dev +o david\n");
  met.say(*met.home, ":1AAAAAAAA KICK #dev 9RBAAAAAA :out\n");
  CHECK(met.written(*met.away) == ":carola|home KICK #dev david :out\n");
  met.say(*met.home, ":1AAAAAAAA QUIT :bye\n");
  CHECK(met.written(*met.away) == ":carola|home QUIT :bye\n");
}

TEST_CASE("irc 10 ngIRCd is told of accounts, also of those that change later") {
  Met met;
  met.say(*met.home, ":1AA METADATA 1AAAAAAAA accountname :carol\n");
  CHECK(met.written(*met.away) ==
        ":home.node.a.example METADATA carol|home accountname :carol/home\n");
  met.say(*met.home, ":1AA METADATA 1AAAAAAAA accountname :\n");
  CHECK(met.written(*met.away) == ":home.node.a.example METADATA carol|home accountname :\n");
  met.say(*met.home, ":1AA UID 1AAAAAAAB 1795229100 erin h h e 192.0.2.1 1795229100 + :E\n"
                     ":1AA METADATA 1AAAAAAAB accountname :e\n"
                     ":1AA FJOIN #dev 1795229120 + :,1AAAAAAAB:0\n");
  CHECK(met.written(*met.away).find(
            ":home.node.a.example METADATA erin|home accountname :e/home\n") != std::string::npos);
  met.away_says(ng + "METADATA dave accountname :david");   // as it says it itself
  const Network& model = met.side("away").model();
  CHECK(model.user(model.find_nick("dave")).texts.get(UserText::account) == "david");
}

TEST_CASE("irc 5 a collision without timestamps takes both") {
  Met met;
  met.away_says(ng + "NICK carol|home 1 x h 1 + :Other");
  Network& model = met.side("away").model();
  CHECK(model.find_nick("carol|home") == no_id);
  CHECK(model.find_nick("carol||home") != no_id);   // ours has taken another name
}

TEST_CASE("irc 5 in the name of ours, and other nonsense") {
  for (const std::string_view line :
       {":carol|home PRIVMSG #dev :x", ":home.node.a.example SQUIT hyb.away.example :x",
        ":carol|home NICK x", ":nobody QUIT :x", ":dave KICK #dev nobody :x",
        ":dave NJOIN", ":dave MODE", ":hyb.away.example NICK a b c"}) {
    CAPTURE(std::string(line));
    Met met;
    CHECK(met.away_says(std::string(line)) == "");
    CHECK(met.written(*met.home) == "");
    CHECK(met.away->log_.find("irc.dropped") != std::string::npos);
  }
}

TEST_CASE("irc 5 the loss of it is a split at home") {
  Met met;
  met.away->event(Closed{false, "gone"});
  CHECK(met.written(*met.home) == ":9RL SQUIT 9RB :gone\n");
}

}  // namespace
}  // namespace hanse::irc
