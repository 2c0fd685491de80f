// SPDX-License-Identifier: Apache-2.0
// Two servers that dial each other at once: whatever is seen first where, one link stays.
#include <random>

#include "protocols/irc/inbound.h"
#include "protocols/irc/outbound.h"
#include "server/base/text.h"
#include "tests/catch.h"
#include "tests/unit/protocols/irc/irc_bench.h"

namespace hanse::irc {
namespace {

using hanse::test::EngineBench;
using test::Bench;

// Two nodes, each a network to the other, and what is on the way between their four engines.
struct Two {
  struct Node {
    std::shared_ptr<IrcSettings> settings;
    std::shared_ptr<Hub> hub;
    std::unique_ptr<EngineBench> dials, accepts;
  };
  test::HandClock clock;
  Node nodes[2];
  std::mt19937 random;
  std::string under_way[4];         // to: 0 dials, 0 accepts, 1 dials, 1 accepts
  bool opened[4] = {}, told_end[4] = {};

  Two(DialectKind dialect, unsigned seed) : random(seed) {
    const std::string names[] = {"a.example", "b.example"};
    for (int each = 0; each < 2; ++each) {
      Node& node = nodes[each];
      node.settings = test::two_networks(clock, dialect, dialect);
      NetworkSettings& network = node.settings->networks[0];
      network.own_name = names[each];
      network.peer = names[1 - each];
      network.sid = each == 0 ? "1AA" : "2BB";
      network.send_password = network.receive_password = std::string("same");
      node.settings->networks[1].sid = network.sid;
      for (NetworkSettings& one : node.settings->networks)
        one.pseudo_sid = (each == 0 ? "3" : "4") + one.pseudo_sid.substr(1);
      node.hub = std::make_shared<Hub>(node.settings);
      OutboundContext out;
      out.lane = "home";
      out.nonce = std::string(32, 'n');
      node.dials = std::make_unique<EngineBench>(std::make_unique<Outbound>(out, node.hub));
      InboundContext in;
      in.nonce = std::string(32, 'm');
      node.accepts = std::make_unique<EngineBench>(std::make_unique<Inbound>(in, node.hub));
    }
  }

  EngineBench& end(int which) {
    return which % 2 == 0 ? *nodes[which / 2].dials : *nodes[which / 2].accepts;
  }
  static int other(int which) { return 3 - which; }   // who it is connected to
  std::size_t below(std::size_t bound) { return random() % bound; }

  // Some end does something: a question of its own is answered, or a part of what comes is there.
  bool step() {
    std::vector<int> able;
    for (int which = 0; which < 4; ++which) {
      under_way[other(which)] += end(which).take_output();
      if (!opened[which]) continue;
      if (!under_way[which].empty() || !end(which).open_.empty() ||
          (end(other(which)).hung_up_ > 0 && !told_end[which]))
        able.push_back(which);
    }
    if (able.empty()) return false;
    const int which = able[below(able.size())];
    EngineBench& one = end(which);
    const bool reads = std::ranges::none_of(one.open_, [](const EngineBench::Question& asked) {
      const Heed* heed = std::get_if<Heed>(&asked.ask);
      return heed != nullptr && !heed->background;
    });
    if (one.hung_up_ > 0 || !reads || under_way[which].empty() || below(2) == 0) {
      if (!one.open_.empty()) one.answer_first(Heard{});
    }
    if (one.hung_up_ > 0) under_way[which].clear();
    else if (reads && !under_way[which].empty()) {
      const std::size_t size = 1 + below(under_way[which].size());
      const std::string piece = under_way[which].substr(0, size);
      under_way[which].erase(0, size);
      one.feed(piece);
    }
    if (end(other(which)).hung_up_ > 0 && under_way[which].empty() && !told_end[which]) {
      told_end[which] = true;
      one.event(Closed{false, "gone"});
    }
    return true;
  }
};

TEST_CASE("irc 7 crossed calls: one link stays, and none that stood falls") {
  const auto dialect = GENERATE(DialectKind::hybrid, DialectKind::solanum, DialectKind::irc2);
  for (unsigned seed = 0; seed < 200; ++seed) {
    CAPTURE(static_cast<int>(dialect), seed);
    Two two(dialect, seed);
    std::vector<int> order = {0, 1, 2, 3};
    std::shuffle(order.begin(), order.end(), two.random);
    for (const int which : order) {
      two.opened[which] = true;
      two.end(which).event(Opened{"127.0.0.1", "127.0.0.1", 7100});
      for (std::size_t steps = two.below(30); steps > 0; --steps) two.step();
    }
    for (int steps = 0; steps < 3000 && two.step(); ++steps) {}
    unsigned stand = 0;
    for (int which = 0; which < 4; ++which) {
      const std::string& log = two.end(which).log_;
      CAPTURE(which, log);
      const bool stood = log.find("irc.link ") != std::string::npos;
      CHECK_FALSE((stood && log.find("irc.end") != std::string::npos));   // no flap
      stand += stood ? 1 : 0;
    }
    CHECK(stand == 2);              // the two ends of one
    CHECK(two.nodes[0].hub->side("home")->linked());
    CHECK(two.nodes[1].hub->side("home")->linked());
  }
}

// That knows no such rule: InspIRCd, as it was seen.
TEST_CASE("irc 7 crossed calls with a server of other software") {
  Bench bench;
  const std::string capabilities = test::inspircd_capabilities;
  const std::string server = "SERVER insp.home.example from-home 0 1AA :Insp\n";
  const std::string burst = ":1AA BURST " + std::to_string(bench.clock.seconds) + "\n";
  SECTION("our name comes first: its call is refused before our password is said") {
    bench.settings->networks[0].own_name = "a.example";
    EngineBench& ours = bench.dial("home");
    EngineBench& theirs = bench.accept();
    const std::string said = bench.say(theirs, capabilities + server);
    CHECK(said.find("to-home") == std::string::npos);
    CHECK(said.ends_with("ERROR :our own call to home comes first\n"));
    bench.say(ours, capabilities + server + burst);
    CHECK(ours.log_.find("irc.link home") != std::string::npos);
  }
  SECTION("its name comes first") {
    EngineBench& ours = bench.dial("home");
    EngineBench& theirs = bench.accept();
    CHECK(bench.say(theirs, capabilities + server).find("SERVER") == std::string::npos);
    CHECK(theirs.hung_up_ == 0);
    SECTION("and it has taken our call: it is the one that stays") {
      bench.say(ours, capabilities + server + burst);
      CHECK(bench.written(theirs).ends_with("ERROR :already linked to home\n"));
      CHECK(ours.hung_up_ == 0);
    }
    SECTION("and it refuses our call: its own goes on") {
      ours.feed("ERROR :Server insp.home.example already exists\n");
      CHECK(bench.written(theirs).ends_with("SERVER node.a.example to-home 0 9RL :relay node\n"));
      bench.say(theirs, burst);
      CHECK(theirs.log_.find("irc.link home") != std::string::npos);
    }
  }
}

TEST_CASE("irc 7 a server that comes again takes the place of its link that is silent") {
  Bench bench;
  EngineBench& old = bench.link_home();
  EngineBench& again = bench.accept();
  const std::string server = "SERVER insp.home.example from-home 0 1AA :Insp\n";
  const std::string burst = ":1AA BURST " + std::to_string(bench.clock.seconds) + "\n";
  SECTION("not of one that answers") {
    bench.say(again, test::inspircd_capabilities + server);
    CHECK(again.hung_up_ == 1);
    CHECK(old.hung_up_ == 0);
  }
  SECTION("nor when its password is wrong") {
    old.pass(std::chrono::seconds(91));
    bench.say(again, test::inspircd_capabilities + "SERVER insp.home.example x 0 1AA :Insp\n");
    bench.written(old);
    CHECK(again.hung_up_ == 1);
    CHECK(old.hung_up_ == 0);
  }
  SECTION("of one that has not answered its PING") {
    old.pass(std::chrono::seconds(91));
    bench.say(again, test::inspircd_capabilities + server + burst);
    bench.written(old);
    old.pass(std::chrono::seconds(2));   // it looks whether it is read
    CHECK(old.hung_up_ == 1);
    bench.say(again, ":1AA ENDBURST\n");
    CHECK(again.hung_up_ == 0);
    CHECK(bench.side("home").linked());
  }
}

}  // namespace
}  // namespace hanse::irc
