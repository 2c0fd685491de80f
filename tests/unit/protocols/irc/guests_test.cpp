// SPDX-License-Identifier: Apache-2.0
// How long puppets stay, who sends them away, and how they get in.
#include "protocols/irc/views.h"
#include "tests/catch.h"
#include "tests/unit/protocols/irc/irc_bench.h"

namespace hanse::irc {
namespace {

using test::Bench;
using namespace std::chrono_literals;

bool has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

constexpr std::string_view carol =
    ":1AA UID 1AAAAAAAA 1795229100 carol h h carol 192.0.2.1 1795229100 + :Carol\n"
    ":1AA FJOIN #dev 1795229120 +nt :o,1AAAAAAAA:0\n";
constexpr std::string_view erin =
    ":1AA UID 1AAAAAAAB 1795229100 erin h h erin 192.0.2.1 1795229100 + :Erin\n";
constexpr std::string_view dave =
    ":3HY UID dave 1 1795229110 +i dave h h 192.0.2.2 3HYAAAAAA * :Dave\n"
    ":3HYAAAAAA JOIN 1795229120 #dev +\n";

struct Met : Bench {
  Met() {
    link_both();
    say(*home, std::string(carol) + std::string(erin));
    say(*away, std::string(dave));
    written(*home);
    written(*away);
  }
  std::string later(hanse::test::EngineBench& link, std::int64_t seconds) {
    clock.seconds += seconds;
    link.pass(2s);
    return settled(link);
  }
};

const std::string kill = ":3HYAAAAAA KILL 9RAAAAAAA :hyb.away.example!dave (go away)\n";

TEST_CASE("irc 9 who was killed is in his channels again after a minute, and seen by the log") {
  Met met;
  met.say(*met.away, kill);
  CHECK(has(met.away->log_,
            "irc.killed carol|home on away, thrown out by dave (go away): stays away"));
  CHECK(met.later(*met.away, 59) == "");
  const std::string back = met.later(*met.away, 1);
  CHECK(has(back, ":9RA UID carol|home 2 "));   // nobody wanted the name, and bans go by it
  CHECK(has(back, ":9RA SJOIN 1795229120 #dev + :@9RAAAAAAB\n"));
  CHECK(met.later(*met.away, 60) == "");
  SECTION("and is heard there") {
    met.say(*met.home, ":1AAAAAAAA PRIVMSG #dev :I am\n");
    CHECK(met.written(*met.away) == ":9RAAAAAAB PRIVMSG #dev :I am\n");
  }
  SECTION("twice more: not again") {
    met.say(*met.away, ":3HYAAAAAA KILL 9RAAAAAAB :hyb.away.example!dave (go)\n");
    CHECK(has(met.later(*met.away, 60), ":@9RAAAAAAC"));
    met.say(*met.away, ":3HYAAAAAA KILL 9RAAAAAAC :hyb.away.example!dave (go)\n");
    CHECK(has(met.away->log_, "irc.suspended carol|home on away"));
    CHECK(met.later(*met.away, 3599) == "");
    CHECK(has(met.later(*met.away, 1), ":9RA UID carol|home 2 "));   // it is forgotten
    met.say(*met.away, ":3HYAAAAAA KILL 9RAAAAAAD :hyb.away.example!dave (go)\n");
    CHECK(has(met.later(*met.away, 60), ":@9RAAAAAAE"));
  }
}

TEST_CASE("irc 9 who is kept away is seen, and heard of once when he speaks") {
  Met met;
  const auto explained = [&] {
    std::string out;
    for (const std::string& line : explain_channel(*met.hub, "#dev")) out += line + "\n";
    return out;
  };
  const auto times = [&](const std::string& word) {
    std::size_t count = 0;
    for (std::size_t at = met.home->log_.find(word); at != std::string::npos;
         at = met.home->log_.find(word, at + 1))
      ++count;
    return count;
  };
  CHECK_FALSE(has(explained(), "kept away"));
  for (const std::string last : {"A", "B", "C"}) {
    met.say(*met.away, ":3HYAAAAAA KILL 9RAAAAAA" + last + " :hyb.away.example!dave (go)\n");
    CHECK(has(explained(), "kept away from away: carol of home, thrown out "));
    met.say(*met.home, ":1AAAAAAAA PRIVMSG #dev :one\n:1AAAAAAAA PRIVMSG #dev :two\n");
    if (last == "C") break;
    met.later(*met.away, 60);
    CHECK_FALSE(has(explained(), "kept away"));
  }
  CHECK(has(explained(), "kept away from away: carol of home, thrown out 3 times (go), until "
                         "2026-11-21T03:48:33.000Z"));
  CHECK(times("irc.unheard carol of home is kept away from away until ") == 3);
  met.say(*met.home, ":1AAAAAAAA QUIT :x\n");
  CHECK_FALSE(has(explained(), "kept away"));
}

std::string collision(std::string_view uid) {
  return ":3HY KILL " + std::string(uid) + " :hyb.away.example (Nick collision (new))\n";
}

TEST_CASE("irc 9 a puppet that is thrown out") {
  Met met;
  SECTION("by a server, over its name: it takes another, and gives up in the end") {
    CHECK(met.say(*met.away, collision("9RAAAAAAA")).starts_with(":9RA UID carol||home 2 "));
    CHECK(met.say(*met.away, collision("9RAAAAAAB")) == "");   // not twice in a minute
    met.clock.seconds += 60;
    met.say(*met.home, ":1AAAAAAAA PRIVMSG #dev :back\n");
    CHECK(met.written(*met.away).find(":9RA UID carol|home|") != std::string::npos);
    CHECK(met.say(*met.away, collision("9RAAAAAAC")) == "");
    met.clock.seconds += 1000;
    met.say(*met.home, ":1AAAAAAAA PRIVMSG #dev :I am\n");
    CHECK(met.written(*met.away) == "");
  }
  SECTION("by a person: it is back after a minute") {
    met.say(*met.away, ":3HYAAAAAA KILL 9RAAAAAAA :hyb.away.example!dave (go away)\n");
    met.say(*met.home, ":1AAAAAAAA PRIVMSG #dev :I am\n");
    CHECK(met.written(*met.away) == "");
    met.clock.seconds += 60;
    met.say(*met.home, ":1AAAAAAAA PRIVMSG #dev :here\n");
    CHECK(met.written(*met.away).find("UID carol|home 2 ") != std::string::npos);
  }
  SECTION("who is killed and does not exist is nobody's business") {
    CHECK(met.say(*met.away, ":3HY KILL 9RAAAAAZZ :hyb.away.example (Unknown Client)\n") == "");
    CHECK(met.away->log_.find("dropped") == std::string::npos);
  }
}

TEST_CASE("irc 9 who was killed and speaks is there and in the channel first") {
  Met met;
  met.say(*met.away, kill);
  met.clock.seconds += 60;
  met.say(*met.home, ":1AAAAAAAA PRIVMSG #dev :here\n");
  const std::string there = met.written(*met.away);
  CHECK(has(there, ":9RA SJOIN 1795229120 #dev + :@9RAAAAAAB\n:9RAAAAAAB PRIVMSG #dev :here\n"));
}

TEST_CASE("irc 9 somebody in no channel is there for a minute after the last private word") {
  Met met;
  met.say(*met.home, ":1AAAAAAAB PRIVMSG 9RBAAAAAA :psst\n");
  CHECK(has(met.written(*met.away), ":9RAAAAAAB PRIVMSG 3HYAAAAAA :psst\n"));
  CHECK(met.later(*met.away, 59) == "");
  SECTION("his own") {
    met.say(*met.home, ":1AAAAAAAB PRIVMSG 9RBAAAAAA :hello?\n");
    CHECK(met.written(*met.away) == ":9RAAAAAAB PRIVMSG 3HYAAAAAA :hello?\n");
  }
  SECTION("or the answer") {
    met.say(*met.away, ":3HYAAAAAA PRIVMSG 9RAAAAAAB :yes?\n");
    CHECK(met.written(*met.home) == ":9RBAAAAAA PRIVMSG 1AAAAAAAB :yes?\n");
  }
  SECTION("unless he is in a channel by then") {
    met.say(*met.home, ":1AA FJOIN #dev 1795229120 + :,1AAAAAAAB:0\n");
    met.written(*met.away);
    CHECK(met.later(*met.away, 60) == "");
    return;
  }
  SECTION("also when he leaves the channel behind his words") {
    met.say(*met.home, ":1AA FJOIN #dev 1795229120 + :,1AAAAAAAB:0\n"
                       ":1AAAAAAAB PRIVMSG 9RBAAAAAA :bye\n:1AAAAAAAB PART #dev :x\n");
    CHECK(has(met.written(*met.away), ":9RAAAAAAB PART #dev :x\n"));
    CHECK(met.side("away").model().find_nick("erin|home") != no_id);
  }
  CHECK(met.later(*met.away, 59) == "");
  CHECK(met.later(*met.away, 1) == ":9RAAAAAAB QUIT :nothing was said for a while\n");
}

TEST_CASE("irc 9 somebody who speaks into a channel from outside is there for a minute after it") {
  Met met;
  met.say(*met.home, ":1AAAAAAAB PRIVMSG #dev :from outside\n");
  CHECK(has(met.written(*met.away), ":9RAAAAAAB PRIVMSG #dev :from outside\n"));
  CHECK(met.later(*met.away, 59) == "");
  CHECK(met.later(*met.away, 1) == ":9RAAAAAAB QUIT :nothing was said for a while\n");
}

TEST_CASE("irc 9 who was kept out goes in when nothing keeps him out any more") {
  struct Row {
    std::string closed, opened;
  };
  const Row row = GENERATE(Row{"+b *!*@h", "-b *!*@h"}, Row{"+i", "-i"},
                           Row{"+k sesame", "-k sesame"}, Row{"+b *!erin@h", "+e erin|home!*@*"},
                           Row{"+i", "+I erin|home!*@*"});
  Met met;
  const auto away_says = [&](const std::string& modes) {
    return met.say(*met.away, ":3HYAAAAAA TMODE 1795229120 #dev " + modes + "\n");
  };
  CAPTURE(row.closed, row.opened);
  // Only there: home has no say about who gets in.
  Network& home = met.side("home").model();
  away_says(row.closed);
  home.set_mode(home.find_channel("#dev"), {false, Mode::invite_only, 'i', {}});
  home.set_mode(home.find_channel("#dev"), {false, Mode::key, 'k', {}});
  met.say(*met.home, ":1AAAAAAAB IJOIN #dev 1\n");
  CHECK(has(met.home->log_, "irc.kept_out erin|home!erin@h may not enter #dev of away: "));
  met.say(*met.home, ":1AAAAAAAB PRIVMSG #dev :hear me\n");
  CHECK(met.written(*met.away) == "");
  SECTION("at once") {
    CHECK(has(away_says(row.opened), " SJOIN 1795229120 #dev + :9RAAAAAAB\n"));
  }
  SECTION("and before he speaks") {
    Network& away = met.side("away").model();
    away_says(row.opened);
    const UserId erin_there = away.find_nick("erin|home");
    REQUIRE(erin_there != no_id);
    away.part(erin_there, away.find_channel("#dev"));
    met.say(*met.home, ":1AAAAAAAB PRIVMSG #dev :hear me\n");
    CHECK(has(met.written(*met.away),
              " SJOIN 1795229120 #dev + :9RAAAAAAB\n:9RAAAAAAB PRIVMSG #dev :hear me\n"));
  }
}

TEST_CASE("irc 9 a ban on the name that was fought over keeps its bearer out under the next one") {
  Met met;
  met.say(*met.away, collision("9RAAAAAAA"));              // carol||home now
  met.say(*met.home, ":1AAAAAAAA PART #dev :x\n");
  met.say(*met.away, ":3HYAAAAAA TMODE 1795229120 #dev +b carol|home!*@*\n");
  met.written(*met.away);
  met.say(*met.home, ":1AAAAAAAA IJOIN #dev 1\n");
  CHECK(has(met.home->log_, "irc.kept_out carol||home!carol@h may not enter #dev of away: a ban"));
}

TEST_CASE("irc 7 REMOVE puts a puppet out, by who may") {
  Met met;
  const std::string remove = " ENCAP node.a.example REMOVE 9RBAAAAAA #dev :out\n";
  met.say(*met.home, ":1AAAAAAAB" + remove);                // not in it
  CHECK(met.written(*met.away) == "");
  CHECK(met.say(*met.home, ":1AAAAAAAA" + remove) ==
        ":9RBAAAAAA PART #dev :out\n:9RBAAAAAA QUIT :kicked\n");
  CHECK(met.written(*met.away) == ":9RAAAAAAA KICK #dev 3HYAAAAAA :out\n");
}

TEST_CASE("irc 9 the sign of requests is nowhere but at the ends of an action") {
  Met met;
  const auto said = [&](const std::string& text) {
    met.say(*met.home, ":1AAAAAAAA PRIVMSG #dev :" + text + "\n");
    return met.written(*met.away);
  };
  const std::string there = ":9RAAAAAAA PRIVMSG #dev :";
  CHECK(said("hi \x01" "VERSION\x01 x") == there + "hi  VERSION  x\n");
  CHECK(said("\x01" "ACTION waves\x01\x01" "DCC SEND f 1 2 3\x01") ==
        there + "\x01" "ACTION waves  DCC SEND f 1 2 3\x01\n");
  CHECK(said("\x01" "ACTION waves") == there + "\x01" "ACTION waves\x01\n");
  CHECK(said("\x01" "VERSION\x01") == "");
}

TEST_CASE("irc 9 what is said to those of a rank is for those of that rank there") {
  SECTION("where there are such messages") {
    Met met;
    met.say(*met.home, ":1AAAAAAAA PRIVMSG @#dev :ops only\n:1AAAAAAAA NOTICE +#dev :voices\n");
    CHECK(met.written(*met.away) ==
          ":9RAAAAAAA PRIVMSG @#dev :ops only\n:9RAAAAAAA NOTICE +#dev :voices\n");
    met.say(*met.home, ":1AAAAAAAA PRIVMSG @#other :x\n:1AAAAAAAA PRIVMSG @ :x\n");
    CHECK(met.written(*met.away) == "");
    met.say(*met.away, ":3HYAAAAAA PRIVMSG @#dev :and back\n");
    CHECK(met.written(*met.home) == ":9RBAAAAAA PRIVMSG @#dev :and back\n");
    met.say(*met.away, ":3HYAAAAAA PRIVMSG %#dev :home has no such rank\n");
    CHECK(met.written(*met.home) == "");
  }
  SECTION("and to nobody where there are none") {
    CHECK_FALSE(make_dialect(DialectKind::ngircd, {})->facts().status_messages);
    CHECK_FALSE(make_dialect(DialectKind::irc2, {})->facts().status_messages);
  }
}

TEST_CASE("irc 4.3 modes with a date that is none are refused") {
  Met met;
  for (const std::string line : {":1AAAAAAAA FMODE #dev 0 +s\n", ":1AA FMODE #dev 599 +s\n",
                                 ":1AA FMODE #dev x +b *!*@*\n"}) {
    CAPTURE(line);
    met.home->log_.clear();
    met.say(*met.home, line);
    CHECK(met.written(*met.away) == "");
    CHECK(has(met.home->log_, "irc.dropped modes with a channel timestamp that is no date"));
  }
  const Network& model = met.side("home").model();
  CHECK_FALSE(model.channel(model.find_channel("#dev")).has(Mode::secret));
  met.say(*met.home, ":1AAAAAAAA FMODE #dev 600 +s\n");
  CHECK(met.written(*met.away) == ":9RAAAAAAA TMODE 1795229120 #dev +s\n");
}

TEST_CASE("irc 7 an operator sends a network away, and the link stands") {
  Met met;
  CHECK(met.say(*met.away, ":3HYAAAAAA SQUIT 9RA :not here\n") == ":9RL SQUIT 9RA :not here\n");
  CHECK(met.side("away").linked());
  CHECK(has(met.away->log_, "irc.sent_away dave has sent home away from away (not here), for 10"));
  CHECK(met.side("away").model().find_nick("carol|home") == no_id);
  met.say(*met.away, ":3HYAAAAAA PRIVMSG #dev :hello\n");
  CHECK(met.written(*met.home) == ":9RBAAAAAA PRIVMSG #dev :hello\n");   // the others stay
  const std::string why = "nobody of home appears on away: its server was sent away";
  CHECK(has(explain_channel(*met.hub, "#dev").back(), why));
  SECTION("for a while") {
    met.away->pass(90s);
    CHECK(met.settled(*met.away) == "");
    met.clock.seconds += 600;
    met.away->pass(90s);
    met.settle(*met.away, met.home.get());
    CHECK(has(met.welcome, ":9RL SID home.node.a.example 2 9RA "));
    CHECK(has(met.welcome, ":9RA UID carol|home 2 "));
    CHECK_FALSE(has(explain_channel(*met.hub, "#dev").back(), "appears"));
  }
  SECTION("and by a new link as well") {
    met.away->event(Closed{false, "reset"});
    met.link_away();
    CHECK_FALSE(has(met.welcome, "home.node.a.example"));
  }
  SECTION("in the words of InspIRCd") {
    const std::string wish = ":1AAAAAAAA RSQUIT away.node.a.example :nor here\n";
    CHECK(met.say(*met.home, wish) == ":9RL SQUIT 9RB :nor here\n");
    met.say(*met.home, ":1AA SERVER leaf.home.example 1AB :leaf\n"
                       ":1AAAAAAAA RSQUIT leaf.home.example :its own affair\n");
    CHECK(met.side("home").model().find_server("1AB") != no_id);
  }
}

TEST_CASE("irc 9 a server id that is taken: the next free one of the range") {
  Bench bench;
  bench.link_away();
  SECTION("the id") {
    bench.say(*bench.away, ":3HY SID svc.away.example 2 9RA + :x\n");
    bench.link_home();
    CHECK(has(bench.meanwhile, ":9RL SID home.node.a.example 2 9RC "));   // 9RB is of away
    CHECK(has(bench.home->log_ + bench.away->log_, "irc.server_id another server of away has the "
                                                   "id 9RA: home.node.a.example takes 9RC"));
    bench.say(*bench.home, std::string(carol));
    CHECK(has(bench.written(*bench.away), ":9RC UID carol|home 2 "));
  }
  SECTION("all of them") {
    std::string all;
    for (const char sign : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")) {
      if (sign != 'L')
        all += std::string(":3HY SID ") + sign + ".away.example 2 9R" + sign + " + :x\n";
    }
    bench.say(*bench.away, all);
    bench.link_home();
    CHECK_FALSE(has(bench.meanwhile, "home.node.a.example"));
    CHECK(has(explain_channel(*bench.hub, "#dev").back(), "no server id of [irc] sid_range"));
  }
  SECTION("the name") {
    bench.say(*bench.away, ":3HY SID home.node.a.example 2 7AA + :x\n");
    bench.link_home();
    const std::string why =
        "nobody of home appears on away: a server called home.node.a.example is there already";
    CHECK(has(bench.home->log_ + bench.away->log_, "irc.no_server " + why));
    CHECK(explain_channel(*bench.hub, "#dev").back() == why);
    bench.away->log_.clear();
    bench.away->pass(90s);
    CHECK(bench.away->log_.empty());   // once is enough
  }
}

TEST_CASE("irc 9 an invitation reaches who is meant, on his own network") {
  Met met;
  met.say(*met.away, ":3HYAAAAAA PART #dev :bye\n:3HYAAAAAA PRIVMSG 9RAAAAAAA :let me in\n");
  CHECK(has(met.written(*met.home), ":9RBAAAAAB PRIVMSG 1AAAAAAAA :let me in\n"));
  const std::string invite = ":1AAAAAAAA INVITE 9RBAAAAAB #dev 1795229120\n";
  SECTION("there") {
    met.say(*met.away, ":3HY UID bob 1 1795229110 +i bob h h 192.0.2.2 3HYAAAAAB * :Bob\n"
                       ":3HYAAAAAB JOIN 1795229120 #dev +\n");
    met.written(*met.home);
    met.say(*met.home, invite);
    CHECK(met.written(*met.away) == ":9RAAAAAAA INVITE 3HYAAAAAA #dev 1795229120\n");
  }
  SECTION("not into a channel that is in no junction, nor by a date of another one") {
    met.say(*met.home, ":1AA FJOIN #own 1795229120 + :,1AAAAAAAA:0\n"
                       ":1AAAAAAAA INVITE 9RBAAAAAB #own 1795229120\n"
                       ":1AAAAAAAA INVITE 9RBAAAAAB #dev 1795229121\n");
    CHECK(met.written(*met.away) == "");
  }
  SECTION("in the words of those without ids") {
    std::string out;
    const Invited one{{"", "carol|home"}, {"", "dave"}, "#dev", 0};
    for (const DialectKind kind : {DialectKind::ngircd, DialectKind::irc2}) {
      const auto dialect = make_dialect(kind, {});
      Line line;
      REQUIRE(parse_line(":carol INVITE dave #dev", limits::parameters_max, line));
      const NetworkEvent read = dialect->read(line);
      CHECK(std::get<Invited>(read).channel == "#dev");
      CHECK(dialect->write(one, out));
    }
    CHECK(out == ":carol|home INVITE dave #dev\r\n:carol|home INVITE dave #dev\r\n");
  }
}

}  // namespace
}  // namespace hanse::irc
