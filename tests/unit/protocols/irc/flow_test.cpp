// SPDX-License-Identifier: Apache-2.0
// irc 7: how fast the lines of a server are read.
#include "protocols/irc/line_budget.h"
#include "tests/catch.h"
#include "tests/unit/protocols/irc/irc_bench.h"

namespace hanse::irc {
namespace {

using hanse::test::EngineBench;
using test::Bench;
using namespace std::chrono_literals;

unsigned taken(LineBudget& budget, Instant now) {
  unsigned count = 0;
  budget.new_turn();
  while (budget.take(now)) ++count;
  return count;
}

TEST_CASE("irc 7 in one turn so many lines are read, with a rate or without") {
  LineBudget budget;
  const Instant start{1h};
  CHECK(taken(budget, start) == limits::lines_per_turn_max);
  CHECK(budget.turn_over());
  CHECK(taken(budget, start) == limits::lines_per_turn_max);
  budget.begin(20'000, start);
  unsigned all = 0;
  for (unsigned turn = 0; turn < 100; ++turn) all += taken(budget, start);
  CHECK(all == 20'000);             // a second's worth at once
  CHECK_FALSE(budget.turn_over());
  CHECK(taken(budget, start + 10ms) == 200);
  CHECK(taken(budget, start + 10ms) == 0);
  all = 0;
  for (unsigned turn = 0; turn < 100; ++turn) all += taken(budget, start + 1h);
  CHECK(all == 20'000);             // more than that is never saved up
}

std::string many(unsigned count) {
  std::string out;
  for (unsigned line = 0; line < count; ++line)
    out += ":1AAAAAAAA PRIVMSG #dev :" + std::to_string(line) + "\n";
  return out;
}

struct Talking : Bench {
  explicit Talking(std::uint64_t rate) {
    settings->networks[0].lines_per_second = rate;
    side("home").apply(settings->networks[0]);
    link_both();
    say(*home, ":1AA UID 1AAAAAAAA 1795229110 dave h h dave 192.0.2.1 1795229110 + :Dave D\n"
               ":1AA FJOIN #dev 1795229120 + :,1AAAAAAAA:0\n");
    settle(*away, home.get());
    settle(*home, away.get());
  }
  bool waits() const {                       // nothing of it is read
    for (const auto& one : home->open_) {
      const auto* heed = std::get_if<Heed>(&one.ask);
      if (heed != nullptr && !heed->background) return true;
    }
    return false;
  }
  unsigned heard() {                         // on the other side, since the last time
    const std::string out = settled(*away);
    unsigned count = 0;
    for (std::size_t at = 0; (at = out.find(" PRIVMSG #dev :", at)) != std::string::npos; ++at)
      ++count;
    return count;
  }
};

TEST_CASE("irc 7 what comes in one piece is read in turns, and none of it is lost") {
  Talking node(0);
  node.home->feed(many(1200));
  CHECK(node.waits());
  CHECK(node.heard() == limits::lines_per_turn_max);
  node.home->feed(many(1));                  // had arrived already
  CHECK(node.heard() == 0);
  unsigned more = 0;
  for (unsigned turn = 0; turn < 3; ++turn) {
    node.written(*node.home);
    more += node.heard();
  }
  CHECK(more == 1201 - limits::lines_per_turn_max);
  CHECK_FALSE(node.waits());
  CHECK(node.side("home").linked());
}

TEST_CASE("irc 7 a network with a rate is read no faster, and none of it is lost") {
  Talking node(100);
  node.home->feed(many(150));
  CHECK(node.waits());
  unsigned all = node.heard();
  CHECK(all <= 100);                         // some went for its burst
  for (unsigned tick = 0; tick < 100 && all < 150; ++tick) {
    node.home->pass(limits::flow_wait);
    if (node.waits()) node.written(*node.home);
    all += node.heard();
  }
  CHECK(all == 150);
  CHECK(node.home->now_ - Instant{1h} >= 400ms);
  CHECK(node.side("home").linked());
}

}  // namespace
}  // namespace hanse::irc
