// SPDX-License-Identifier: Apache-2.0
// Hosts, user names and real names that change: who is hidden at home is hidden elsewhere.
#include "tests/catch.h"
#include "tests/unit/protocols/irc/irc_bench.h"

namespace hanse::irc {
namespace {

using test::Bench;
using namespace std::chrono_literals;

bool has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

constexpr std::string_view carol =
    ":1AA UID 1AAAAAAAA 1795229100 carol h shown.host carol 192.0.2.1 1795229100 +i :Carol C\n"
    ":1AA FJOIN #dev 1795229120 +nt :o,1AAAAAAAA:0\n";
constexpr std::string_view dave =
    ":3HY UID dave 1 1795229110 +i dave dave.host dave.host 192.0.2.2 3HYAAAAAA * :Dave\n"
    ":3HYAAAAAA JOIN 1795229120 #dev +\n";

struct Met : Bench {
  Met() {
    link_both();
    say(*home, std::string(carol));
    say(*away, std::string(dave));
    written(*home);
    written(*away);
  }
  std::string home_says(const std::string& line) {
    say(*home, line + "\n");
    return written(*away);
  }
  std::string away_says(const std::string& line) {
    say(*away, line + "\n");
    return written(*home);
  }
};

TEST_CASE("irc 9 services of hybrid give somebody a host or an account") {
  Met met;
  CHECK(met.away_says(":3HY SVSHOST 3HYAAAAAA 1795229110 hidden.example") ==
        ":9RBAAAAAA FHOST hidden.example\n");
  CHECK(met.away_says(":3HY SVSHOST 3HYAAAAAA 1795229110 hidden.example") == "");
  CHECK(met.away_says(":3HY SVSHOST 3HYAAAAAA 1795229109 of.another") == "");
  CHECK(met.away_says(":3HY SVSACCOUNT 3HYAAAAAA 1795229110 david") ==
        ":9RB METADATA 9RBAAAAAA accountname :david/away\n");
  CHECK(met.away_says(":3HY SVSACCOUNT 3HYAAAAAA 1795229110 *") ==
        ":9RB METADATA 9RBAAAAAA accountname :\n");
  SECTION("of ours as well: that is theirs to say, and goes nowhere") {
    CHECK(met.away_says(":3HY SVSHOST 9RAAAAAAA 1795229253 vhost.example") == "");
    CHECK(met.written(*met.away) == "");
    CHECK_FALSE(has(met.away->log_, "dropped"));
    const Network& model = met.side("away").model();
    CHECK(model.user(model.find_nick("carol|home")).texts.get(UserText::shown_host) ==
          "vhost.example");
  }
}

TEST_CASE("irc 9 where no line changes a host somebody quits and is back in his channels") {
  Met met;
  CHECK(met.home_says(":1AAAAAAAA FHOST hidden.example") ==
        ":9RAAAAAAA QUIT :Changing host\n"
        ":9RA UID carol|home 2 1795229253 +i carol hidden.example hidden.example 0 9RAAAAAAB * "
        ":Carol C\n:9RA SJOIN 1795229120 #dev + :@9RAAAAAAB\n");
  met.home_says(":1AAAAAAAA PRIVMSG #dev :still me");
  SECTION("not many times in a short while") {
    CHECK(met.home_says(":1AAAAAAAA FNAME :C") == "");
    CHECK(met.home_says(":1AAAAAAAA FIDENT caro") == "");
    met.clock.seconds += 9;
    met.away->pass(2s);
    CHECK(met.settled(*met.away) == "");
    met.clock.seconds += 1;
    met.away->pass(2s);
    const std::string back = met.settled(*met.away);
    CHECK(has(back, ":9RAAAAAAB QUIT :Changing user name\n"));
    CHECK(has(back, " +i caro hidden.example hidden.example 0 9RAAAAAAC * :C\n"));
    met.clock.seconds += 60;
    met.away->pass(2s);
    CHECK(met.settled(*met.away) == "");
  }
  SECTION("nor when it is as it was") {
    met.home_says(":1AAAAAAAA FNAME :C");
    met.home_says(":1AAAAAAAA FNAME :Carol C");
    met.clock.seconds += 10;
    met.away->pass(2s);
    CHECK(met.settled(*met.away) == "");
  }
}

TEST_CASE("irc 9 a host is hidden at once, whatever else has changed just now") {
  Met met;
  CHECK(has(met.home_says(":1AAAAAAAA FNAME :C"), ":9RAAAAAAA QUIT :Changing real name\n"));
  CHECK(has(met.home_says(":1AAAAAAAA FHOST hidden.example"), ":9RAAAAAAB QUIT :Changing host\n"));
  CHECK(met.home_says(":1AAAAAAAA FHOST another.example") == "");
  CHECK(met.home_says(":1AAAAAAAA FNAME :D") == "");
}

TEST_CASE("irc 9 a channel that only he was in is again as it was") {
  Met met;
  met.away_says(":3HYAAAAAA PART #dev :bye");
  met.written(*met.away);
  const std::string back = met.home_says(":1AAAAAAAA FHOST hidden.example");
  CHECK(back.ends_with(":9RA SJOIN 1795229120 #dev + :@9RAAAAAAB\n"
                       ":9RA TMODE 1795229120 #dev +tn\n"));
}

TEST_CASE("irc 9 whose new host is banned there stays out, and who was in behind a closed door "
          "stays in") {
  Met met;
  met.home_says(":1AAAAAAAA FMODE #dev 1795229120 +b *!*@hidden.example");
  CHECK_FALSE(has(met.home_says(":1AAAAAAAA FHOST hidden.example"), "SJOIN"));
  CHECK(has(met.away->log_ + met.home->log_, "irc.kept_out"));
  met.clock.seconds += 10;
  // A door that is closed there alone.
  met.side("away").model().set_mode(met.side("away").model().find_channel("#dev"),
                                    {true, Mode::invite_only, 'i', {}});
  Met other;
  other.side("away").model().set_mode(other.side("away").model().find_channel("#dev"),
                                      {true, Mode::invite_only, 'i', {}});
  CHECK(has(other.home_says(":1AAAAAAAA FHOST new.example"), ":9RA SJOIN "));
}

TEST_CASE("irc 9 who is in no channel there and talks to somebody stays there") {
  Met met;
  met.say(*met.home, ":1AA UID 1AAAAAAAB 1795229100 erin h h erin 192.0.2.1 1795229100 + :E\n"
                     ":1AAAAAAAB PRIVMSG 9RBAAAAAA :psst\n");
  met.written(*met.away);
  CHECK(met.home_says(":1AAAAAAAB FHOST hidden.example") ==
        ":9RAAAAAAB QUIT :Changing host\n:9RA UID erin|home 2 1795229253 + erin hidden.example "
        "hidden.example 0 9RAAAAAAC * :E\n");
}

// What a dialect reads of a line, and what it says of the same of one of ours.
std::string shown(const NetworkEvent& event) {
  const auto* one = std::get_if<UserTextChanged>(&event);
  if (one == nullptr) return "none";
  const std::string_view names[] = {"account", "shown_host", "host", "ident", "realname"};
  return std::string(one->who.id) + " " + std::string(names[static_cast<int>(one->what)]) + "=" +
         std::string(one->value) +
         (one->real_host.empty() ? "" : " real=" + std::string(one->real_host));
}

std::string heard(DialectKind kind, const std::string& text) {
  const auto dialect = make_dialect(kind, {});
  Line line;
  CHECK(parse_line(text, limits::parameters_max, line));
  return shown(dialect->read(line));
}

TEST_CASE("irc 9 changes of a person, as each network tells of them") {
  using enum DialectKind;
  CHECK(heard(inspircd, ":1AAAAAAAA FHOST h.example") == "1AAAAAAAA shown_host=h.example");
  CHECK(heard(inspircd, ":1AAAAAAAA FHOST h.example *") == "1AAAAAAAA shown_host=h.example");
  CHECK(heard(inspircd, ":1AAAAAAAA FHOST * r.example") == "1AAAAAAAA shown_host= real=r.example");
  CHECK(heard(inspircd, ":1AAAAAAAA FHOST h.example r.example") ==
        "1AAAAAAAA shown_host=h.example real=r.example");
  CHECK(heard(inspircd, ":1AAAAAAAA FHOST * *") == "none");
  CHECK(heard(inspircd, ":1AAAAAAAA FIDENT x") == "1AAAAAAAA ident=x");
  CHECK(heard(inspircd, ":1AAAAAAAA FIDENT x real") == "1AAAAAAAA ident=x");
  CHECK(heard(inspircd, ":1AAAAAAAA FIDENT x *") == "1AAAAAAAA ident=x");
  CHECK(heard(inspircd, ":1AAAAAAAA FIDENT * real") == "none");
  CHECK(heard(inspircd, ":1AAAAAAAA FNAME :New Name") == "1AAAAAAAA realname=New Name");
  CHECK(heard(inspircd, ":1AA FNAME") == "none");
  CHECK(heard(solanum, ":1SV ENCAP * CHGHOST 3HYAAAAAA h.example") ==
        "3HYAAAAAA shown_host=h.example");
  CHECK(heard(solanum, ":1SV CHGHOST 3HYAAAAAA h.example") == "3HYAAAAAA shown_host=h.example");
  CHECK(heard(hybrid, ":1SV SVSHOST 3HYAAAAAA 1795229110 h") == "3HYAAAAAA shown_host=h");
  CHECK(heard(ngircd, ":ng METADATA dave host :h") == "dave host=h");
  CHECK(heard(ngircd, ":ng METADATA dave cloakhost :h") == "dave shown_host=h");
  CHECK(heard(ngircd, ":ng METADATA dave user :u") == "dave ident=u");
  CHECK(heard(ngircd, ":ng METADATA dave info :New Name") == "dave realname=New Name");
  CHECK(heard(ngircd, ":ng METADATA dave certfp :x") == "none");
}

TEST_CASE("irc 9 changes of one of ours, in the words of each") {
  using What = UserTextChanged::What;
  const auto said = [](DialectKind kind, What what) {
    std::string out;
    make_dialect(kind, {})->write(
        UserTextChanged{{"9RA", "home.node"}, {"9RAAAAAAA", "carol|home"}, what, "new"}, out);
    return out;
  };
  using enum DialectKind;
  CHECK(said(inspircd, What::shown_host) == ":9RAAAAAAA FHOST new\r\n");
  CHECK(said(inspircd, What::ident) == ":9RAAAAAAA FIDENT new\r\n");
  CHECK(said(inspircd, What::realname) == ":9RAAAAAAA FNAME :new\r\n");
  CHECK(said(solanum, What::shown_host) == ":9RA ENCAP * CHGHOST 9RAAAAAAA new\r\n");
  for (const DialectKind kind : {solanum, hybrid, irc2, ngircd}) {   // ngircd: without METADATA
    CHECK(said(kind, What::ident) == "");
    CHECK(said(kind, What::realname) == "");
  }
}

TEST_CASE("irc 5 ngIRCd is told of hosts, user names and real names, and tells of them") {
  Bench bench(DialectKind::inspircd, DialectKind::ngircd);
  bench.link_home();
  auto& away = bench.dial("away");
  const std::string ng = ":hyb.away.example ";
  away.feed("PASS from-away 0210-IRC+ ngIRCd|26.1:CLMSX PZ\n" + ng +
            "SERVER hyb.away.example 1 :ng\n" + ng + "NICK dave 1 ~dave dave.host 1 + :Dave\n" +
            ng + "NJOIN #dev :@dave\n" + ng + "PING :hyb.away.example\n" + ng +
            "PONG hyb.away.example :node.a.example\n");
  bench.settle(away, bench.home.get());
  bench.say(*bench.home, std::string(carol));
  bench.written(*bench.home);
  bench.written(away);
  const auto home_says = [&](const std::string& line) {
    bench.say(*bench.home, line + "\n");
    return bench.written(away);
  };
  const std::string told = ":home.node.a.example METADATA caro|home ";   // nine signs
  CHECK(home_says(":1AAAAAAAA FHOST hidden.example") == told + "host :hidden.example\n");
  CHECK(home_says(":1AAAAAAAA FIDENT caro") == told + "user :caro\n");
  CHECK(home_says(":1AAAAAAAA FNAME :New Name") == told + "info :New Name\n");
  const auto away_says = [&](const std::string& line) {
    bench.say(away, ng + line + "\n");
    return bench.written(*bench.home);
  };
  CHECK(away_says("METADATA dave host :new.host") == ":9RBAAAAAA FHOST new.host\n");
  CHECK(away_says("METADATA dave cloakhost :cloak") == ":9RBAAAAAA FHOST cloak\n");
  CHECK(away_says("METADATA dave host :other.host") == "");   // it is not what is shown
  CHECK(away_says("METADATA dave info :D") == ":9RBAAAAAA FNAME :D\n");
}

TEST_CASE("irc 4.2 solanum says nick, user name, host and account at once") {
  Bench bench(DialectKind::inspircd, DialectKind::solanum);
  bench.link_home();
  auto& away = bench.dial("away");
  away.feed("PASS from-away TS 6 :3HY\nCAPAB :QS EX IE ENCAP EUID TB EOPMOD SAVE\n"
            "SERVER hyb.away.example 1 :sol\nSVINFO 6 6 0 :" +
            std::to_string(bench.clock.seconds) +
            "\n:3HY EUID dave 1 1795229110 +i dave h 192.0.2.2 3HYAAAAAA * * :Dave\n"
            ":3HY SJOIN 1795229120 #dev + :3HYAAAAAA\n:3HY PONG hyb.away.example :9RL\n");
  bench.settle(away, bench.home.get());
  bench.say(away, ":3HYAAAAAA SIGNON david dav user.example 1795229150 david\n");
  const std::string back = bench.written(*bench.home);
  CHECK(has(back, ":9RBAAAAAA NICK david/away "));
  CHECK(has(back, ":9RBAAAAAA FHOST user.example\n:9RBAAAAAA FIDENT dav\n"
                  ":9RB METADATA 9RBAAAAAA accountname :david/away\n"));
  bench.say(away, ":3HYAAAAAA SIGNON david dav user.example 1795229150 0\n");
  CHECK(has(bench.written(*bench.home), " accountname :\n"));
  bench.say(*bench.home, std::string(carol) + ":1AAAAAAAA FHOST hidden.example\n");
  CHECK(has(bench.written(away), "\n:9RA CHGHOST 9RAAAAAAA hidden.example\n"));
}

}  // namespace
}  // namespace hanse::irc
