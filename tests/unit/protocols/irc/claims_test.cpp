// SPDX-License-Identifier: Apache-2.0
// A channel with an owner: what others change without a grant stays with them, and is undone once.
#include "tests/catch.h"
#include "tests/unit/protocols/irc/irc_bench.h"

namespace hanse::irc {
namespace {

using test::Bench;

constexpr std::string_view carol =
    ":1AA UID 1AAAAAAAA 1795229100 carol real.host shown.host ~carol 192.0.2.1 1795229100 +i "
    ":Carol C\n:1AA FJOIN #dev 1795229120 +nt :o,1AAAAAAAA:0\n";
constexpr std::string_view dave =
    ":3HY UID dave 1 1795229110 +i dave dave.host dave.host 192.0.2.2 3HYAAAAAA * :Dave\n"
    ":3HYAAAAAA JOIN 1795229120 #dev +\n";

// #dev belongs to home; Carol is there, and Dave away.
struct Owned : Bench {
  explicit Owned(std::uint8_t grants = 0) {
    Junction junction = settings->junctions[0];
    junction.owner = 0;
    junction.members[1].grants = grants;
    settings->junctions[0] = junction;
    hub = std::make_shared<Hub>(settings);
    link_both();
    say(*home, std::string(carol));
    say(*away, std::string(dave));
    say(*home, ":1AAAAAAAA FTOPIC #dev 1795229120 1795229125 :ours\n");
    written(*home);
    written(*away);
  }
  std::string away_says(const std::string& line) { return say(*away, line + "\n"); }
};

TEST_CASE("irc 9 the owner's people decide everywhere") {
  Owned world;
  world.say(*world.home, ":1AAAAAAAA FMODE #dev 1795229120 +s\n");
  CHECK(world.written(*world.away) == ":9RAAAAAAA TMODE 1795229120 #dev +s\n");
  world.say(*world.home, ":1AAAAAAAA KICK #dev 9RBAAAAAA :out\n");
  CHECK(world.written(*world.away) == ":9RAAAAAAA KICK #dev 3HYAAAAAA :out\n");
}

// Nobody is there yet.
struct Unmade : Bench {
  explicit Unmade(DialectKind home_kind = DialectKind::inspircd) : Bench(home_kind) {
    settings->junctions[0].owner = 0;
    settings->junctions[0].members[1].grants = 0;
    hub = std::make_shared<Hub>(settings);
    link_both();
    say(*away, std::string(dave));
    written(*home);
    written(*away);
  }
  std::string comes(const std::string& id, const std::string& nick) {
    return say(*home, ":1AA UID 1AAAAAAA" + id + " 1795229100 " + nick +
                          " h h ~x 192.0.2.1 1795229100 +i :N\n:1AA FJOIN #dev 1795229120 + :,"
                          "1AAAAAAA" + id + ":0\n");
  }
};

TEST_CASE("irc 9 who of the owner comes first into a channel that puppets made rules it") {
  Unmade world;
  CHECK(world.comes("A", "carol") == ":9RL FMODE #dev 1795229120 +nto 1AAAAAAAA\n");
  CHECK(world.written(*world.away).find(" :@9RAAAAAAA") != std::string::npos);
  CHECK(world.comes("B", "erin") == "");                   // he is the second
  SECTION("and whoever is back first after all have left") {
    world.say(*world.home, ":1AAAAAAAA PART #dev :x\n");
    CHECK(world.comes("C", "frank") == "");                // erin is still there
    world.say(*world.home, ":1AAAAAAAB QUIT :x\n:1AAAAAAAC PART #dev :x\n");
    CHECK(world.comes("D", "gina") == ":9RL FMODE #dev 1795229120 +o 1AAAAAAAD\n");
  }
  SECTION("but not while a split keeps them away") {
    world.say(*world.home, ":1AA SERVER leaf.home.example 1AB :x\n"
                           ":1AB UID 1ABAAAAAA 1795229100 leaf h h ~x 192.0.2.1 1795229100 +i :N\n"
                           ":1AB FJOIN #dev 1795229120 + :o,1ABAAAAAA:0\n"
                           ":1AAAAAAAA PART #dev :x\n:1AAAAAAAB PART #dev :x\n"
                           ":1AA SQUIT 1AB :x\n");
    CHECK(world.comes("E", "heidi") == "");
  }
  SECTION("nor of one that stays when it is empty") {
    Network& model = world.side("home").model();
    model.set_mode(model.find_channel("#dev"), {true, Mode::permanent, 'P', {}});
    world.say(*world.home, ":1AAAAAAAA PART #dev :x\n:1AAAAAAAB PART #dev :x\n");
    CHECK(world.comes("E", "heidi") == "");
  }
}

TEST_CASE("irc 9 what another network changes without a claim is undone there, once") {
  Owned world;
  const std::string tmode = ":9RA TMODE 1795229120 #dev ";
  SECTION("a topic") {
    CHECK(world.away_says(":3HYAAAAAA TOPIC #dev :theirs") ==
          ":9RA TBURST 1795229120 #dev " + std::to_string(test::now_seconds + 1) +
              " home.node.a.example :ours\n");
    CHECK(world.written(*world.home).empty());
    CHECK(world.away_says(":3HYAAAAAA TOPIC #dev :theirs").empty());   // muted
    world.clock.seconds += 60;
    CHECK_FALSE(world.away_says(":3HYAAAAAA TOPIC #dev :theirs2").empty());
  }
  SECTION("modes, as far as they differ from the owner's") {
    CHECK(world.away_says(":3HYAAAAAA TMODE 1795229120 #dev +m-n") == tmode + "-m+n\n");
    CHECK(world.away_says(":3HYAAAAAA TMODE 1795229120 #dev +n").empty());
    CHECK(world.away_says(":3HYAAAAAA TMODE 1795229120 #dev +kl x 5") == tmode + "-kl x\n");
    CHECK(world.away_says(":3HYAAAAAA TMODE 1795229120 #dev +m").empty());
    CHECK(world.written(*world.home).empty());
    CHECK(world.away->log_.find("irc.undone") != std::string::npos);
  }
  SECTION("bans") {
    CHECK(world.away_says(":3HYAAAAAA TMODE 1795229120 #dev +b carol|home!*@*") ==
          tmode + "-b carol|home!*@*\n");
    CHECK(world.written(*world.home).empty());
  }
  SECTION("the rank of a puppet, but not those among themselves") {
    CHECK(world.away_says(":3HYAAAAAA TMODE 1795229120 #dev +o 9RAAAAAAA") ==
          tmode + "-o 9RAAAAAAA\n");
    CHECK(world.away_says(":3HYAAAAAA TMODE 1795229120 #dev +o 3HYAAAAAA").empty());
    CHECK(world.written(*world.home).empty());
  }
  SECTION("a kick of a puppet: it is back, the second time it is not") {
    CHECK(world.away_says(":3HYAAAAAA KICK #dev 9RAAAAAAA :out") ==
          ":9RA SJOIN 1795229120 #dev + :@9RAAAAAAA\n");
    CHECK(world.written(*world.home).empty());
    CHECK(world.away_says(":3HYAAAAAA KICK #dev 9RAAAAAAA :out").empty());
    CHECK(world.written(*world.home).empty());
    const Network& there = world.side("away").model();
    CHECK(there.membership(there.find_nick("carol|home"), there.find_channel("#dev")) == nullptr);
  }
  SECTION("a kick of one of their own is theirs") {
    CHECK(world.away_says(":3HY KICK #dev 3HYAAAAAA :out").empty());
    CHECK(world.written(*world.home).find(" KICK #dev 9RBAAAAAA :out\n") != std::string::npos);
  }
}

TEST_CASE("irc 9 not more is undone than fifteen things in five seconds") {
  Owned world;
  std::size_t undone = 0;
  const auto ban = [&](int number) {
    const std::string back = world.away_says(":3HYAAAAAA TMODE 1795229120 #dev +b a" +
                                             std::to_string(number) + "!*@*");
    undone += back.empty() ? 0 : 1;
  };
  for (int number = 0; number < 30; ++number) ban(number);
  CHECK(undone == 15);
  world.clock.seconds += 5;
  ban(100);
  CHECK(undone == 16);
}

TEST_CASE("irc 9 into a channel that its owner has closed invites who has a claim to it") {
  for (const std::uint8_t grants : {std::uint8_t{0}, claim_bit(Claim::modes)}) {
    Owned world(grants);
    world.say(*world.home, ":1AA UID 1AAAAAAAB 1795229100 erin h h e 192.0.2.1 1795229100 + :E\n"
                           ":1AAAAAAAB PRIVMSG 9RBAAAAAA :hello\n"
                           ":1AAAAAAAA FMODE #dev 1795229120 +i\n");
    world.written(*world.away);
    world.away_says(":3HYAAAAAA INVITE 9RAAAAAAB #dev 1795229120");
    const bool passed = world.written(*world.home).find(" INVITE ") != std::string::npos;
    CHECK(passed == (grants != 0));
    CHECK((world.away->log_.find("irc.kept_out") == std::string::npos) == passed);
  }
}

TEST_CASE("irc 9 what is granted counts as the owner's word") {
  Owned world(static_cast<std::uint8_t>(claim_bit(Claim::topic) | claim_bit(Claim::bans)));
  CHECK(world.away_says(":3HYAAAAAA TOPIC #dev :theirs").empty());
  CHECK(world.written(*world.home).find("dave/away :theirs\n") != std::string::npos);
  CHECK(world.away_says(":3HYAAAAAA TMODE 1795229120 #dev +b x!*@*").empty());
  CHECK(world.written(*world.home).find("+b x/away!*@*\n") != std::string::npos);
  CHECK_FALSE(world.away_says(":3HYAAAAAA TMODE 1795229120 #dev +m").empty());
}

TEST_CASE("irc 9 a network that comes back is told the owner's modes and topic") {
  Owned world;
  world.away->event(Closed{false, "reset"});
  world.link_away();
  world.say(*world.away, std::string(dave));
  world.say(*world.away, ":3HY TBURST 1795229120 #dev 1795229126 x :another\n");
  CHECK(world.welcome.find(":9RA TMODE 1795229120 #dev +tn\n") != std::string::npos);
  CHECK(world.welcome.find(" :ours\n") != std::string::npos);
}

// Both link with somebody in the channel, as a network does that was only cut off.
void back_home(Owned& world, const std::string& modes) {
  auto& link = world.dial("home");
  world.say(link, test::inspircd_capabilities + "SERVER insp.home.example from-home 0 1AA :Insp\n");
  link.feed(":1AA BURST " + std::to_string(world.clock.seconds) +
            "\n:1AA UID 1AAAAAAAA 1795229100 carol real.host shown.host carol 192.0.2.1 "
            "1795229100 +i :Carol C\n:1AA FJOIN #dev 1795229120 " + modes +
            " :o,1AAAAAAAA:0\n:1AA ENDBURST\n");
  world.settle(link, world.away.get());
}

void back_away(Owned& world, const std::string& modes, const std::string& bans) {
  auto& link = world.dial("away");
  world.say(link, "PASS from-away\nCAPAB :TBURST ENCAP EOB RHOST HOP\n"
                  "SERVER hyb.away.example 1 3HY + :hybrid\n");
  link.feed(":3HY SVINFO 6 6 0 :" + std::to_string(world.clock.seconds) +
            "\n:3HY UID dave 1 1795229110 +i dave dave.host dave.host 192.0.2.2 3HYAAAAAA * "
            ":Dave\n:3HY SJOIN 1795229120 #dev " + modes + " :@3HYAAAAAA\n" + bans + ":3HY EOB\n"
            ":hyb.away.example PONG hyb.away.example :node.a.example\n");
  world.settle(link, world.home.get());
}

bool is_in(Owned& world, const std::string& network, std::string_view nick) {
  const Network& model = world.side(network).model();
  const UserId user = model.find_nick(nick);
  return user != no_id && model.membership(user, model.find_channel("#dev")) != nullptr;
}

TEST_CASE("irc 9 what is set while the owner is cut off is undone when he is back, before anybody "
          "enters") {
  Owned world;
  world.home->event(Closed{false, "reset"});
  world.written(*world.away);
  for (const std::string change : {"+mk sesame", "+l 1", "+b *!*@shown.host", "-n"})
    CHECK(world.away_says(":3HYAAAAAA TMODE 1795229120 #dev " + change).empty());
  CHECK(world.away->log_.find("irc.undone") == std::string::npos);   // nothing was
  back_home(world, "+nts");
  const std::string undone = ":9RA TMODE 1795229120 #dev -klmb sesame *!*@shown.host\n";
  const std::size_t at = world.meanwhile.find(undone);
  CAPTURE(world.meanwhile);
  REQUIRE(at != std::string::npos);
  CHECK(at < world.meanwhile.find(":9RA UID carol|home "));
  CHECK(world.meanwhile.find("TMODE 1795229120 #dev +sn\n") != std::string::npos);
  CHECK(is_in(world, "away", "carol|home"));
  CHECK((world.home->log_ + world.away->log_).find("irc.undone") != std::string::npos);
  CHECK((world.home->log_ + world.away->log_).find("irc.kept_out") == std::string::npos);
  world.say(*world.home, ":1AAAAAAAA PRIVMSG #dev :heard\n");
  CHECK(world.written(*world.away) == ":9RAAAAAAB PRIVMSG #dev :heard\n");
}

TEST_CASE("irc 9 a network comes back with modes and bans of its own") {
  const std::string bans = ":3HY BMASK 1795229120 #dev b :*!*@shown.host x|home!*@*\n";
  const auto come_back = [&](Owned& world) {
    world.say(*world.home, ":1AAAAAAAA FMODE #dev 1795229120 +b x!*@*\n");
    world.away->event(Closed{false, "reset"});
    back_away(world, "+ntmik sesame", bans);
  };
  SECTION("without a claim to them: the owner's are put in their place") {
    Owned world;
    come_back(world);
    CAPTURE(world.welcome);
    // The one the owner has as well stays.
    CHECK(world.welcome.find(":9RA TMODE 1795229120 #dev -kimb sesame *!*@shown.host\n") !=
          std::string::npos);
    CHECK(is_in(world, "away", "carol|home"));
    CHECK(world.welcome.find("+b") == std::string::npos);
  }
  SECTION("granted: they stay, and count") {
    Owned world(every_claim);
    come_back(world);
    CHECK(world.welcome.find("TMODE 1795229120 #dev -") == std::string::npos);
    CHECK_FALSE(is_in(world, "away", "carol|home"));
  }
}

}  // namespace
}  // namespace hanse::irc
