// SPDX-License-Identifier: Apache-2.0
// What operators are shown of the networks, and the configuration for the other side.
#include "protocols/irc/views.h"

#include "protocols/irc/outbound.h"
#include "tests/catch.h"
#include "tests/unit/protocols/irc/irc_bench.h"

namespace hanse::irc {
namespace {

using test::Bench;

bool has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

std::string text(const StateCell& cell) {
  if (const auto* number = std::get_if<std::int64_t>(&cell)) return std::to_string(*number);
  return std::get<std::string>(cell);
}

std::string lines(const StatePage& page) {
  std::string out;
  for (const StateRow& row : page.rows) {
    for (const StateCell& cell : row) out += text(cell) + "|";
    out += "\n";
  }
  return out;
}

struct Met : Bench {
  Met() {
    link_both();
    say(*home, ":1AA UID 1AAAAAAAA 1795229100 carol real.host shown.host ~carol 192.0.2.1 "
               "1795229100 +i :Carol C\n"
               ":1AA FJOIN #dev 1795229120 +ntk sesame :o,1AAAAAAAA:0\n"
               ":1AA FJOIN #own 1795229120 +n :,1AAAAAAAA:0\n"
               ":1AAAAAAAA FTOPIC #dev 1795229120 1795229121 :what we do\n");
  }
};

TEST_CASE("irc views: networks, users and channels, on every side") {
  Met met;
  met.written(*met.away);
  CHECK(lines(view_page(*met.hub, "networks", 0, 10)) ==
        "home|linked|insp.home.example|127.0.0.1:7100|inspircd|3|1|2|0|0||\n"
        "away|linked|hyb.away.example|127.0.0.1:7100|hybrid|3|1|1|0|0||\n");
  CHECK(lines(view_page(*met.hub, "users", 0, 10)) ==
        "home|carol|~carol@shown.host|insp.home.example|||#dev #own|\n"
        "away|carol|home|carol@shown.host|home.node.a.example|||#dev|\n");
  CHECK(lines(view_page(*met.hub, "channels", 0, 10)) ==
        "home|#dev|dev|1|+ktn|what we do|\n"
        "home|#own||1|+n||\n"
        "away|#dev|dev|1|+knt|what we do|\n");
  CHECK(lines(view_page(*met.hub, "nonsense", 0, 10)).empty());
  for (const StateView& view : views()) {
    INFO(view.name);
    for (const StateRow& row : view_page(*met.hub, view.name, 0, 10).rows)
      CHECK(row.size() == view.columns.size());
  }
}

TEST_CASE("irc views: a list comes in parts of any size, nothing twice and nothing left out") {
  Met met;
  for (int number = 0; number < 300; ++number) {
    const std::string uid = "1AAAAA" + std::to_string(100 + number);
    met.say(*met.home, ":1AA UID " + uid + " 1795229100 u" + std::to_string(number) +
                           " h h i 192.0.2.1 1795229100 + :U\n");
    if (number % 3 == 0) met.say(*met.home, ":" + uid + " QUIT :x\n");
  }
  const std::string whole = lines(view_page(*met.hub, "users", 0, 1000));
  for (const std::size_t most : {1u, 2u, 7u, 201u, 202u}) {
    std::string got;
    std::size_t from = 0, parts = 0;
    do {
      const StatePage page = view_page(*met.hub, "users", from, most);
      CHECK(page.rows.size() <= most);
      got += lines(page);
      from = page.next;
      REQUIRE(++parts < 1000);
    } while (from != 0);
    CHECK(got == whole);
  }
  met.away->event(Closed{false, "gone"});
  CHECK(has(lines(view_page(*met.hub, "networks", 0, 10)),
            "away|down|hyb.away.example|||0|0|0|0|"));
  CHECK_FALSE(has(lines(view_page(*met.hub, "users", 0, 1000)), "away|"));
}

TEST_CASE("irc explain: a channel on all its networks") {
  Met met;
  met.say(*met.home, ":1AAAAAAAA FMODE #dev 1795229120 +b x!*@*\n");
  const auto told = explain_channel(*met.hub, "#Dev");
  REQUIRE(told.size() >= 3);
  CHECK(told[0] == "junction dev: #dev%home #dev%away");
  CHECK(has(told[1], "home (insp.home.example at 127.0.0.1:7100, inspircd): linked; 1 members, of "
                     "whom 0 are"));
  CHECK(has(told[1], "; +ktn; 1 bans"));
  CHECK_FALSE(has(told[1], "sesame"));
  CHECK(has(told[2], "netbuffersize=\"65534\""));
  CHECK(has(told[3], "away (hyb.away.example at 127.0.0.1:7100, hybrid): linked; 1 members, of "
                     "whom 1 are"));
  met.away->event(Closed{false, "gone"});
  const auto down = explain_channel(*met.hub, "#dev");
  REQUIRE(down.size() > 1);
  CHECK(down[down.size() - 2] ==
        "away (hyb.away.example): down; what is said elsewhere is lost for it");
  CHECK(has(down.back(), "away: 2026-"));
  CHECK(has(down.back(), ": the connection is gone: gone"));
  CHECK(explain_channel(*met.hub, "away") == std::vector(down.end() - 2, down.end()));
  const auto own = explain_channel(*met.hub, "#own%home");
  REQUIRE(own.size() == 2);
  CHECK(own[1] == "#own%home is in no [junction]: it is not relayed");
  CHECK(explain_channel(*met.hub, "#none") ==
        std::vector<std::string>{"no channel #none here: in no [junction], and nobody in it"});
  CHECK(has(explain_channel(*met.hub, "home").front(), "home (insp.home.example at "));
  CHECK(explain_channel(*met.hub, "nobody").empty());
}

TEST_CASE("irc explain: a network that nobody calls, and what is lost for it") {
  Bench bench;
  for (NetworkSettings& one : bench.settings->networks) one.late_seconds = 3600;
  bench.settings->networks[1].autoconnect = false;
  bench.hub = std::make_shared<Hub>(bench.settings);
  CHECK(explain_channel(*bench.hub, "home") ==
        std::vector<std::string>{"home (insp.home.example): down; what is said elsewhere waits "
                                 "for it, 60 minutes at most"});
  CHECK(explain_channel(*bench.hub, "away") ==
        std::vector<std::string>{"away (hyb.away.example): down; not called: autoconnect is off, "
                                 "hanse link retry away links it once; what is said elsewhere is "
                                 "lost for it"});
  CHECK(lines(view_page(*bench.hub, "networks", 0, 10)) ==
        "home|down|insp.home.example|||0|0|0|0|0||\n"
        "away|down|hyb.away.example|||0|0|0|0|0|not called: autoconnect is off|\n");
  bench.link_away();
  CHECK(lines(view_page(*bench.hub, "networks", 1, 1)).ends_with("|0||\n"));
}

TEST_CASE("irc explain: what is set at home and has no letter there") {
  Bench bench(DialectKind::hybrid, DialectKind::solanum);
  auto& home = bench.dial("home");
  bench.say(home, "PASS from-home\nCAPAB :ENCAP EOB\nSERVER insp.home.example 1 1HY + :h\n"
                  ":1HY SVINFO 6 6 0 :1795229193\n:1HY EOB\n");
  auto& away = bench.dial("away");
  bench.say(away, "PASS from-away TS 6 :3HY\nCAPAB :ENCAP EUID\nSERVER hyb.away.example 1 :h\n"
                  "SVINFO 6 6 0 :1795229193\n:3HY PONG hyb.away.example :9RL\n");
  bench.say(home, ":1HY UID c 1 1795229100 + c h h 0 1HYAAAAAA * :C\n"
                  ":1HY SJOIN 1795229120 #dev +Mc :1HYAAAAAA\n");
  bool seen = false;
  for (const std::string& line : explain_channel(*bench.hub, "#dev"))
    seen = seen || line == "+Mc of home has no counterpart on away";
  CHECK(seen);
}

// ---- the configuration of the other side ----

std::string block(const IrcSettings& settings, std::string software, std::string peer,
                  bool passwords, std::string fingerprint = "ab12") {
  PeerConfigWish wish{std::move(software), std::move(peer), passwords,
                      [fingerprint](std::string_view) { return fingerprint; }};
  const Result<std::string> text = write_peer_config(settings, wish);
  return text ? *text : "refused: " + text.error().what;
}

TEST_CASE("irc export: a block for each software, passwords named and shown only when asked") {
  test::HandClock clock;
  auto settings = test::two_networks(clock, DialectKind::inspircd, DialectKind::hybrid);
  settings->plain_listen = "127.0.0.1:7000";
  settings->tls_listen = "[::]:7001";
  const std::string insp = block(*settings, "inspircd", "", false);
  CHECK(has(insp, "<link name=\"node.a.example\" ipaddr=\"127.0.0.1\" port=\"7000\" "
                  "allowmask=\"127.0.0.0/8\"\n"));
  CHECK(has(insp, "sendpass=\"(receive_password-of-irc.network.home)\""));
  CHECK(has(insp, "netbuffersize=\"65534\""));
  CHECK_FALSE(has(insp, "to-home"));
  CHECK_FALSE(has(insp, "autoconnect"));      // we call it
  CHECK_FALSE(has(insp, "fingerprint"));      // no TLS
  const std::string shown = block(*settings, "inspircd", "home", true);
  CHECK(has(shown, "sendpass=\"from-home\" recvpass=\"to-home\""));
  const std::string hybrid = block(*settings, "hybrid", "hyb.away.example", true);
  CHECK(has(hybrid, "send_password = \"from-away\";\n  accept_password = \"to-away\";"));
  CHECK(has(hybrid, "hub_mask = \"*\";"));
  settings->networks[1].dialect = DialectKind::ngircd;
  const std::string ng = block(*settings, "ngircd", "", true);
  CHECK(has(ng, "MyPassword = to-away\nPeerPassword = from-away\nPassive = yes\n"));
  settings->networks[1].places.clear();      // it calls us, by TLS
  settings->networks[1].tls = LinkTls::pin;
  CHECK(has(block(*settings, "ngircd", "", true),
            "Host = node.a.example\nPort = 7001\nSSLConnect = yes\n"));
  settings->networks[1].dialect = DialectKind::solanum;
  const std::string solanum = block(*settings, "solanum", "", true);
  CHECK(has(solanum, "connect \"node.a.example\" {\n  host = \"node.a.example\";\n  port = 7001;\n"
                     "  send_password = \"from-away\";\n  accept_password = \"to-away\";\n"));
  CHECK(has(solanum, "flags = topicburst, ssl, autoconn;\n"));
  CHECK(has(solanum, "fingerprint = \"ab12\";\n"));
  CHECK(has(solanum, "hub_mask = \"*\";"));
  settings->networks[1].dialect = DialectKind::automatic;
  CHECK(has(block(*settings, "hybrid", "away", false),
            "flags = autoconn, tls;\n  tls_certificate_fingerprint = \"ab12\";"));
  CHECK(has(block(*settings, "inspircd", "away", false),
            "sslprofile=\"s2s\"\n      fingerprint=\"ab12\">\n<autoconnect period=\"60\""));
  CHECK(has(block(*settings, "hybrid", "away", false, ""), "has no certificate yet"));
}

TEST_CASE("irc export: it has to be clear for which network, and nothing breaks a quote") {
  test::HandClock clock;
  auto settings = test::two_networks(clock, DialectKind::inspircd, DialectKind::inspircd);
  CHECK(block(*settings, "inspircd", "", true) == "refused: which one: home away");
  CHECK(block(*settings, "hybrid", "", true) ==
        "refused: no [irc.network] has the dialect hybrid");
  CHECK(block(*settings, "hybrid", "home", true) ==
        "refused: [irc.network.home] has another dialect");
  CHECK(block(*settings, "inspircd", "nobody", true) == "refused: no [irc.network.nobody]");
  settings->networks[0].send_password = std::string("a\"b>");
  CHECK(has(block(*settings, "inspircd", "home", true),
            "recvpass=\"(send_password-of-irc.network.home)\""));
}

TEST_CASE("irc probe: a look ends before our password goes out") {
  Bench bench;
  OutboundContext context;
  context.lane = "away";
  context.look_only = true;
  hanse::test::EngineBench look(std::make_unique<Outbound>(context, bench.hub));
  look.event(Opened{"127.0.0.1", "127.0.0.1", 7200});
  CHECK(bench.written(look) == "");
  CHECK(look.log_.find("irc.look") != std::string::npos);
  CHECK(bench.side("away").phase() == Side::Phase::down);
  look.event(Drain{});
  CHECK(bench.written(look) == "");
  CHECK(look.log_.find("irc.end") == std::string::npos);
}

}  // namespace
}  // namespace hanse::irc
