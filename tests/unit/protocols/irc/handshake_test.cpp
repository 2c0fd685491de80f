// SPDX-License-Identifier: Apache-2.0
// The first lines of a link, as they were seen between this node and the real servers.
#include "tests/catch.h"
#include "tests/unit/protocols/irc/irc_bench.h"

namespace hanse::irc {
namespace {

using hanse::test::EngineBench;
using test::Bench;
using test::inspircd_capabilities;

const std::string now = std::to_string(test::now_seconds);

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

TEST_CASE("irc 3.2 InspIRCd, called by us") {
  Bench bench;
  EngineBench& link = bench.dial("home");
  CHECK(bench.written(link) == "CAPAB START 1205\n");
  CHECK(bench.say(link, inspircd_capabilities) ==
        "CAPAB CAPABILITIES :CASEMAPPING=rfc1459\nCAPAB END\n"
        "SERVER node.a.example to-home 0 9RL :relay node\n");
  CHECK(bench.say(link, "SERVER insp.home.example from-home 0 1AA :Insp test\n") ==
        ":9RL BURST " + now + "\n:9RL SINFO version :hanse\n:9RL ENDBURST\n");
  CHECK(bench.say(link, ":1AA BURST " + now + "\n:1AA SINFO version :InspIRCd-3\n"
                        ":1AA UID 1AAAAAAAA 1795229193 carol 127.0.0.1 127.0.0.1 carol 127.0.0.1 "
                        "1795229193 + :Carol\n"
                        ":1AA FJOIN #x 1795229195 +nt :,1AAAAAAAA:0\n"
                        ":1AA METADATA #x 1795229195 maxlist :b 100 e 100 I 100\n"
                        ":1AA ENDBURST\n") == "");
  CHECK(link.log_.find("irc.linked home: 1 users, 1 channels") != std::string::npos);
  CHECK(link.log_.find("dropped") == std::string::npos);
  const Network& model = bench.side("home").model();
  const UserId carol = model.find_nick("CAROL");
  REQUIRE(carol != no_id);
  CHECK(model.user(carol).texts.get(UserText::realname) == "Carol");
  CHECK(model.membership(carol, model.find_channel("#X")) != nullptr);
  CHECK(model.channel(model.find_channel("#x")).timestamp == 1795229195);
}

TEST_CASE("irc 3.2 InspIRCd's challenge is answered without padding") {
  Bench bench;
  EngineBench& link = bench.dial("home");
  bench.written(link);
  const std::string asked = bench.say(
      link, replaced(inspircd_capabilities, "GLOBOPS=0", "CHALLENGE=0123456789abcdefghij"));
  CHECK(asked.find("CASEMAPPING=rfc1459 CHALLENGE=") != std::string::npos);
  // HMAC-SHA256 of that challenge with the key "to-home"
  CHECK(asked.find("SERVER node.a.example AUTH:2NUeZeWpMCPj3AjS8WyOPYGP3+kRh2Irr9p7TvulsLw 0 9RL")
        != std::string::npos);
  SECTION("a peer that could prove the password must") {
    CHECK(bench.say(link, "SERVER insp.home.example from-home 0 1AA :Insp\n") ==
          "ERROR :wrong password; to change: <link name=\"node.a.example\"> with sendpass=\n");
    CHECK(link.hung_up_ == 1);
  }
}

TEST_CASE("irc 3.2 InspIRCd calls us") {
  Bench bench;
  EngineBench& link = bench.accept();
  CHECK(bench.say(link, "CAPAB START 1205\n") == "CAPAB START 1205\n");   // it waits for that
  CHECK(bench.say(link, inspircd_capabilities.substr(inspircd_capabilities.find('\n') + 1)) ==
        "CAPAB CAPABILITIES :CASEMAPPING=rfc1459\nCAPAB END\n");
  CHECK(bench.say(link, "SERVER insp.home.example from-home 0 1AA :Insp\n") ==
        "SERVER node.a.example to-home 0 9RL :relay node\n");
  CHECK(bench.say(link, ":1AA BURST " + now + "\n") ==
        ":9RL BURST " + now + "\n:9RL SINFO version :hanse\n:9RL ENDBURST\n");
  CHECK(link.served_ == std::vector<std::string>{"home"});
}

TEST_CASE("irc 3.1 whoever is called by us is told 1205, and holds to it") {
  Bench bench;
  EngineBench& link = bench.dial("home");
  CHECK(bench.written(link) == "CAPAB START 1205\n");
  const std::string said = bench.say(link, replaced(inspircd_capabilities, "1205", "1206"));
  CHECK(said.find("SERVER node.a.example to-home 0 9RL :relay node\n") != std::string::npos);
}

TEST_CASE("irc 11 services that speak InspIRCd's protocol 1202") {
  Bench bench;
  EngineBench& link = bench.accept();
  CHECK(bench.say(link, "CAPAB START 1202\nCAPAB CAPABILITIES :PROTOCOL=1202\nCAPAB END\n") !=
        "");
  bench.say(link, "SERVER insp.home.example from-home 0 00A :Atheme\n:00A BURST\n"
                  ":00A UID 00AAAAAAA 1795229193 NickServ services.example services.example "
                  "NickServ 0.0.0.0 1795229193 +io :Services\n:00A ENDBURST\n");
  CHECK(bench.side("home").linked());
  CHECK(bench.side("home").model().find_nick("NickServ") != no_id);
}

TEST_CASE("irc 7 a link by TLS is to the peer's name, and shows who we are there") {
  Bench bench;
  bench.settings->networks[1].tls = LinkTls::verify;
  EngineBench& link = bench.dial("away");
  CHECK(link.tls_started_ == 1);
  CHECK(link.wish_.name == "hyb.away.example");
  CHECK(link.wish_.identity == "node.a.example");
  CHECK(bench.written(link).empty());
}

TEST_CASE("irc 4.1 hybrid, called by us") {
  Bench bench;
  bench.clock.seconds = 1795229446;
  const std::string then = "1795229446";
  EngineBench& link = bench.dial("away");
  CHECK(bench.written(link) == "PASS to-away\nCAPAB :ENCAP TBURST EOB RHOST CLUSTER MLOCK HOP\n"
                               "SERVER node.a.example 1 9RL + :relay node\n");
  CHECK(bench.say(link, ":hyb.away.example NOTICE * :*** Looking up your hostname\n"
                        ":hyb.away.example NOTICE * :*** Found your hostname\n"
                        "PASS from-away\n"
                        "CAPAB :MLOCK KNOCK KLN TBURST RESYNC ENCAP UNKLN DLN UNDLN RHOST CLUSTER "
                        "EOB HOP\n"
                        "SERVER hyb.away.example 1 3HY + :hybrid test\n") ==
        ":9RL SVINFO 6 6 0 :" + then + "\n:9RL EOB\nPING :9RL\n");
  CHECK(bench.say(link, ":3HY SVINFO 6 6 0 :" + then + "\n"
                        ":3HY UID carol 1 1795229443 +i carol 127.0.0.1 127.0.0.1 127.0.0.1 "
                        "3HYAAAAAC * :Carol\n"
                        ":3HY SJOIN 1795229446 #x +nt :@3HYAAAAAC\n"
                        ":3HY BMASK 1795229446 #x b :*!*@bad\n"
                        ":3HY TBURST 1795229446 #x 1795229446 carol!carol@127.0.0.1 :orig topic\n"
                        ":3HY MLOCK 1795229446 #x 0 :\n"
                        "PING :3HY\n:3HY EOB\n") == ":9RL PONG node.a.example :3HY\n");
  CHECK(bench.say(link, ":3HY PONG hyb.away.example :9RL\n") == "");
  CHECK(link.log_.find("irc.linked away: 1 users, 1 channels") != std::string::npos);
  CHECK(link.log_.find("dropped") == std::string::npos);
  const Network& model = bench.side("away").model();
  const ChannelId channel = model.find_channel("#x");
  CHECK(model.channel(channel).topic == "orig topic");
  CHECK(model.membership(model.find_uid("3HYAAAAAC"), channel)->status == rank_bit(Mode::op));
}

TEST_CASE("irc 4.1 hybrid calls us, and so does Anope with a source on every line") {
  Bench bench;
  EngineBench& link = bench.accept();
  std::string hello = "PASS from-away\nCAPAB :ENCAP TBURST EOB RHOST MLOCK\n"
                      "SERVER hyb.away.example 1 3HY + :hybrid\n";
  SECTION("hybrid") {}
  SECTION("Anope") {
    hello = ":3HY PASS from-away\n:3HY CAPAB :ENCAP TBURST EOB RHOST MLOCK\n"
            ":3HY SERVER hyb.away.example 1 3HY + :Anope\n";
  }
  CHECK(bench.say(link, hello) ==
        "PASS to-away\nCAPAB :ENCAP TBURST EOB RHOST CLUSTER MLOCK HOP\n"
        "SERVER node.a.example 1 9RL + :relay node\n"
        ":9RL SVINFO 6 6 0 :" + now + "\n:9RL EOB\nPING :9RL\n");
  bench.say(link, ":3HY SVINFO 6 6 0 :" + now + "\n:3HY EOB\n");
  CHECK(bench.side("away").linked());
}

TEST_CASE("irc 11 services that speak charybdis' TS6") {
  Bench bench(DialectKind::inspircd, DialectKind::solanum);
  EngineBench& link = bench.accept();
  CHECK(bench.say(link, "PASS from-away TS 6 :00A\n"
                        "CAPAB :QS EX IE KLN UNKLN ENCAP TB SERVICES EUID EOPMOD MLOCK\n"
                        "SERVER hyb.away.example 1 :Atheme\n") ==
        "PASS to-away TS 6 :9RL\n"
        "CAPAB :QS EX IE ENCAP EUID TB EOPMOD SAVE BAN CHW MLOCK EBMASK STAG SERVICES\n"
        "SERVER node.a.example 1 :relay node\n"
        "SVINFO 6 6 0 :" + now + "\nPING :9RL\n");
  CHECK(bench.say(link, "SVINFO 6 3 0 :" + now + "\nPING :hyb.away.example\n"
                        ":00A EUID NickServ 1 1795229193 +ioS NickServ services.example 0 "
                        "00AAAAAAB * * :Services\n:00A PONG hyb.away.example :9RL\n") ==
        ":9RL PONG node.a.example :00A\n");
  CHECK(bench.side("away").linked());
  CHECK(bench.side("away").model().find_uid("00AAAAAAB") != no_id);
}

TEST_CASE("irc 5 ngIRCd, called by us") {
  Bench bench(DialectKind::inspircd, DialectKind::ngircd);
  EngineBench& link = bench.dial("away");
  CHECK(bench.written(link) == "PASS to-away 0210-IRC+ hanse|0.1:CHLMoX\n"
                               "SERVER node.a.example 1 :relay node\n");
  const std::string ng = ":hyb.away.example ";
  CHECK(bench.say(link, ng + "PASS from-away 0210-IRC+ ngIRCd|26.1:CHLMSXZ PZ\n" +
                            ng + "SERVER hyb.away.example 1 :ngircd test\n" +
                            ng + "005 node.a.example RFC2812 IRCD=ngIRCd CHARSET=UTF-8 "
                                 "CASEMAPPING=ascii PREFIX=(qaohv)~&@%+ :are supported\n" +
                            ng + "005 node.a.example CHANNELLEN=50 NICKLEN=31 TOPICLEN=490 :x\n") ==
        "");
  CHECK(bench.say(link, ng + "376 node.a.example :End of MOTD command\n") ==
        ":node.a.example 005 hyb.away.example NICKLEN=31 CASEMAPPING=ascii "
        "PREFIX=(qaohv)~&@%+ CHANTYPES=#&+ CHANMODES=beI,k,l,imMnOPQRstVz "
        ":are supported on this server\n"
        ":node.a.example 376 hyb.away.example :End of MOTD command\n"
        ":node.a.example PING :node.a.example\n");
  CHECK(bench.say(link, ng + "NICK carol 1 ~carol 127.0.0.1 1 + :Carol\n" +
                            ng + "CHANINFO #x + :orig topic\n" + ng + "NJOIN #x :@carol,,+\n" +
                            ng + "MODE #x +b *!*@bad\n") == "");
  CHECK_FALSE(bench.side("away").linked());
  CHECK(bench.say(link, ng + "PING :hyb.away.example\n") ==
        ":node.a.example PONG node.a.example :hyb.away.example\n");
  CHECK(bench.side("away").linked());
  const Network& model = bench.side("away").model();
  const ChannelId channel = model.find_channel("#x");
  REQUIRE(channel != no_id);
  CHECK(model.membership(model.find_nick("carol"), channel)->status == rank_bit(Mode::op));
  CHECK(model.channel(channel).lists.size() == 1);
  SECTION("and then without flags") {}
}

TEST_CASE("irc 5 a server of RFC 2813 without IRC+ calls us") {
  Bench bench(DialectKind::inspircd, DialectKind::ngircd);
  EngineBench& link = bench.accept();
  CHECK(bench.say(link, "PASS from-away 0210 IRC|\nSERVER hyb.away.example 1 :old\n") ==
        "PASS to-away 0210-IRC+ hanse|0.1:CHLMoX\nSERVER node.a.example 1 :relay node\n"
        ":node.a.example PING :node.a.example\n");
  bench.say(link, ":hyb.away.example PING :hyb.away.example\n");
  CHECK(bench.side("away").linked());
}

struct Refused {
  std::string what, lines, error;
};

// The reason in the ERROR; what it says of a remedy is in remedy_test.cpp.
std::string reason_in(const std::string& answer) {
  const std::size_t at = answer.rfind("ERROR :");
  if (at == std::string::npos) return {};
  const std::string text = answer.substr(at + 7, answer.size() - at - 8);
  return text.substr(0, text.find("; to change: "));
}

TEST_CASE("irc 7 who is refused, and is told why") {
  const std::string server = "SERVER insp.home.example from-home 0 1AA :Insp\n";
  const Refused table[] = {
      {"a case mapping we do not have",
       replaced(inspircd_capabilities, "CASEMAPPING=rfc1459", "CASEMAPPING=national"),
       "its case mapping is none we know: national"},
      {"an unfinished version", "CAPAB START 1203\n",
       "its protocol version 1203 is none we speak: 1202, 1205 and later"},
      {"a wrong password", inspircd_capabilities + "SERVER insp.home.example no 0 1AA :Insp\n",
       "wrong password"},
      {"another name", inspircd_capabilities + "SERVER evil.home.example from-home 0 1AA :I\n",
       "it calls itself evil.home.example, not insp.home.example"},
      {"our id", inspircd_capabilities + "SERVER insp.home.example from-home 0 9RL :Insp\n",
       "its server id 9RL is one of ours"},
      {"an id of our range", inspircd_capabilities +
       "SERVER insp.home.example from-home 0 9RB :Insp\n", "its server id 9RB is one of ours"},
      {"a clock 61 s off", inspircd_capabilities + server + ":1AA BURST 1795229254\n",
       "our clocks are too far apart"},
      {"a command of the linked state", inspircd_capabilities + "FJOIN #x 1 + :,1AAAAAAAA\n",
       "unexpected in the handshake: FJOIN"},
      {"missing parameters", inspircd_capabilities + "SERVER insp.home.example from-home 1AA\n",
       "its SERVER lacks parameters"},
      {"a NUL", std::string("CAPAB START\0 1205\n", 18), "a NUL in a line"},
      {"a stray CR", "CAPAB START\r 1205\n", "a CR in a line"},
      {"no end of a line", std::string(20'000, 'x'), "a line too long"},
  };
  for (const Refused& one : table) {
    CAPTURE(one.what);
    Bench bench;
    EngineBench& link = bench.dial("home");
    const std::string answer = bench.say(link, one.lines);
    CHECK(reason_in(answer) == one.error);
    CHECK(link.hung_up_ == 1);
    CHECK(bench.side("home").phase() == Side::Phase::down);
  }
}

TEST_CASE("irc 7 who calls and is refused") {
  const Refused table[] = {
      {"a person", "NICK alice\nUSER alice 0 * :Alice\n",
       "this speaks to servers only, in a protocol we know"},
      {"an unknown server", "PASS x\nCAPAB :EOB\nSERVER other.example 1 4XX + :o\n",
       "no [irc.network] has the peer other.example"},
      {"another dialect", "PASS from-home\nCAPAB :EOB\nSERVER insp.home.example 1 1AA + :o\n",
       "it speaks hybrid, which is not configured"},
      {"one more", "CAPAB START 1205\nCAPAB END\nSERVER hyb.away.example x 0 3HY :o\n",
       "it speaks inspircd, which is not configured"},
      {"no password", "CAPAB :EOB\nSERVER hyb.away.example 1 3HY + :o\n",
       "this speaks to servers only, in a protocol we know"},
      {"a wrong password", "PASS x\nCAPAB :EOB\nSERVER hyb.away.example 1 3HY + :o\n",
       "wrong password"},
  };
  for (const Refused& one : table) {
    CAPTURE(one.what);
    Bench bench;
    EngineBench& link = bench.accept();
    CHECK(reason_in(bench.say(link, one.lines)) == one.error);
    CHECK(link.hung_up_ == 1);
  }
}

TEST_CASE("irc 7 one link for each network") {
  Bench bench;
  bench.link_home();
  EngineBench& second = bench.accept();
  const std::string server = "SERVER insp.home.example from-home 0 1AA :Insp\n";
  CHECK(bench.say(second, inspircd_capabilities + server)
            .ends_with("ERROR :already linked to home\n"));
  CHECK(bench.side("home").linked());
}

TEST_CASE("irc 2 the log warns when a network folds channels of two junctions into one") {
  for (const auto& [mapping, warned] : {std::pair{"rfc1459", true}, {"ascii", false}}) {
    Bench bench;
    bench.settings->junctions.push_back({"more", Junction::nobody, {{0, "#a["}, {1, "#a["}}});
    bench.settings->junctions.push_back({"most", Junction::nobody, {{0, "#A{"}, {1, "#b"}}});
    EngineBench& link = bench.dial("home");
    bench.say(link, replaced(inspircd_capabilities, "=rfc1459", std::string("=") + mapping) +
                        "SERVER insp.home.example from-home 0 1AA :Insp\n");
    CHECK((link.log_.find("irc.same_name #a[ of junction more and #A{ of junction most") !=
           std::string::npos) == warned);
  }
}

TEST_CASE("irc 7 patience has an end") {
  Bench bench;
  SECTION("of the handshake") {
    EngineBench& link = bench.dial("home");
    bench.written(link);
    link.pass(std::chrono::seconds(21));
    CHECK(bench.written(link) == "ERROR :the handshake took too long\n");
    CHECK(link.log_.find("; to change here: [irc.network.home] dialect (hanse probe irc home "
                         "tells which software it is)") != std::string::npos);
  }
  SECTION("of the burst") {
    EngineBench& link = bench.dial("home");
    bench.say(link, inspircd_capabilities + "SERVER insp.home.example from-home 0 1AA :Insp\n");
    link.pass(std::chrono::seconds(121));
    CHECK(bench.written(link).ends_with("ERROR :its burst got stuck\n"));
    CHECK(bench.side("home").phase() == Side::Phase::down);
  }
  SECTION("of a link") {
    EngineBench& link = bench.link_home();
    bench.written(link);
    link.pass(std::chrono::seconds(91));
    CHECK(bench.written(link) == ":9RL PING 1AA\n");
    bench.say(link, ":1AA PONG 9RL\n");
    link.pass(std::chrono::seconds(400));
    CHECK(bench.written(link).ends_with("ERROR :no answer to PING\n"));
    CHECK(bench.side("home").phase() == Side::Phase::down);
  }
}

}  // namespace
}  // namespace hanse::irc
