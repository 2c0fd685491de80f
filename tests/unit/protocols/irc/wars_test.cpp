// SPDX-License-Identifier: Apache-2.0
// Two networks whose services insist on different things, with nobody to decide.
#include "protocols/irc/views.h"
#include "tests/catch.h"
#include "tests/unit/protocols/irc/irc_bench.h"

namespace hanse::irc {
namespace {

using hanse::test::EngineBench;
using test::Bench;

bool has(const std::string& text, std::string_view wanted) {
  return text.find(wanted) != std::string::npos;
}

// A ChanServ on each, who takes back what the other has done.
struct War : Bench {
  War() {
    link_both();
    say(*home, ":1AA UID 1AAAAAAAA 1795229100 cs h h cs 192.0.2.1 1795229100 + :C\n"
               ":1AA FJOIN #dev 1795229120 +nt :o,1AAAAAAAA:0\n");
    say(*away, ":3HY UID cs 1 1795229110 +i cs h h 192.0.2.2 3HYAAAAAA * :C\n"
               ":3HY SJOIN 1795229120 #dev +nt :@3HYAAAAAA\n");
    written(*home);
    written(*away);
  }
  // How often home has answered when away goes on as long as it is told of it, up to a bound.
  std::size_t fight(const std::string& theirs, std::string_view told_there,
                    const std::string& ours, std::string_view told_here, std::size_t most = 200) {
    for (std::size_t round = 0; round < most; ++round) {
      say(*away, theirs);
      if (!has(written(*home), told_here)) return round;
      say(*home, ours);
      if (!has(written(*away), told_there)) return round;
    }
    return most;
  }
  std::size_t over_modes() {
    return fight(":3HYAAAAAA TMODE 1795229120 #dev +m\n", " -m\n",
                 ":1AAAAAAAA FMODE #dev 1795229120 -m\n", " +m\n");
  }
  bool is_known(std::string_view what) {
    return has(home->log_ + away->log_, what);
  }
};

TEST_CASE("irc 9 services that insist on different modes have each its way after a while") {
  War world;
  CHECK(world.over_modes() == 15);
  CHECK(world.is_known("irc.war mode m in junction dev changes to and fro on away"));
  const auto lines = explain_channel(*world.hub, "#dev");
  CHECK(std::ranges::any_of(
      lines, [](const std::string& line) { return has(line, "mode m, at"); }));
  // Other things pass meanwhile, and this one too when it has been left alone.
  world.say(*world.away, ":3HYAAAAAA TMODE 1795229120 #dev +s\n");
  CHECK(has(world.written(*world.home), " +s\n"));
  world.say(*world.away, ":3HYAAAAAA TMODE 1795229120 #dev -m\n");
  CHECK_FALSE(has(world.written(*world.home), "m\n"));
  world.clock.seconds += 5;
  world.say(*world.away, ":3HYAAAAAA TMODE 1795229120 #dev +m\n");
  CHECK(has(world.written(*world.home), " +m\n"));
}

TEST_CASE("irc 9 and so have those that insist on different topics") {
  War world;
  CHECK(world.fight(":3HYAAAAAA TOPIC #dev :theirs\n", ":ours\n", ":1AAAAAAAA FTOPIC #dev "
                    "1795229120 1795229999 :ours\n", ":theirs\n") == 15);
  CHECK(world.is_known("irc.war the topic in junction dev"));
}

TEST_CASE("irc 9 many different bans at once are no war") {
  War world;
  std::size_t told = 0;
  for (int number = 0; number < 100; ++number) {
    world.say(*world.away, ":3HYAAAAAA TMODE 1795229120 #dev +b *!*@h" + std::to_string(number) +
                               ".example\n");
    told += has(world.written(*world.home), "+b") ? 1 : 0;
  }
  CHECK(told == 100);
  CHECK_FALSE(world.is_known("irc.war"));
}

}  // namespace
}  // namespace hanse::irc
