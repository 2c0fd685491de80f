// SPDX-License-Identifier: Apache-2.0
// What somebody may do in a channel of his own network when he enters it on another.
#include "tests/catch.h"
#include "tests/unit/protocols/irc/irc_bench.h"

namespace hanse::irc {
namespace {

using test::Bench;

bool has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

std::string rank_of(Side& side, std::string_view nick) {
  const Network& model = side.model();
  const UserId user = model.find_nick(nick);
  const Membership* one =
      user == no_id ? nullptr : model.membership(user, model.find_channel("#dev"));
  return one == nullptr ? "absent" : side.dialect().modes().status_letters(one->status);
}

constexpr std::string_view carol =
    ":1AA UID 1AAAAAAAA 1795229100 carol h shown.host carol 192.0.2.1 1795229100 +i :Carol C\n";
constexpr std::string_view dave =
    ":3HY UID dave 1 1795229110 +i dave h h 192.0.2.2 3HYAAAAAA * :Dave\n";

TEST_CASE("irc 9 ranks of a network that has all of them, by what the other one has") {
  const std::string capabilities = GENERATE("EOB HOP", "EOB", "EOB HOP AOP QOP");
  CAPTURE(capabilities);
  Bench bench(DialectKind::hybrid, DialectKind::ngircd);
  auto& home = bench.dial("home");
  home.feed("PASS from-home\nCAPAB :" + capabilities + "\nSERVER insp.home.example 1 1AA + :h\n"
            ":1AA SVINFO 6 6 0 :" + std::to_string(bench.clock.seconds) +
            "\n:1AA EOB\n:1AA PONG insp.home.example :9RL\n");
  auto& away = bench.dial("away");
  const std::string ng = ":hyb.away.example ";
  away.feed("PASS from-away 0210-IRC+ ngIRCd|26.1:CLMSX PZ\n" + ng +
            "SERVER hyb.away.example 1 :ng\n" + ng + "NICK dave 1 ~dave dave.host 1 + :Dave\n" +
            ng + "NJOIN #dev :~&@%+dave\n" + ng + "PING :hyb.away.example\n");
  bench.settle(away, &home);
  const std::string wanted = has(capabilities, "HOP") ? "%@+" : "@+";
  CHECK(has(bench.meanwhile, " #dev + :" + wanted + "9RBAAAAAA\n"));
}

TEST_CASE("irc 9 ranks in the words of each") {
  const ChannelMember member{{"9RAAAAAAA", "carol|home"},
                             static_cast<std::uint8_t>(rank_bit(Mode::op) | rank_bit(Mode::voice))};
  const auto written = [&](DialectKind kind) {
    std::string out;
    CHECK(make_dialect(kind, {})->write(
        ChannelJoined{{"9RA", "home.node.a.example"}, "#dev", 1795229120, {}, {&member, 1}}, out));
    return out;
  };
  CHECK(written(DialectKind::inspircd) == ":9RA FJOIN #dev 1795229120 + :ov,9RAAAAAAA\r\n");
  CHECK(written(DialectKind::solanum) == ":9RA SJOIN 1795229120 #dev + :@+9RAAAAAAA\r\n");
  CHECK(written(DialectKind::hybrid) == ":9RA SJOIN 1795229120 #dev + :@+9RAAAAAAA\r\n");
  CHECK(written(DialectKind::irc2) == ":9RA NJOIN #dev :@+9RAAAAAAA\r\n");
  CHECK(written(DialectKind::ngircd) == ":9RA NJOIN #dev :@+9RAAAAAAA\r\n");
}

TEST_CASE("irc 9 a rank given while a network was away is seen when it comes, and after a split") {
  Bench bench;
  bench.link_home();
  bench.say(*bench.home, std::string(carol) + ":1AA FJOIN #dev 1795229120 +nt :o,1AAAAAAAA:0\n"
            ":1AA UID 1AAAAAAAB 1795229100 erin h h erin 192.0.2.1 1795229100 + :E\n"
            ":1AA FJOIN #dev 1795229120 + :,1AAAAAAAB:0\n"
            ":1AAAAAAAA FMODE #dev 1795229120 +v 1AAAAAAAB\n");
  bench.link_away();
  CHECK(has(bench.welcome, ":9RA SJOIN 1795229120 #dev + :@9RAAAAAAA +9RAAAAAAB\n"));
  bench.say(*bench.away, std::string(dave) + ":3HY SJOIN 1795229120 #dev + :@3HYAAAAAA\n");
  CHECK(has(bench.written(*bench.home), ":9RB FJOIN #dev 1795229120 + :o,9RBAAAAAA\n"));
  SECTION("of all") {
    bench.away->event(Closed{false, "reset"});
    bench.say(*bench.home, ":1AAAAAAAA FMODE #dev 1795229120 -o+v 1AAAAAAAA 1AAAAAAAA\n");
    bench.link_away();
    CHECK(has(bench.welcome, " #dev + :+9RAAAAAAC +9RAAAAAAD\n"));
  }
  SECTION("of some of its servers") {
    const std::string leaf = ":3HY SID leaf.away.example 2 4LF + :l\n"
                             ":4LF UID bob 2 1795229110 +i b h h 192.0.2.2 4LFAAAAAA * :B\n"
                             ":4LF SJOIN 1795229120 #dev + :@+4LFAAAAAA\n";
    bench.say(*bench.away, leaf);
    bench.written(*bench.home);
    bench.say(*bench.away, ":3HY SQUIT 4LF :hyb.away.example leaf.away.example\n");
    CHECK(rank_of(bench.side("home"), "bob/away") == "absent");
    bench.say(*bench.away, leaf);
    CHECK(rank_of(bench.side("home"), "bob/away") == "vo");
  }
}

TEST_CASE("irc 9 nobody has a rank elsewhere whose network has no say about ranks there") {
  const std::uint8_t grants = GENERATE(std::uint8_t{0}, claim_bit(Claim::ranks));
  Bench bench;
  Junction junction = bench.settings->junctions[0];
  junction.owner = 0;
  junction.members[1].grants = grants;
  bench.settings->junctions[0] = junction;
  bench.hub = std::make_shared<Hub>(bench.settings);
  bench.link_both();
  bench.say(*bench.home, std::string(carol) + ":1AA FJOIN #dev 1795229120 +nt :o,1AAAAAAAA:0\n");
  bench.say(*bench.away, std::string(dave) + ":3HY SJOIN 1795229120 #dev + :@3HYAAAAAA\n");
  CHECK(rank_of(bench.side("home"), "dave/away") == (grants == 0 ? "" : "o"));
  CHECK(rank_of(bench.side("away"), "carol|home") == "o");
}

TEST_CASE("irc 9 who made a younger channel of the name has no rank in the older one") {
  Bench bench;
  bench.link_home();
  bench.say(*bench.home, std::string(carol) + ":1AA FJOIN #dev 1795229120 +nt :o,1AAAAAAAA:0\n");
  auto& away = bench.dial("away");
  away.feed("PASS from-away\nCAPAB :TBURST ENCAP EOB RHOST HOP\n"
            "SERVER hyb.away.example 1 3HY + :hybrid\n:3HY SVINFO 6 6 0 :" +
            std::to_string(bench.clock.seconds) + "\n" + std::string(dave) +
            ":3HY SJOIN 1795229150 #dev +nt :@3HYAAAAAA\n:3HY EOB\n");
  bench.settle(away, bench.home.get());
  CHECK(rank_of(bench.side("home"), "dave/away") == "");
  CHECK(rank_of(bench.side("away"), "carol|home") == "o");
}

TEST_CASE("irc 4.3 a list of members raises those who were there already, here and elsewhere") {
  Bench bench;
  bench.link_both();
  bench.say(*bench.home, std::string(carol) + ":1AA FJOIN #dev 1795229120 +nt :,1AAAAAAAA:0\n");
  bench.say(*bench.away, std::string(dave) + ":3HYAAAAAA JOIN 1795229120 #dev +\n");
  bench.written(*bench.home);
  bench.written(*bench.away);
  bench.say(*bench.away, ":3HY SJOIN 1795229120 #dev + :@+3HYAAAAAA\n");
  CHECK(bench.written(*bench.home) == ":9RB FMODE #dev 1795229120 +ov 9RBAAAAAA 9RBAAAAAA\n");
  bench.say(*bench.away, ":3HY SJOIN 1795229120 #dev + :@3HYAAAAAA\n");
  CHECK(bench.written(*bench.home) == "");
  bench.say(*bench.away, ":3HY SJOIN 1795229130 #dev + :@3HYAAAAAA\n");   // younger: no rank
  CHECK(bench.written(*bench.home) == "");
}

}  // namespace
}  // namespace hanse::irc
