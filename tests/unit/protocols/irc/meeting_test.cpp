// SPDX-License-Identifier: Apache-2.0
// Two networks that had the same channel while they were apart: whose word counts when they meet,
// and who is let in.
#include "tests/catch.h"
#include "tests/unit/protocols/irc/irc_bench.h"

namespace hanse::irc {
namespace {

using test::Bench;

bool has(const std::string& text, std::string_view wanted) {
  return text.find(wanted) != std::string::npos;
}

// home: carol is @ in an older #dev, closed as the test says. away: dave is @ in one of his own.
struct Apart : Bench {
  explicit Apart(const std::string& modes, const std::string& more = "",
                 const std::string& younger = "1795229150") {
    link_home();
    say(*home, ":1AA UID 1AAAAAAAA 1795229100 carol h shown.host carol 192.0.2.1 1795229100 +i "
               ":Carol C\n:1AA FJOIN #dev 1795229120 " + modes + " :o,1AAAAAAAA:0\n" + more);
    auto& link = dial("away");
    say(link, "PASS from-away\nCAPAB :TBURST ENCAP EOB RHOST HOP\n"
              "SERVER hyb.away.example 1 3HY + :hybrid\n");
    link.feed(":3HY SVINFO 6 6 0 :" + std::to_string(clock.seconds) +
              "\n:3HY UID dave 1 1795229110 +i dave dave.host dave.host 192.0.2.2 3HYAAAAAA * "
              ":Dave\n:3HY SJOIN " + younger + " #dev +nt :@3HYAAAAAA\n:3HY EOB\n"
              ":hyb.away.example PONG hyb.away.example :node.a.example\n");
    REQUIRE(side("away").linked());
    settle(link, home.get());
  }
  bool is_in(const std::string& network, std::string_view nick) {
    const Network& model = side(network).model();
    const UserId user = model.find_nick(nick);
    return user != no_id && model.membership(user, model.find_channel("#dev")) != nullptr;
  }
};

TEST_CASE("irc 9 who is banned where the channel is older stays out of it when networks meet") {
  Apart open("+nt");
  CHECK(open.is_in("home", "dave/away"));
  Apart banned("+nt", ":1AA FMODE #dev 1795229120 +b dave/away!*@*\n");
  CHECK_FALSE(banned.is_in("home", "dave/away"));
  CHECK(banned.is_in("away", "carol|home"));
  Apart excepted("+nt", ":1AA FMODE #dev 1795229120 +be *!*@dave.host dave/*!*@*\n");
  CHECK(excepted.is_in("home", "dave/away"));
}

TEST_CASE("irc 9 nobody gets into a closed channel by being in a younger one of its name") {
  for (const std::string modes : {"+nti", "+ntk sesame"}) {
    CAPTURE(modes);
    Apart world(modes);
    CHECK_FALSE(world.is_in("home", "dave/away"));
    const Channel& away = world.side("away").model().channel(
        world.side("away").model().find_channel("#dev"));
    CHECK((away.has(Mode::invite_only) || away.key == "sesame"));
    // From now on the server there asks for it: whoever comes in now was let in.
    world.say(*world.away, ":3HY UID erin 1 1795229110 +i e e.host e.host 192.0.2.3 3HYAAAAAB * "
                           ":E\n:3HYAAAAAB JOIN 1795229150 #dev +\n");
    CHECK(world.is_in("home", "erin/away"));
  }
}

TEST_CASE("irc 9 without an owner the older channel decides, and as old as each other both do") {
  const std::string kick = ":3HYAAAAAA KICK #dev 9RAAAAAAA :mine now\n";
  Apart younger("+nt");
  younger.say(*younger.away, kick);
  CHECK(younger.is_in("home", "carol"));
  CHECK_FALSE(has(younger.written(*younger.home), "KICK"));
  CHECK(younger.is_in("away", "carol|home"));   // undone there
  younger.say(*younger.home, ":1AAAAAAAA KICK #dev 9RBAAAAAA :out\n");
  CHECK_FALSE(younger.is_in("away", "dave"));

  Apart equal("+nt", "", "1795229120");
  equal.say(*equal.away, kick);
  CHECK_FALSE(equal.is_in("home", "carol"));
}

TEST_CASE("irc 9 who comes back to an older channel where nobody has a rank is its operator") {
  const bool is_younger = GENERATE(true, false);
  Apart world("+nt", "", is_younger ? "1795229150" : "1795229120");
  world.say(*world.home, ":1AAAAAAAA PART #dev :x\n");
  const std::string back = world.say(*world.home, ":1AAAAAAAA IJOIN #dev 1 1795229120\n");
  CHECK(has(back, " FMODE #dev 1795229120 +o 1AAAAAAAA\n") == is_younger);   // else dave is one
}

TEST_CASE("irc 9 a younger channel keeps nobody of the older one out") {
  struct Closed : Apart {
    Closed() : Apart("+nt", "", "1795229150 #dev +ntimk sesame :@3HYAAAAAA\n:3HY BMASK 1795229150 "
                                "#dev b :*!*@shown.host\n:3HY SJOIN 1795229150") {}
  } world;
  CHECK(has(world.welcome, " #dev -kim sesame\n"));
  CHECK(world.is_in("away", "carol|home"));
  CHECK_FALSE(has(world.welcome, "-b"));   // a list is not swept away for that
}

TEST_CASE("irc 9 a ban that names one person holds by whom it means, not by how it looks") {
  Apart world("+nt");
  world.say(*world.away, ":3HY UID carol|homes 1 1795229110 +i c c.host c.host 192.0.2.3 3HYAAAAAC "
                         "* :C\n:3HY SJOIN 1795229150 #dev + :3HYAAAAAC\n");
  world.written(*world.home);
  const auto banned = [&](const std::string& mask) {
    world.say(*world.home, ":1AAAAAAAA FMODE #dev 1795229120 +b " + mask + "\n");
    return world.written(*world.away);
  };
  CHECK(has(banned("dave/away!*@*"), " +b dave!*@*\n"));
  CHECK(has(banned("carol!*@*"), " +b carol|home!*@*\n"));
  CHECK(has(banned("carol|homes/away!*@*"), " +b carol|homes!*@*\n"));
}

}  // namespace
}  // namespace hanse::irc
