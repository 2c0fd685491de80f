// SPDX-License-Identifier: Apache-2.0
// One network that takes nothing does not take the others down with it (irc 7).
#include "tests/catch.h"
#include "tests/unit/protocols/irc/irc_bench.h"

namespace hanse::irc {
namespace {

using test::Bench;
using namespace std::chrono_literals;

// Carol at home has much to say; what is written for away stays where it is.
struct Deaf : Bench {
  Deaf() {
    link_both();
    say(*home, ":1AA UID 1AAAAAAAA 1795229100 carol h h carol 192.0.2.1 1795229100 + :Carol\n"
               ":1AA FJOIN #dev 1795229120 +nt :o,1AAAAAAAA:0\n");
    say(*away, ":3HY UID dave 1 1795229110 +i dave h h 192.0.2.2 3HYAAAAAA * :Dave\n"
               ":3HYAAAAAA JOIN 1795229120 #dev +\n");
    written(*home);
    written(*away);
  }
  void talk(std::size_t lines) {
    std::string many;
    for (; lines > 0; --lines) many += ":1AAAAAAAA PRIVMSG #dev :" + std::string(400, 'x') + "\n";
    home->feed(many);
  }
  void talk_until_it_waits() {
    for (int turn = 0; turn < 100 && !waits(); ++turn) talk(500);
    REQUIRE(waits());
  }
  bool waits() const {
    return std::ranges::any_of(home->open_, [](const auto& question) {
      const Heed* const heed = std::get_if<Heed>(&question.ask);
      return heed != nullptr && !heed->background;
    });
  }
  std::size_t unwritten() { return side("away").outgoing().waiting_bytes(); }
};

bool has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

TEST_CASE("irc 7 whoever writes to a full network waits ten seconds, and that one is ended") {
  Deaf bench;
  bench.talk_until_it_waits();
  CHECK(bench.unwritten() < 9'000'000);
  CHECK(bench.hub->crowded(bench.side("home")) == &bench.side("away"));
  bench.home->pass(9s);
  CHECK(bench.hub->crowded(bench.side("home")) == &bench.side("away"));
  bench.home->pass(1s);
  CHECK(bench.hub->crowded(bench.side("home")) == nullptr);
  CHECK(has(bench.say(*bench.home, ":1AA PING 9RL\n"), ":9RL PONG 1AA"));
  CHECK_FALSE(bench.waits());
  bench.away->pass(9s);
  CHECK(bench.side("away").linked());
  bench.away->pass(5s);
  CHECK(bench.side("away").phase() == Side::Phase::down);
  CHECK(has(bench.away->log_, "irc.end SendQ exceeded"));
  CHECK(bench.away->take_output() ==
        "ERROR :SendQ exceeded: it does not read what is sent to it\r\n");
  CHECK(has(bench.settled(*bench.home), ":9RL SQUIT 9RB :SendQ exceeded"));
}

TEST_CASE("irc 7 a network that takes little is not ended before the hard bound") {
  Deaf bench;
  bench.talk_until_it_waits();
  bench.home->pass(10s);
  bench.written(*bench.home);
  for (int round = 0; round < 20; ++round) {
    bench.away->pass(8s);
    bench.written(*bench.away);   // one piece
    bench.away->feed(":3HY PING hyb.away.example :9RL\n");
  }
  CHECK(bench.side("away").linked());
  CHECK_FALSE(bench.waits());
  while (!bench.side("away").outgoing().overflown()) bench.talk(500);
  CHECK_FALSE(bench.waits());
  bench.away->pass(2s);
  CHECK(has(bench.away->log_, "irc.end SendQ exceeded"));
}

TEST_CASE("irc 7 where there is much room again the next one waits again") {
  Deaf bench;
  bench.talk_until_it_waits();
  bench.home->pass(10s);
  bench.written(*bench.home);
  while (bench.unwritten() > limits::outgoing_room_bytes) bench.written(*bench.away);
  bench.talk_until_it_waits();
}

TEST_CASE("irc 7 only those wait that a channel joins with the full one") {
  test::HandClock clock;
  auto settings = test::two_networks(clock, DialectKind::inspircd, DialectKind::hybrid);
  settings->networks.push_back(settings->networks.back());
  settings->networks.back().name = "third";
  Hub hub(settings);
  hub.side("away")->outgoing().text().assign(limits::outgoing_soft_bytes + 1, 'x');
  hub.side("away")->outgoing().touched();
  CHECK(hub.crowded(*hub.side("home")) == hub.side("away"));
  CHECK(hub.crowded(*hub.side("third")) == nullptr);
}

TEST_CASE("irc 7 whom we do not read is not blamed for his silence") {
  Deaf bench;
  bench.talk_until_it_waits();
  bench.home->pass(500s);
  CHECK(bench.side("home").linked());
  CHECK(bench.home->hung_up_ == 0);
  bench.written(*bench.home);
  CHECK_FALSE(bench.waits());
  bench.home->pass(500s);   // but this is his own
  CHECK(has(bench.home->log_, "irc.end no answer to PING"));
}

TEST_CASE("irc 7 a server that talks on and reads nothing is not there") {
  Deaf bench;
  bench.talk(10);
  const auto minutes = [&](int count) {
    for (; count > 0; --count) {
      bench.away->feed(":3HYAAAAAA PRIVMSG #dev :still here\n");
      bench.away->pass(60s);
    }
  };
  minutes(4);
  CHECK(bench.side("away").linked());
  minutes(3);
  CHECK(has(bench.away->log_, "irc.end it reads nothing of what is sent to it"));
}

TEST_CASE("irc 7 the log says that a link is gone, whoever closed it") {
  Deaf bench;
  bench.away->event(Closed{false, "reset by peer"});
  CHECK(has(bench.away->log_, "irc.end the connection is gone: reset by peer"));
  SECTION("once") {
    bench.say(*bench.home, "ERROR :bye\n");
    bench.home->event(Closed{false, "closed"});
    CHECK(has(bench.home->log_, "irc.end it says: bye"));
    CHECK_FALSE(has(bench.home->log_, "the connection is gone"));
  }
  SECTION("not of somebody who said nothing") {
    bench.accept().event(Closed{false, "closed"});
    CHECK(bench.called->log_.empty());
  }
}

}  // namespace
}  // namespace hanse::irc
