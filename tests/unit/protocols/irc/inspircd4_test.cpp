// SPDX-License-Identifier: Apache-2.0
// irc 3.1: what InspIRCd 4 says otherwise than 3, in the protocol 1206.
#include <algorithm>

#include "tests/catch.h"
#include "tests/unit/protocols/irc/irc_bench.h"

namespace hanse::irc {
namespace {

using hanse::test::EngineBench;
using test::Bench;
using test::inspircd_capabilities;

const std::string now = std::to_string(test::now_seconds);

TEST_CASE("irc 3.1 InspIRCd 4 calls us, and 1206 is spoken") {
  Bench bench;
  EngineBench& link = bench.accept();
  CHECK(bench.say(link, "CAPAB START 1206\n") == "CAPAB START 1206\n");
  CHECK(bench.say(link, "CAPAB MODULES :account ircv3_ctctags\n"
                        "CAPAB CHANMODES :list:ban=b param-set:limit=l param:key=k "
                        "prefix:10000:voice=+v prefix:30000:op=@o simple:secret=s\n"
                        "CAPAB CAPABILITIES :CASEMAPPING=ascii MAXNICK=25 MAXUSER=12 "
                        "MAXCHANNEL=60\nCAPAB END\n") ==
        "CAPAB CAPABILITIES :CASEMAPPING=ascii\nCAPAB END\n");
  CHECK(bench.say(link, "SERVER insp.home.example from-home 1AA :Insp 4\n") ==
        "SERVER node.a.example to-home 9RL :relay node\n");
  CHECK(bench.say(link, ":1AA BURST " + now + "\n") ==
        ":9RL BURST " + now + "\n:9RL SINFO rawbranch :hanse\n:9RL ENDBURST\n");
  bench.say(link, ":1AA SINFO customversion :Test\n:1AA SINFO rawbranch :InspIRCd-4\n"
                  ":1AA UID 1AAAAAAAA 1795229193 carol real.example shown.example realuser "
                  "showuser 192.0.2.1 1795229193 + :Carol\n"
                  ":1AA FJOIN #x 1795229195 +s :o,1AAAAAAAA:0\n"
                  ":1AA LMODE #x 1795229195 b *!*@bad.example 1795229196 carol *!*@evil.example "
                  "1795229197 carol half\n"
                  ":1AA LMODE #x 1795229195 z ignored 1 x\n"
                  ":1AA METADATA @ 1AAAAAAAA #x 1795229195 0 key :value\n:1AA ENDBURST\n");
  CHECK(link.log_.find("dropped") == std::string::npos);
  const Side& side = bench.side("home");
  REQUIRE(bench.side("home").linked());
  CHECK(side.facts().nick_bytes_max == 25);
  CHECK(side.facts().ident_bytes_max == 12);
  CHECK(side.facts().channel_bytes_max == 60);
  const UserId carol = side.model().find_nick("carol");
  REQUIRE(carol != no_id);
  const PackedTexts& texts = side.model().user(carol).texts;
  CHECK(texts.get(UserText::ident) == "showuser");
  CHECK(texts.get(UserText::shown_host) == "shown.example");
  CHECK(texts.get(UserText::address) == "192.0.2.1");
  const Channel& channel = side.model().channel(side.model().find_channel("#x"));
  REQUIRE(channel.lists.size() == 2);
  CHECK(channel.lists[1].mask == "*!*@evil.example");
}

TEST_CASE("irc 3.1 in 1206 a person has two names of the machine, both told") {
  Bench bench;
  EngineBench& link = bench.accept();
  bench.say(link, "CAPAB START 1206\n" +
                      inspircd_capabilities.substr(inspircd_capabilities.find('\n') + 1) +
                      "SERVER insp.home.example from-home 1AA :Insp 4\n:1AA BURST " + now +
                      "\n:1AA ENDBURST\n");
  bench.home = std::move(bench.called);
  bench.settle(link, nullptr);
  EngineBench& other = bench.link_away();
  bench.say(other, ":3HY UID erin 1 1795229110 +i ~e h h 192.0.2.1 3HYAAAAAB * :Erin\n"
                   ":3HY SJOIN 1795229120 #dev + :3HYAAAAAB\n");
  const std::string told = bench.settled(link);
  CHECK(told.find(" erin/away h h e e 0.0.0.0 1795229110 ") != std::string::npos);
}

// carol of it is in #dev, with a host that is shown and another one behind it.
struct Met : Bench {
  Met() {
    EngineBench& link = accept();
    say(link, "CAPAB START 1206\n"
              "CAPAB MODULES :account=x=1&y;z=a%20b cloak ircv3_ctctags realnameban services\n"
              "CAPAB MODSUPPORT :globops\n"
              "CAPAB CHANMODES :list:ban=b param-set:limit=l param:key=k prefix:10000:voice=+v "
              "prefix:30000:op=@o simple:secret=s\n"
              "CAPAB USERMODES :simple:invisible=i simple:oper=o\n"
              "CAPAB EXTBANS :acting:mute=m matching:account=R matching:nameless "
              "matching:unauthed=U\n"
              "CAPAB CAPABILITIES :CASEMAPPING=rfc1459 MAXNICK=30 MAXUSER=12 MAXCHANNEL=60\n"
              "CAPAB END\nSERVER insp.home.example from-home 1AA :Insp 4\n:1AA BURST " + now +
              "\n:1AA ENDBURST\n");
    home = std::move(called);
    settle(*home, nullptr);
    link_away();
    say(*home, ":1AA UID 1AAAAAAAA 1795229100 carol real.example shown.example realuser carol "
               "192.0.2.1 1795229100 +i :Carol\n"
               ":1AA FJOIN #dev 1795229120 + :o,1AAAAAAAA:0\n");
    written(*away);
  }
  std::string home_says(const std::string& line) {
    say(*home, line + "\n");
    return written(*away);
  }
  std::string_view text(UserText which) {
    const Network& model = side("home").model();
    return model.user(model.find_uid("1AAAAAAAA")).texts.get(which);
  }
};

TEST_CASE("irc 3.1 1206: of two hosts, or two user names, one may stay as it is") {
  Met met;
  CHECK(met.home_says(":1AAAAAAAA FHOST * behind.example") == "");
  CHECK(met.text(UserText::host) == "behind.example");
  CHECK(met.text(UserText::shown_host) == "shown.example");
  CHECK(met.home_says(":1AAAAAAAA FIDENT * another") == "");
  CHECK(met.text(UserText::ident) == "carol");
  CHECK(met.home_says(":1AAAAAAAA FHOST * *") == "");
  CHECK(met.home_says(":1AAAAAAAA FHOST new.example *").find(" new.example ") !=
        std::string::npos);
  CHECK(met.text(UserText::host) == "behind.example");
  met.home_says(":1AAAAAAAA FHOST both.example real.example");
  CHECK(met.text(UserText::host) == "real.example");
  CHECK(met.text(UserText::shown_host) == "both.example");
  met.home_says(":1AAAAAAAA FIDENT caro another");
  CHECK(met.text(UserText::ident) == "caro");
  CHECK(met.home->log_.find("dropped") == std::string::npos);
}

TEST_CASE("irc 3.1 1206: what is of no interest is no fault") {
  Met met;
  for (const std::string line :
       {":1AA METADATA @ 1AAAAAAAA #dev 1795229120 0 key :value",
        ":1AA METADATA 1AAAAAAAA accountnicks :Carol Caro",
        ":1AA METADATA 1AAAAAAAA ssl_cert :vtrsE a1b2 c3d4 CN=carol CN=authority",
        ":1AAAAAAAA SQUERY NickServ :IDENTIFY hunter2", ":1AA RESYNC #dev",
        ":1AAAAAAAA WALLOPS :hello", ":1AA SVSCMODE 1AAAAAAAA #dev b",
        ":1AA SVSOPER 1AAAAAAAA :god", "@~context=#dev :1AAAAAAAA NOTICE 1AAAAAAAA :welcome"}) {
    CAPTURE(line);
    CHECK(met.home_says(line) == "");
    CHECK(met.home->log_.find("dropped") == std::string::npos);
  }
}

TEST_CASE("irc 3.1 1206: bans by their letters and by their names") {
  Met met;
  const auto passed = [&met](const std::string& ban) {
    const std::string out = met.home_says(":1AAAAAAAA FMODE #dev 1795229120 +b " + ban);
    return out.substr(std::min(out.find(" +b "), out.size()));
  };
  CHECK(passed("mute:*!*@bad.example") == " +b $m:*!*@bad.example\n");
  CHECK(passed("m:*!*@worse.example") == " +b $m:*!*@worse.example\n");
  CHECK(passed("account:x") == " +b $a:x/home\n");
  CHECK(passed("nameless:x") == "");
}

}  // namespace
}  // namespace hanse::irc
