// SPDX-License-Identifier: Apache-2.0
// irc 5, 7, 12: what is said in the name of people who have just been thrown out, or about puppets
// that have just left, is under way and no fault of the peer.
#include "protocols/irc/departed.h"
#include "tests/catch.h"
#include "tests/unit/protocols/irc/irc_bench.h"

namespace hanse::irc {
namespace {

using test::Bench;

TEST_CASE("irc 5 who has left is remembered for a while, the last ones of many") {
  constexpr Timestamp start = 1'795'229'193;
  Departed one;
  one.add("alice", start);
  one.add("", start);
  CHECK(one.has("alice", start + limits::departed_seconds));
  CHECK_FALSE(one.has("", start));
  CHECK_FALSE(one.has("bob", start));
  CHECK_FALSE(one.has("alice", start + 2 * limits::departed_seconds));
  one.add("bob", start + limits::departed_seconds);
  CHECK(one.has("alice", start + limits::departed_seconds));
  one.add("carol", start + 4 * limits::departed_seconds);
  CHECK_FALSE(one.has("alice", start + 4 * limits::departed_seconds));
  CHECK_FALSE(one.has("bob", start + 4 * limits::departed_seconds));

  Departed many;
  for (std::size_t at = 0; at <= 3 * limits::departed_most; ++at)
    many.add("u" + std::to_string(at), start);
  CHECK(many.has("u" + std::to_string(3 * limits::departed_most), start));
  CHECK(many.has("u" + std::to_string(2 * limits::departed_most + 1), start));
  CHECK_FALSE(many.has("u0", start));
}

const std::string ng = ":hyb.away.example ";

// ngIRCd as the peer "away", InspIRCd at home; many people of both are in #dev.
struct Crowd : Bench {
  Crowd() : Bench(DialectKind::inspircd, DialectKind::ngircd) {
    link_home();
    dial("away");
    written(*away);
    away->feed(ng + "PASS from-away 0210-IRC+ ngIRCd|26.1:CHLMSXZ PZ\n" + ng +
               "SERVER hyb.away.example 1 :x\n" + ng + "005 x NICKLEN=31 :x\n" + ng +
               "376 x :End\n" + ng + "PING :hyb.away.example\n" + ng +
               "PONG hyb.away.example :node.a.example\n");
    REQUIRE(side("away").linked());
    settle(*away, home.get());
    say(*away, ng + "NICK dora 1 dora h 1 + :Dora\n" + ng + "NJOIN #dev :dora\n");
    settle(*away, home.get());
  }
  std::string uid(int number) const { return "1AAAA" + std::to_string(1000 + number); }
  void come(int number) {
    const std::string name = "g" + std::to_string(number);
    say(*home, ":1AA UID " + uid(number) + " 1795229100 " + name + " h h " + name +
                   " 192.0.2.1 1795229100 + :G\n:1AA FJOIN #dev 1795229100 + :," + uid(number) +
                   ":0\n");
    written(*away);
  }
};
constexpr int pairs = 50;

// Each names himself like a puppet that comes at that moment: his server kills both, as we do, and
// says it in lines that were written before it read ours.
TEST_CASE("irc 5 fifty collisions at once end no link of ngIRCd") {
  Crowd crowd;
  for (int at = 0; at < pairs; ++at) {
    const std::string old = "sq" + std::to_string(at), nick = "g" + std::to_string(at) + "|home";
    crowd.say(*crowd.away, ng + "NICK " + old + " 1 sq h 1 + :Sq\n" + ng + "NJOIN #dev :" + old +
                               "\n");
    crowd.come(at);
    REQUIRE(crowd.side("away").model().find_nick(nick) != no_id);
    const std::string said = crowd.say(
        *crowd.away, ":" + old + " NICK :" + nick + "\n" + ng + "KILL " + nick +
                         " :Nick collision\n:" + nick + " PRIVMSG #dev :still here\n:" + nick +
                         " PART #dev :x\n" + ng + "METADATA " + nick + " host :h.example\n:" +
                         nick + " QUIT :Nick collision\n");
    REQUIRE(said.find("ERROR") == std::string::npos);
    CHECK(crowd.side("away").model().find_nick(old) == no_id);
    CHECK(crowd.side("away").model().find_nick(nick) == no_id);
  }
  CHECK(crowd.side("away").linked());
  CHECK(crowd.away->hung_up_ == 0);
  CHECK(crowd.away->log_.find("irc.dropped") == std::string::npos);
  CHECK(crowd.side("away").desyncs().empty());
}

TEST_CASE("irc 7 what is done to puppets that have just left is no fault of their network") {
  Crowd crowd;
  for (int at = 0; at < pairs; ++at) crowd.come(at);
  for (int at = 0; at < pairs; ++at) {
    REQUIRE(crowd.side("away").linked());
    const std::string nick = "g" + std::to_string(at) + "|home";
    crowd.say(*crowd.home, ":" + crowd.uid(at) + (at % 2 == 0 ? " QUIT :x\n" : " PART #dev :x\n"));
    crowd.say(*crowd.away, ":dora KICK #dev " + nick + " :x\n:dora INVITE " + nick + " #dev\n");
  }
  CHECK(crowd.side("away").linked());
  CHECK(crowd.away->hung_up_ == 0);
}

TEST_CASE("irc 7 and after a while it is") {
  Crowd crowd;
  crowd.come(0);
  crowd.say(*crowd.home, ":" + crowd.uid(0) + " QUIT :x\n");
  crowd.clock.seconds += 2 * limits::departed_seconds;
  crowd.say(*crowd.away, ":g0|home PRIVMSG #dev :x\n");
  CHECK(crowd.away->log_.find("irc.dropped") != std::string::npos);
}

TEST_CASE("irc 7 lines of a stranger end a link all the same") {
  Crowd crowd;
  std::string said;
  for (unsigned at = 0; at <= limits::drops_per_minute_max; ++at)
    said += crowd.say(*crowd.away, ":stranger" + std::to_string(at) + " QUIT :x\n");
  CHECK(said.ends_with("ERROR :too many lines that must not be\n"));
}

}  // namespace
}  // namespace hanse::irc
