// SPDX-License-Identifier: Apache-2.0
// irc 9: a ban that names somebody is lifted everywhere, whoever has come or gone meanwhile.
#include "tests/catch.h"
#include "tests/unit/protocols/irc/irc_bench.h"

namespace hanse::irc {
namespace {

using test::Bench;

// Who keeps #dev open on both sides, and a channel operator each.
struct Bans : Bench {
  Bans() {
    link_both();
    say(*home, ":1AA UID 1AAAAAAAA 1795229100 olga h h olga 192.0.2.1 1795229100 + :Olga\n"
               ":1AA FJOIN #dev 1795229120 +nt :o,1AAAAAAAA:0\n");
    say(*away, ":3HY UID otto 1 1795229110 + otto h h 192.0.2.2 3HYAAAAAA * :Otto\n"
               ":3HY SJOIN 1795229120 #dev + :@3HYAAAAAA\n");
    both();
  }
  void both() {
    settle(*away, home.get());
    settle(*home, away.get());
  }
  void come(const std::string& nick, const std::string& uid = "1AAAAAAAB") {
    say(*home, ":1AA UID " + uid + " 1795229100 " + nick + " h h " + nick +
                   " 192.0.2.1 1795229100 + :X\n:1AA FJOIN #dev 1795229120 + :," + uid + ":0\n");
    both();
  }
  void squat(const std::string& nick) {   // a native of away has that name
    say(*away, ":3HY UID " + nick + " 1 1795229110 + s h h 192.0.2.2 3HYAAAAAS * :S\n");
    both();
  }
  void at_home(const std::string& what) {
    say(*home, ":1AAAAAAAA " + what + "\n");
    both();
  }
  std::vector<std::string> bans(const std::string& network) {
    Network& model = side(network).model();
    std::vector<std::string> out;
    for (const ListEntry& one : model.channel(model.find_channel("#dev")).lists)
      out.push_back(one.mask);
    return out;
  }
  using Masks = std::vector<std::string>;
};

const std::string lift = "FMODE #dev 1795229120 -b ";
const std::string set = "FMODE #dev 1795229120 +b ";

TEST_CASE("irc 9 a ban under a second name is lifted when who was meant has gone") {
  Bans world;
  world.squat("bob|home");
  world.come("bob");
  REQUIRE(world.side("away").model().find_nick("bob||home") != no_id);
  world.at_home(set + "bob!*@*");
  REQUIRE(world.bans("away") == Bans::Masks{"bob||home!*@*"});
  SECTION("he quits") { world.say(*world.home, ":1AAAAAAAB QUIT :x\n"); }
  SECTION("he is called otherwise") { world.say(*world.home, ":1AAAAAAAB NICK rob 1795229190\n"); }
  SECTION("he is still there") {}
  world.both();
  world.at_home(lift + "bob!*@*");
  CHECK(world.bans("away").empty());
  CHECK(world.bans("home").empty());
}

TEST_CASE("irc 9 a ban under the plain name is lifted when who is meant has come under another") {
  Bans world;
  world.at_home(set + "bob!*@*");
  REQUIRE(world.bans("away") == Bans::Masks{"bob|home!*@*"});
  world.at_home("FMODE #dev 1795229120 +e bob!*@*");   // so that he may come in
  world.squat("bob|home");
  world.come("bob");
  REQUIRE(world.side("away").model().find_nick("bob||home") != no_id);
  world.at_home(lift + "bob!*@*");
  CHECK(world.bans("away") == Bans::Masks{"bob|home!*@*"});   // the exception is left
}

TEST_CASE("irc 9 a ban that is there under two names is lifted under both") {
  Bans world;
  world.squat("bob|home");
  world.come("bob");
  world.at_home(set + "bob!*@*");
  world.say(*world.away, ":3HYAAAAAA TMODE 1795229120 #dev +b bob|home!*@*\n");
  world.both();
  REQUIRE(world.bans("away").size() == 2);
  world.at_home(lift + "bob!*@*");
  CHECK(world.bans("away").empty());
}

TEST_CASE("irc 9 a ban of a name that is cut there is what his puppet is called, and is lifted") {
  Bans world;
  const std::string nick(30, 'x'), puppet = std::string(25, 'x') + "|home";   // hybrid: 30 signs
  const bool is_there = GENERATE(false, true);
  if (is_there) world.come(nick);
  world.at_home(set + nick + "!*@*");
  CHECK(world.bans("away") == Bans::Masks{puppet + "!*@*"});
  if (is_there) world.say(*world.home, ":1AAAAAAAB QUIT :x\n");
  else world.come(nick);
  world.both();
  world.at_home(lift + nick + "!*@*");
  CHECK(world.bans("away").empty());
}

// away's operator means a puppet by the name it has there.
TEST_CASE("irc 9 a ban of a puppet is lifted where it came from, whatever it was called") {
  Bans world;
  const std::string nick = GENERATE(std::string("bob"), std::string(30, 'x'));
  world.squat("bob|home");
  world.come(nick);
  Network& model = world.side("away").model();
  std::string puppet = nick == "bob" ? "bob||home" : std::string(25, 'x') + "|home";
  REQUIRE(model.find_nick(puppet) != no_id);
  world.say(*world.away, ":3HYAAAAAA TMODE 1795229120 #dev +b " + puppet + "!*@*\n");
  world.both();
  REQUIRE(world.bans("home") == Bans::Masks{nick + "!*@*"});
  world.say(*world.home, ":1AAAAAAAB QUIT :x\n");
  world.say(*world.away, ":3HYAAAAAA TMODE 1795229120 #dev -b " + puppet + "!*@*\n");
  world.both();
  CHECK(world.bans("home").empty());
  CHECK(world.bans("away").empty());
}

TEST_CASE("irc 9 a ban of somebody else stays") {
  Bans world;
  for (const std::string mask : {"bob!*@*", "bob!*@x", "rob!*@*", "*!*@bob"})
    world.at_home(set + mask);
  REQUIRE(world.bans("away").size() == 4);
  world.at_home(lift + "bob!*@*");
  CHECK(world.bans("away") == Bans::Masks{"bob|home!*@x", "rob|home!*@*", "*!*@bob"});
  world.at_home(lift + "nobody!*@*");
  CHECK(world.bans("away").size() == 3);
}

}  // namespace
}  // namespace hanse::irc
