// SPDX-License-Identifier: Apache-2.0
// Networks that other nodes bring: who goes before, who waits and how long.
#include "protocols/irc/origin_mark.h"
#include "server/base/text.h"
#include "tests/catch.h"
#include "tests/unit/protocols/irc/irc_bench.h"

namespace hanse::irc {
namespace {

using hanse::test::EngineBench;
using test::Bench;

bool has(std::string_view text, std::string_view word) {
  return text.find(word) != std::string_view::npos;
}

const std::string alice =
    ":1AA UID 1AAAAAAAA 1795229110 alice h.example h.example alice 192.0.2.1 1795229110 +i :Alice\n"
    ":1AA FJOIN #dev 1795229120 +nt :,1AAAAAAAA:0\n";
const std::string further =
    ":3HY SID mb.example 2 5MB + :relay node [hanse]\n"
    ":5MB SID north.mb.example 3 5MN + :people of north, relayed by mb.example\n"
    ":5MN UID nora|north 3 1795229130 +i n h.example h.example 0 5MNAAAAAA * :Nora\n"
    ":5MN SJOIN 1795229120 #dev + :5MNAAAAAA\n";

const std::string pong = ":hyb.away.example PONG hyb.away.example :9RL\n";

struct FurtherBench : Bench {
  FurtherBench() {
    auto more = std::make_shared<IrcSettings>(*settings);
    more->further_sids = {"9R0", "9R1"};
    settings = more;
    hub = std::make_shared<Hub>(settings);
  }
  std::string all(EngineBench& link) {
    std::string out;
    for (int round = 0; round < 4; ++round) {
      EngineBench* const other = &link == home.get() ? away.get() : home.get();
      out += settled(link);
      if (other != nullptr) settled(*other);
    }
    return out;
  }
};

TEST_CASE("irc 9 the mark of a server says how far its people come") {
  const auto far = read_origin("people of north (3), relayed by b.example");
  REQUIRE(far);
  CHECK(far->network == "north");
  CHECK(far->node == "b.example");
  CHECK(far->hops == 3);
  CHECK(read_origin(origin_text("north", "b.example", 3))->hops == 3);
  CHECK(origin_text("north", "b.example", 0) == "people of north, relayed by b.example");
  CHECK(read_origin(origin_text("north", "b.example", 0))->hops == 0);
  CHECK(read_origin("people of north (99999999999), relayed by b")->hops == 99);
  CHECK_FALSE(read_origin("people of north (x), relayed by b.example"));
  CHECK_FALSE(read_origin("people of north (3)"));
}

TEST_CASE("irc 9 who brings a network over fewer nodes waits until the other has gone") {
  FurtherBench bench;
  bench.link_home();
  bench.home->feed(alice);
  bench.all(*bench.home);
  EngineBench& away = bench.dial("away");
  bench.say(away, "PASS from-away\nCAPAB :TBURST ENCAP EOB RHOST HOP\n"
                  "SERVER hyb.away.example 1 3HY + :hybrid\n");
  away.feed(":3HY SVINFO 6 6 0 :" + std::to_string(bench.clock.seconds) +
            "\n:3HY SID m.example 2 5MM + :relay node [hanse]\n"
            ":5MM SID home.m.example 3 5MA + :people of home (1), relayed by m.example\n"
            ":3HY EOB\n" + pong);
  const std::string claim = bench.all(away);
  CHECK(has(claim, "SID home.node.a.example 2 9RA + :people of home, relayed by node.a.example"));
  CHECK_FALSE(has(claim, "UID alice"));
  bench.home->feed(":1AAAAAAAA PRIVMSG #dev :as yet by the long way\n");
  CHECK_FALSE(has(bench.all(away), "long way"));
  away.feed(":5MM SQUIT 5MA :another node relays this network\n");
  CHECK(has(bench.all(away), "UID alice|home"));
  bench.home->feed(":1AAAAAAAA PRIVMSG #dev :by the short way\n");
  CHECK(has(bench.all(away), "PRIVMSG #dev :by the short way"));
}

TEST_CASE("irc 9 two claims that cross: the one over fewer nodes waits all the same") {
  FurtherBench bench;
  bench.link_away();
  bench.link_home();
  bench.home->feed(alice);
  bench.all(*bench.away);
  // Away tells of the other before it has answered what we asked behind our own claim.
  bench.away->feed("ERROR :again\n");
  EngineBench& away = bench.dial("away");
  bench.say(away, "PASS from-away\nCAPAB :TBURST ENCAP EOB RHOST HOP\n"
                  "SERVER hyb.away.example 1 3HY + :hybrid\n");
  away.feed(":3HY SVINFO 6 6 0 :" + std::to_string(bench.clock.seconds) + "\n:3HY EOB\n" + pong);
  away.feed(":3HY SID m.example 2 5MM + :relay node [hanse]\n"
            ":5MM SID home.m.example 3 5MA + :people of home (1), relayed by m.example\n");
  CHECK_FALSE(has(bench.all(away), "UID alice"));
  away.feed(":5MM SQUIT 5MA :another node relays this network\n");
  CHECK(has(bench.all(away), "UID alice|home"));
}

TEST_CASE("irc 9 who brings a network over more nodes gives way at once") {
  FurtherBench bench;
  bench.link_both();
  bench.away->feed(further);
  CHECK(has(bench.all(*bench.home), "nora/north"));
  bench.home->feed(":1AA SERVER mx.example 5XX :relay node [hanse]\n"
                   ":5XX SERVER north.mx.example 5XN :people of north, relayed by mx.example\n");
  CHECK(has(bench.all(*bench.home), ":9RL SQUIT 9R0 :another node relays this network"));
  bench.away->feed(":5MNAAAAAA PRIVMSG #dev :not by us\n");
  CHECK_FALSE(has(bench.all(*bench.home), "not by us"));
}

TEST_CASE("irc 9 a longer way counts when nothing can be under way on the other any more") {
  FurtherBench bench;
  bench.link_both();
  bench.home->feed(":1AA SERVER mx.example 5XX :relay node [hanse]\n"
                   ":5XX SERVER north.mx.example 5XN :people of north, relayed by mx.example\n");
  bench.away->feed(further);
  CHECK_FALSE(has(bench.all(*bench.home), "nora"));
  bench.home->feed(":1AA SQUIT 5XX :gone\n");
  CHECK_FALSE(has(bench.all(*bench.home), "nora"));
  bench.clock.seconds += limits::further_pause_seconds - 1;
  bench.hub->relay().claim_again(bench.side("home"));
  bench.hub->relay().claim_again(bench.side("away"));
  CHECK_FALSE(has(bench.all(*bench.home), "nora"));
  bench.clock.seconds += 1;
  bench.hub->relay().claim_again(bench.side("away"));
  bench.hub->relay().claim_again(bench.side("home"));
  CHECK(has(bench.all(*bench.home), "nora/north"));
  bench.away->feed(":5MNAAAAAA PRIVMSG #dev :by us now\n");
  CHECK(has(bench.all(*bench.home), "PRIVMSG #dev :by us now"));
}

TEST_CASE("irc 9 people do not go on to where the node is that brings them") {
  FurtherBench bench;
  bench.link_both();
  bench.home->feed(":1AA SERVER mb.example 5XX :relay node [hanse]\n");
  bench.away->feed(further);
  CHECK_FALSE(has(bench.all(*bench.home), "nora"));
}

}  // namespace
}  // namespace hanse::irc
