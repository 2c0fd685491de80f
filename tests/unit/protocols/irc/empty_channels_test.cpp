// SPDX-License-Identifier: Apache-2.0
// Channels with nobody in them, which servers keep when they are permanent.
#include "tests/catch.h"
#include "tests/unit/protocols/irc/irc_bench.h"

namespace hanse::irc {
namespace {

using hanse::test::EngineBench;
using test::Bench;

constexpr std::size_t many = 300;
const std::string now = std::to_string(test::now_seconds);

// "away" bursts `many` such channels and #dev, in its own words, and nobody in any.
struct Burst : Bench {
  Burst(DialectKind kind, const std::string& hello, const std::string& channel,
        const std::string& end)
      : Bench(DialectKind::inspircd, kind) {
    link_home();
    say(*home, ":1AA UID 1AAAAAAAA 1795229100 carol h shown.host carol 192.0.2.1 1795229100 + "
               ":Carol\n:1AA FJOIN #dev 1795229120 +n :,1AAAAAAAA:0\n");
    EngineBench& link = dial("away");
    written(link);
    link.feed(hello);
    std::string lines;
    for (std::size_t number = 0; number <= many; ++number) {
      const std::string name = number == many ? "#dev" : "#p" + std::to_string(number);
      for (const char one : channel) lines += one == '%' ? name : std::string(1, one);
    }
    link.feed(lines + end);
    settle(link, home.get());
  }
  Network& model() { return side("away").model(); }
};

Burst inspircd() {
  return Burst(DialectKind::inspircd,
               "CAPAB START 1205\nCAPAB CHANMODES :list:ban=b simple:permanent=P "
               "simple:topiclock=t simple:noextmsg=n simple:moderated=m\n"
               "CAPAB CAPABILITIES :CASEMAPPING=rfc1459\n"
               "CAPAB END\nSERVER hyb.away.example from-away 0 3HY :x\n:3HY BURST " + now + "\n",
               ":3HY FJOIN % 1795229120 +Pntm :\n:3HY FTOPIC % 1795229120 1795229121 x :about %\n"
               ":3HY FMODE % 1795229120 +b bad!*@*\n",
               ":3HY ENDBURST\n");
}

Burst solanum() {
  return Burst(DialectKind::solanum,
               "PASS from-away TS 6 :3HY\nCAPAB :QS EX IE ENCAP EUID TB SAVE EBMASK\n"
               "SERVER hyb.away.example 1 :x\nSVINFO 6 6 0 :" + now + "\n",
               ":3HY SJOIN 1795229120 % +ntmP :\n:3HY BMASK 1795229120 % b :bad!*@*\n"
               ":3HY TB % 1795229121 :about %\n",
               "PING :hyb.away.example\n:3HY PONG hyb.away.example :9RL\n");
}

Burst ngircd() {
  const std::string ng = ":hyb.away.example ";
  return Burst(DialectKind::ngircd,
               ng + "PASS from-away 0210-IRC+ ngIRCd|26.1:CHLMSXZ PZ\n" + ng +
                   "SERVER hyb.away.example 1 :x\n" + ng + "005 x NICKLEN=31 :x\n" + ng +
                   "376 x :End\n",
               ng + "CHANINFO % +Pntm :about %\n" + ng + "MODE % +b bad!*@*\n",
               ng + "PING :hyb.away.example\n" + ng + "PONG hyb.away.example :node.a.example\n");
}

TEST_CASE("irc 2 empty channels of a burst are kept with all they have, and no reason to part") {
  for (const auto make : {inspircd, solanum, ngircd}) {
    Burst world = make();
    CAPTURE(world.settings->networks[1].dialect, world.away->log_);
    REQUIRE(world.side("away").linked());
    CHECK(world.away->log_.find("irc.dropped") == std::string::npos);
    CHECK(world.model().channels() == many + 1);
    const Channel& one = world.model().channel(world.model().find_channel("#p299"));
    CHECK(one.topic == "about #p299");
    CHECK(one.has(Mode::moderated));
    CHECK(one.lists.size() == 1);
    // Both are as closed as each other now, and home has a topic.
    const Channel& home = world.side("home").model().channel(
        world.side("home").model().find_channel("#dev"));
    CHECK(home.topic == "about #dev");
    REQUIRE(home.lists.size() == 1);
    // Carol is in it, and who joins there finds her.
    const ChannelId there = world.model().find_channel("#dev");
    CHECK(world.model().channel(there).members.size() == 1);
    CHECK(world.model().channel(there).has(Mode::moderated));
  }
}

TEST_CASE("irc 5 a channel that is known empty keeps its modes for who joins first") {
  Burst world = ngircd();
  const std::string ng = ":hyb.away.example ";
  world.say(*world.away, ng + "NICK dave 1 ~dave dave.host 1 + :Dave\n:dave JOIN #p1\n");
  const ChannelId place = world.model().find_channel("#p1");
  CHECK(world.model().channel(place).has(Mode::moderated));
  CHECK(world.model().channel(place).members.size() == 1);
  world.say(*world.away, ":dave PART #p1 :x\n");
  CHECK(world.model().find_channel("#p1") == place);   // +P
  world.say(*world.away, ng + "MODE #p1 -P\n");
  CHECK(world.model().find_channel("#p1") == no_id);
}

TEST_CASE("irc 7 a topic or modes of a channel that is gone are no nonsense, and counted") {
  Bench bench;
  bench.link_both();
  std::string lines;
  for (int count = 0; count < 30; ++count)
    lines += ":1AA FTOPIC #gone 1795229120 1795229121 x :about\n"
             ":1AA FMODE #gone 1795229120 +m\n";
  CHECK(bench.say(*bench.home, lines) == "");
  CHECK(bench.side("home").linked());
  CHECK(bench.home->log_.find("irc.dropped") == std::string::npos);
  CHECK(bench.side("home").desyncs().at("a topic or modes of an unknown channel") == 60);
}

}  // namespace
}  // namespace hanse::irc
