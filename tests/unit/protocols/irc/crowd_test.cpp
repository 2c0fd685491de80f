// SPDX-License-Identifier: Apache-2.0
// What is no fault of a peer ends no link, and whoever is one of many is there all the same.
#include <set>

#include "protocols/irc/limits.h"
#include "protocols/irc/puppet_names.h"
#include "tests/catch.h"
#include "tests/unit/protocols/irc/irc_bench.h"

namespace hanse::irc {
namespace {

using test::Bench;

std::string person(unsigned number, const std::string& nick) {
  std::string uid = std::to_string(number);
  uid = "1AA" + std::string(6 - uid.size(), 'A') + uid;
  return ":1AA UID " + uid + " 1795229100 " + nick + " h h u 192.0.2.1 1795229100 + :X\n" +
         ":1AA FJOIN #dev 1795229120 + :," + uid + ":0\n";
}

TEST_CASE("irc 9 fifty people whose nicks begin alike, where nicks are short") {
  for (const std::size_t most : {9, 15}) {
    DialectFacts facts;
    facts.nick_bytes_max = most;
    std::set<std::string> all;
    for (int number = 0; number < 50; ++number) {
      const std::string unique = "person" + std::to_string(number);
      const std::string nick = puppet_nick("alice", "a-network-of-16s", facts, 2, unique);
      CHECK(nick.size() <= most);
      CHECK(nick.front() == 'a');
      all.insert(nick);
    }
    CHECK(all.size() >= 49);
  }
  Bench bench(DialectKind::inspircd, DialectKind::ngircd);
  bench.link_home();
  auto& away = bench.dial("away");
  const std::string ng = ":hyb.away.example ";
  away.feed("PASS from-away 0210-IRC+ ngIRCd|26.1:CHLMSXZ PZ\n" + ng +
            "SERVER hyb.away.example 1 :ng\n" + ng + "005 x NICKLEN=9 :x\n" + ng + "376 x :End\n" +
            ng + "PING :hyb.away.example\n" + ng + "PONG hyb.away.example :node.a.example\n");
  bench.settle(away, bench.home.get());
  for (unsigned number = 0; number < 50; ++number)
    bench.say(*bench.home, person(number, "alice" + std::to_string(number)));
  std::string told;
  for (int round = 0; round < 3; ++round) told += bench.settled(away);
  const Network& model = bench.side("away").model();
  std::size_t there = 0;
  for (UserId id = 0; id < model.user_slots(); ++id)
    there += model.user(id).server == bench.side("away").pseudo(0);
  CHECK(there == 50);
  const std::string log = bench.home->log_ + away.log_;
  CHECK(log.find("irc.no_nick") == std::string::npos);
  CHECK(log.find("irc.short_nicks") == std::string::npos);   // four are left of each
}

TEST_CASE("irc 7 a command that we do not know is no fault of who says it") {
  Bench bench;
  bench.link_both();
  bench.say(*bench.home, person(1, "carol"));
  bench.written(*bench.away);
  std::string maps, others;
  for (int count = 0; count < 30; ++count) {
    maps += ":1AAAAAAA1 MAP 9RL\n";
    others += ":1AAAAAAA1 OF_A_MODULE x\n:1AA OF_A_MODULE x\n";
  }
  const std::string said = bench.say(*bench.home, maps);
  CHECK(said.find(":9RL NUM 9RL 1AAAAAAA1 006 :node.a.example\n"
                  ":9RL NUM 9RL 1AAAAAAA1 007 :End of /MAP\n") != std::string::npos);
  CHECK(bench.home->log_.find("dropped") == std::string::npos);
  CHECK(bench.say(*bench.home, others) == "");
  CHECK(bench.side("home").linked());
  CHECK(bench.side("home").desyncs().at("unknown command") == 60);
  std::string ours;
  for (int count = 0; count < 21; ++count) ours += ":9RAAAAAAA OF_A_MODULE x\n";
  CHECK(bench.say(*bench.home, ours) == "ERROR :too many lines that must not be\n");
}

TEST_CASE("irc 7 somebody who is in more channels than we keep is left out of the others alone") {
  Bench bench;
  bench.link_both();
  bench.say(*bench.home, person(1, "chanserv") + person(2, "carol"));
  std::string lines;
  for (std::size_t number = 0; number < limits::channels_per_user_max + 5; ++number)
    lines += ":1AA FJOIN #c" + std::to_string(number) + " 1795229120 + :o,1AAAAAAA1:0\n";
  bench.home->feed(lines);
  for (std::size_t turn = 0; turn * limits::lines_per_turn_max < lines.size() / 40; ++turn)
    bench.written(*bench.home);
  CHECK(bench.side("home").linked());
  const Network& model = bench.side("home").model();
  CHECK(model.user(model.find_nick("chanserv")).channels.size() == limits::channels_per_user_max);
  CHECK(bench.side("home").desyncs().at("somebody in more channels than channels_per_user_max") ==
        6);
  bench.say(*bench.home, ":1AA FJOIN #more 1795229120 + :o,1AAAAAAA1:0 ,1AAAAAAA2:0\n");
  REQUIRE(model.find_channel("#more") != no_id);
  CHECK(model.channel(model.find_channel("#more")).members.size() == 1);
}

}  // namespace
}  // namespace hanse::irc
