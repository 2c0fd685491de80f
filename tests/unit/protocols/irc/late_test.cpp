// SPDX-License-Identifier: Apache-2.0
// What is said while a network is down waits in the queue, and is told later, once and marked.
#include "protocols/irc/late.h"
#include "tests/catch.h"
#include "tests/unit/protocols/irc/irc_bench.h"

namespace hanse::irc {
namespace {

using test::Bench;
using test::work_of;
using hanse::test::EngineBench;
using namespace std::chrono_literals;

constexpr std::string_view carol =
    ":1AA UID 1AAAAAAAA 1795229100 carol real.host shown.host ~carol 192.0.2.1 1795229100 +i "
    ":Carol C\n:1AA FJOIN #dev 1795229120 +nt :o,1AAAAAAAA:0\n";
constexpr std::string_view dave =
    ":3HY UID dave 1 1795229110 +i dave dave.host dave.host 192.0.2.2 3HYAAAAAA * :Dave\n"
    ":3HYAAAAAA JOIN 1795229120 #dev +\n";

std::vector<Submission> take(EngineBench& link) { return std::exchange(link.passed_, {}); }

// Carol at home; away was linked, and is not any more.
struct Away : Bench {
  Away() {
    settings->networks[1].late_seconds = 3600;
    side("away").apply(settings->networks[1]);
    link_both();
    say(*home, std::string(carol));
    say(*away, std::string(dave));
    away->event(Closed{false, "reset"});
    lost = written(*home);
  }
  std::string lost;
  std::vector<Submission> said(std::size_t lines, const std::string& word = "line ") {
    for (std::size_t number = 1; number <= lines; ++number)
      say(*home, ":1AAAAAAAA PRIVMSG #dev :" + word + std::to_string(number) + "\n");
    return take(*home);
  }
  void come_back() {
    link_away();
    say(*away, std::string(dave));
    settle(*away, home.get());
  }
  void bring(const std::vector<Submission>& kept) {
    DeliveryId id = 0;
    for (const Submission& one : kept) away->event(work_of(one, ++id));
  }
  std::string after(Duration time) {
    away->pass(time);
    return settled(*away);
  }
};

const std::string told = ":9RA NOTICE #dev :[late, 02:46 UTC] <carol> ";

TEST_CASE("irc 9 what is said for a network that is down is kept, and nothing else is") {
  Away world;
  const auto kept = world.said(1);
  REQUIRE(kept.size() == 1);
  const Envelope& envelope = kept[0].envelope;
  CHECK(envelope.flow == Flow::durable);
  CHECK(envelope.from == Address{"irc", "carol", "home"});
  CHECK(envelope.to == std::vector<Address>{{"irc", "#dev", "away"}});
  CHECK(*kept[0].body.bytes == "line 1");
  world.say(*world.home, ":1AAAAAAAA PRIVMSG #dev :\x01VERSION\x01\n"
                         ":1AAAAAAAA PRIVMSG #other :no junction\n");
  CHECK(take(*world.home).empty());
  world.come_back();
  world.say(*world.home, ":1AAAAAAAA PRIVMSG #dev :now\n");
  CHECK(take(*world.home).empty());                 // up: never by the queue
  CHECK(world.written(*world.away) == ":9RAAAAAAB PRIVMSG #dev :now\n");
}

// A server hears of a channel only while somebody behind it is a member.
TEST_CASE("irc 9 while lines are kept somebody of the node is in the channel") {
  Away world;
  const std::string keeper = ":9RL UID 9RLAAAAAB 1795229193 late/away node.a.example "
                             "node.a.example late 0.0.0.0 1795229193 +i :hears what is said for "
                             "away\n:9RL FJOIN #dev 1795229120 + :,9RLAAAAAB\n";
  CHECK(world.lost.ends_with(":9RL SQUIT 9RB :reset\n" + keeper));
  SECTION("until the network is back") {
    world.come_back();
    CHECK(world.side("home").model().find_nick("late/away") == no_id);
    CHECK(world.said(1).empty());
  }
  SECTION("again after a kick, before long") {
    world.say(*world.home, ":1AAAAAAAA KICK #dev 9RLAAAAAB :out\n");
    world.home->pass(90s);
    CHECK(world.written(*world.home).find(":9RL FJOIN #dev 1795229120 + :,9RLAAAAAB\n") !=
          std::string::npos);
  }
}

TEST_CASE("irc 9 who does not want it, or is only called by hand, has nothing kept") {
  Away world;
  const bool wanted = GENERATE(false, true);
  NetworkSettings other = world.side("away").settings();
  if (wanted) other.autoconnect = false;
  else other.late_seconds = 0;
  world.side("away").apply(other);
  CHECK(world.said(2).empty());
  if (!wanted) return;
  other.places.clear();                            // it calls us
  world.side("away").apply(other);
  CHECK(world.said(2).size() == 2);
}

TEST_CASE("irc 9 late lines are told once, in order, with pauses, and settled when told") {
  Away world;
  auto kept = world.said(2);
  world.say(*world.home, ":1AAAAAAAA PRIVMSG #dev :\x01" "ACTION waves\x01\n"
                         ":1AAAAAAAA NOTICE #dev :note\n");
  for (Submission& one : take(*world.home)) kept.push_back(std::move(one));
  world.come_back();
  world.bring(kept);
  CHECK(world.after(1s).empty());                   // perhaps more come
  CHECK(world.away->settled_.empty());
  CHECK(world.after(1s) == told + "line 1\n");
  REQUIRE(world.away->settled_.size() == 1);
  CHECK(world.away->settled_[0].second.disposition == Disposition::delivered);
  CHECK(world.after(999ms).empty());
  CHECK(world.after(1ms) == told + "line 2\n");
  CHECK(world.after(1s) == ":9RA NOTICE #dev :[late, 02:46 UTC] * carol waves\n");
  CHECK(world.after(1s) == ":9RA NOTICE #dev :[late, 02:46 UTC] -carol- note\n");
  CHECK(world.after(60s).empty());
  CHECK(world.away->settled_.size() == 4);
}

TEST_CASE("irc 9 of many late lines the last are told, and how many there were") {
  Away world;
  world.settings->late_lines_max = 3;
  const auto kept = world.said(10);
  world.come_back();
  world.bring(kept);
  CHECK(world.away->settled_.size() == 7);          // told of in the summary
  std::string all;
  for (int second = 0; second < 20; ++second) all += world.after(1s);
  CHECK(all == ":9RA NOTICE #dev :[late] 10 lines were said on home while this network was not "
               "linked, 02:46 to 02:46 UTC; the last ones:\n" +
                   told + "line 8\n" + told + "line 9\n" + told + "line 10\n");
  CHECK(world.away->settled_.size() == 10);
}

TEST_CASE("irc 9 late lines wait until somebody is there to hear them, but not for ever") {
  Away world;
  const auto kept = world.said(1);
  world.link_away();
  world.bring(kept);
  CHECK(world.after(30s).empty());
  SECTION("he comes") {
    world.say(*world.away, std::string(dave));
    CHECK(world.after(1s).ends_with(told + "line 1\n"));
  }
  SECTION("he does not") {
    world.clock.seconds += 3601;
    CHECK(world.after(1s).empty());
    REQUIRE(world.away->settled_.size() == 1);
    CHECK(world.away->settled_[0].second.disposition == Disposition::failed);
  }
}

TEST_CASE("irc 9 a link that ends gives back what was not told") {
  Away world;
  const auto kept = world.said(3);
  world.come_back();
  world.bring(kept);
  CHECK(world.after(2s) == told + "line 1\n");
  SECTION("by itself") { world.away->event(Closed{false, "reset"}); }
  SECTION("as the node goes down") { world.away->event(Drain{}); }
  REQUIRE(world.away->settled_.size() == 3);
  CHECK(world.away->settled_[1].second.disposition == Disposition::returned);
  CHECK(world.away->settled_[2].second.disposition == Disposition::returned);
  world.away->event(work_of(kept[0], 9));
  REQUIRE(world.away->settled_.size() == 4);
  CHECK(world.away->settled_[3].second.disposition == Disposition::returned);
}

TEST_CASE("irc 9 a flood for a network that is down is not kept whole, and that is told") {
  Away world;
  std::string flood;
  for (int number = 0; number < 600; ++number)
    flood += ":1AAAAAAAA PRIVMSG #dev :spam\n";
  world.say(*world.home, flood);
  CHECK(take(*world.home).size() == 500);
  world.clock.seconds += 1;
  const auto kept = world.said(6);
  REQUIRE(kept.size() == 5);
  world.come_back();
  world.bring({kept[0]});
  CHECK(world.after(3s) == ":9RA NOTICE #dev :[late, 02:46 UTC; 100 before it were not kept] "
                           "<carol> line 1\n");
}

TEST_CASE("irc 9 of two nodes one keeps what is said") {
  Away world;
  const auto node = [&](const std::string& name) {
    return ":1AA SERVER " + name + " 8RL :relay node [hanse]\n";
  };
  SECTION("not the one whose name comes later") {
    world.say(*world.home, node("node.0.example"));
    CHECK(world.said(1).empty());
    world.say(*world.home, ":1AA SQUIT 8RL :gone\n");
    CHECK(world.said(1).size() == 1);
  }
  SECTION("the one whose name comes first, while the other does not carry it") {
    world.say(*world.home, node("node.z.example"));
    CHECK(world.said(1).empty());       // it may carry it, and has not shown that yet
    world.clock.seconds += 60;
    CHECK(world.said(1).size() == 1);
    world.say(*world.home, ":8RL SERVER away.node.z.example 8RB :people of away, relayed by "
                           "node.z.example\n");
    CHECK(world.said(1).empty());
  }
}

TEST_CASE("irc 9 late lines of several networks, and of another day") {
  LateDesk desk(20, 1'000'000);
  std::vector<LateDesk::Settled> settled;
  LateLine line{"home", "carol", "away", "#dev", "hello", Said::Kind::message, 1795229120, 0, {}};
  desk.add(1, line, Instant{}, settled);
  line.home = "third";
  desk.add(2, line, Instant{}, settled);
  const auto heard = [](const std::string&) { return true; };
  const auto may = [](const LateLine&) { return true; };
  CHECK_FALSE(desk.next(Instant{1s}, 1795229180, heard, may, settled));
  const auto first = desk.next(Instant{2s}, 1795229180, heard, may, settled);
  REQUIRE(first);
  CHECK(first->home == "home");
  CHECK_FALSE(desk.next(Instant{2s}, 1795229180, heard, may, settled));   // one at a time
  const auto second = desk.next(Instant{3s}, 1795400000, heard, may, settled);
  REQUIRE(second);
  CHECK(second->text == "[late, 2026-11-21 02:45 UTC] <carol> hello");
  CHECK(desk.empty());
  CHECK(desk.give_back().empty());
}

TEST_CASE("irc 9 what is announced is told, however old it becomes meanwhile") {
  LateDesk desk(2, 60);
  std::vector<LateDesk::Settled> settled;
  const LateLine line{"home", "carol", "away", "#dev", "x", Said::Kind::message, 1795229120, 0, {}};
  for (DeliveryId id = 1; id <= 3; ++id) desk.add(id, line, Instant{}, settled);
  const auto heard = [](const std::string&) { return true; };
  const auto may = [](const LateLine&) { return true; };
  const auto head = desk.next(Instant{2s}, 1795229180, heard, may, settled);
  REQUIRE(head);
  CHECK(head->text.starts_with("[late] 3 lines were said on home"));
  CHECK(desk.next(Instant{3s}, 1795229181, heard, may, settled));
  CHECK(desk.next(Instant{4s}, 1795229182, heard, may, settled));
  CHECK(desk.empty());
  for (DeliveryId id = 4; id <= 5; ++id) desk.add(id, line, Instant{5s}, settled);
  CHECK_FALSE(desk.next(Instant{7s}, 1795229185, heard, may, settled));   // that was not begun
  CHECK(settled.back().how == LateDesk::Settled::How::too_old);
}

TEST_CASE("irc 9 what is announced becomes too old when nobody is there any more to hear it") {
  LateDesk desk(2, 60);
  std::vector<LateDesk::Settled> settled;
  const LateLine line{"home", "carol", "away", "#dev", "x", Said::Kind::message, 1795229120, 0, {}};
  for (DeliveryId id = 1; id <= 3; ++id) desk.add(id, line, Instant{}, settled);
  bool someone = true;
  const auto heard = [&someone](const std::string&) { return someone; };
  const auto may = [](const LateLine&) { return true; };
  REQUIRE(desk.next(Instant{2s}, 1795229180, heard, may, settled));   // the head
  someone = false;
  CHECK_FALSE(desk.next(Instant{3s}, 1795229181, heard, may, settled));
  CHECK(desk.empty());
  CHECK(settled.back().how == LateDesk::Settled::How::too_old);
}

TEST_CASE("irc 9 that nobody listens for an absent network is in the log") {
  Away world;
  world.say(*world.home, ":1AAAAAAAA KICK #dev 9RLAAAAAB :who are you\n");
  CHECK(world.home->log_.find("irc.unheard late/away was kicked out of #dev on home: what is said "
                              "there is not kept until it is back") != std::string::npos);
}

TEST_CASE("irc 9 where servers are not heard in channels somebody comes and says it") {
  Bench world(DialectKind::inspircd, DialectKind::ngircd);
  world.link_home();
  auto& away = world.dial("away");
  const std::string ng = ":hyb.away.example ";
  away.feed("PASS from-away 0210-IRC+ ngIRCd|26.1:CHLMSXZ PZ\n" + ng +
            "SERVER hyb.away.example 1 :ng\n" + ng + "005 x NICKLEN=31 :x\n" + ng +
            "376 x :End\n" + ng + "PING :hyb.away.example\n" + ng +
            "NICK dave 1 ~dave dave.host 1 + :Dave\n:dave JOIN #dev\n");
  REQUIRE(world.side("away").linked());
  world.written(away);
  away.event(work_of(to_submission({"home", "carol", "away", "#dev", "hello",
                                    Said::Kind::message, world.clock.seconds, 0, {}}), 1));
  away.pass(2s);
  CHECK(world.written(away) ==
        ":home.node.a.example NICK late|home 2 late node.a.example 2 +i :tells what was said "
        "meanwhile\n"
        ":home.node.a.example NJOIN #dev :late|home\n"
        ":late|home NOTICE #dev :[late, 02:46 UTC] <carol> hello\n"
        ":late|home QUIT :all is told\n");
  CHECK(world.side("away").model().find_nick("late|home") == no_id);
}

TEST_CASE("irc 9 who carries lines and stands for nobody there has a member of its own") {
  Bench world;
  world.link_home();
  world.say(*world.home, std::string(carol) + ":1AA SERVER away.node.z.example 8RB :people of "
                                              "away, relayed by node.z.example\n");
  world.link_away();
  const std::string listener = "late/away node.a.example node.a.example late 0.0.0.0 1795229193 "
                               "+i :hears what is said for away\n:9RL FJOIN #dev ";
  CHECK(world.meanwhile.find(listener) != std::string::npos);
  world.say(*world.home, ":1AA SQUIT 8RB :gone\n");
  CHECK(world.side("home").model().find_nick("late/away") == no_id);
}

TEST_CASE("irc 9 a late line is told when its server has answered behind it") {
  Away world;
  const auto kept = world.said(2);
  world.come_back();
  world.bring(kept);
  world.away->pass(2500ms);
  const std::string out = world.written(*world.away);
  REQUIRE(out.find(told + "line 1\n") != std::string::npos);
  const std::size_t ping = out.find("PING");
  REQUIRE(ping != std::string::npos);
  CHECK(ping > out.find("line 1"));
  CHECK(world.away->settled_.empty());
  SECTION("it answers") {
    world.away->feed(":hyb.away.example PONG hyb.away.example :9RL\n");
    REQUIRE(world.away->settled_.size() == 1);
    CHECK(world.away->settled_[0].first == 1);
    CHECK(world.away->settled_[0].second.disposition == Disposition::delivered);
  }
  SECTION("the link was dead: both wait for the next one, in their order") {
    world.away->event(Closed{false, "reset"});
    REQUIRE(world.away->settled_.size() == 2);
    for (std::size_t at = 0; at < 2; ++at) {
      CHECK(world.away->settled_[at].first == static_cast<DeliveryId>(at + 1));
      CHECK(world.away->settled_[at].second.disposition == Disposition::returned);
    }
  }
}

}  // namespace
}  // namespace hanse::irc
