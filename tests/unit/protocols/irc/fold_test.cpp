// SPDX-License-Identifier: Apache-2.0
// irc 2: names that are two on one network and one on another.
#include "tests/catch.h"
#include "tests/unit/protocols/irc/irc_bench.h"

namespace hanse::irc {
namespace {

using test::Bench;

const std::string now = std::to_string(test::now_seconds);

TEST_CASE("irc 2 of two people whose names are one on the other network the second gets another") {
  Bench bench(DialectKind::inspircd, DialectKind::solanum);
  std::string ascii = test::inspircd_capabilities;
  ascii.replace(ascii.find("=rfc1459"), 8, "=ascii");
  bench.dial("home");
  bench.home->feed(ascii + "SERVER insp.home.example from-home 0 1AA :Insp\n:1AA BURST " +
                   now + "\n:1AA ENDBURST\n");
  bench.settle(*bench.home, nullptr);
  bench.dial("away");
  bench.away->feed("PASS from-away TS 6 :3HY\nCAPAB :ENCAP EUID SAVE\n"
                   "SERVER hyb.away.example 1 :h\nSVINFO 6 6 0 :" + now +
                   "\n:3HY PONG hyb.away.example :9RL\n");
  bench.settle(*bench.away, bench.home.get());
  for (const auto& [uid, nick] : {std::pair{"1AAAAAAAA", "al[e"}, {"1AAAAAAAB", "AL{e"}})
    bench.say(*bench.home, std::string(":1AA UID ") + uid + " 1795229110 " + nick + " h h a "
                           "192.0.2.1 1795229110 + :A\n:1AA FJOIN #dev 1795229120 + :," + uid +
                               ":0\n");
  bench.settle(*bench.away, bench.home.get());
  const Network& there = bench.side("away").model();
  CHECK(there.find_nick("al[e|home") != no_id);
  CHECK(there.find_nick("AL{e||home") != no_id);
  CHECK(there.find_nick("AL{e||home") != there.find_nick("al[e|home"));
  CHECK(bench.home->log_.find("irc.same_name AL{e|home is on away already") != std::string::npos);
}

}  // namespace
}  // namespace hanse::irc
