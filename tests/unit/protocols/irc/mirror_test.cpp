// SPDX-License-Identifier: Apache-2.0
// What a peer may say, and what of it counts.
#include "tests/catch.h"
#include "tests/unit/protocols/irc/irc_bench.h"

namespace hanse::irc {
namespace {

using test::Bench;

constexpr std::string_view carol =
    ":1AA UID 1AAAAAAAA 1795229100 carol h h carol 192.0.2.1 1795229100 + :Carol\n"
    ":1AA FJOIN #dev 1795229120 +nt :o,1AAAAAAAA:0\n";
constexpr std::string_view dave =
    ":3HY UID dave 1 1795229110 +i dave h h 192.0.2.2 3HYAAAAAA * :Dave\n"
    ":3HY SJOIN 1795229120 #dev + :@3HYAAAAAA\n";

struct Met : Bench {
  Met() {
    link_both();
    say(*home, std::string(carol));
    say(*away, std::string(dave));
    written(*home);
    written(*away);
  }
};

TEST_CASE("irc 7 what speaks for the other side of the link is dropped and counted") {
  const std::string table[] = {
      ":9RBAAAAAA PRIVMSG #dev :I am a puppet of yours",
      ":9RB SQUIT 1AA :x",
      ":9RL FJOIN #dev 1795229120 + :,1AAAAAAAA",
      ":9RBAAAAAA QUIT :x",
      ":9RBAAAAAA NICK x 1795229190",
      ":9RL KILL 1AAAAAAAA :x",
      ":9RBAAAAAA KICK #dev 1AAAAAAAA :x",
      ":9RB FTOPIC #dev 1795229120 1795229190 x :x",
      ":9RL FMODE #dev 1795229120 +o 9RBAAAAAA",
      ":7ZZAAAAAA PRIVMSG #dev :nobody knows me",
      ":7ZZ UID 7ZZAAAAAA 1795229100 x h h x 192.0.2.1 1795229100 + :X",
      ":1AAAAAAAA FOOBAR x",
      ":1AAAAAAAA PART #elsewhere :x",
      ":1AAAAAAAA KICK #dev 1AAAAAZZZ :x",
  };
  for (const std::string& line : table) {
    CAPTURE(line);
    Met met;
    CHECK(met.say(*met.home, line + "\n") == "");
    CHECK(met.written(*met.away) == "");
    CHECK(met.home->log_.find("irc.dropped") != std::string::npos);
    CHECK(met.side("home").linked());
    CHECK(met.side("home").model().users() == 2);
  }
}

TEST_CASE("irc 7 a link that is ended by its operator says so, and not that the server goes down") {
  Met met;
  met.home->event(Drain{});
  CHECK(met.written(*met.home).ends_with("ERROR :ended by the operator of node.a.example\n"));
  CHECK(met.side("home").trouble().what == "ended by the operator of node.a.example");
}

TEST_CASE("irc 3.2 a clock that is out, and not so much that the link ends, is told of") {
  for (const std::int64_t apart : {-16, 0, 15, 16, 60}) {
    Bench bench;
    auto& link = bench.dial("home");
    bench.say(link, test::inspircd_capabilities + "SERVER insp.home.example from-home 0 1AA :x\n");
    link.feed(":1AA BURST " + std::to_string(bench.clock.seconds + apart) + "\n:1AA ENDBURST\n");
    CHECK(bench.side("home").linked());
    const bool is_told = link.log_.find("irc.clock home: its clock and ours are more than 15 s "
                                        "apart") != std::string::npos;
    CHECK(is_told == (apart < -15 || apart > 15));
  }
}

TEST_CASE("irc 7 who goes on with that is cut off") {
  Met met;
  std::string many;
  for (int count = 0; count < 21; ++count) many += ":9RBAAAAAA PRIVMSG #dev :x\n";
  CHECK(met.say(*met.home, many) == "ERROR :too many lines that must not be\n");
  CHECK(met.written(*met.away) == ":9RL SQUIT 9RA :too many lines that must not be\n");
}

TEST_CASE("irc 7 what ends a link at once") {
  const std::pair<std::string, std::string> table[] = {
      {":1AA SQUIT 9RL :x", "SQUIT of a server on our side"},
      {":1AA UID 9RLAAAAAA 1795229100 x h h x 192.0.2.1 1795229100 + :X",
       "a UID of another server"},
      {":1AA UID 1AA 1795229100 x h h x 192.0.2.1 1795229100 + :X", "a UID of another server"},
      {":1AA UID 1AAAAAAAA 1795229100 x h h x 192.0.2.1 1795229100 + :X", "a UID twice"},
      {":1AA SERVER node.a.example 1AB :me too",
       "a server of that name or id exists, or there are too many"},
      {":1AA SERVER other.home.example 9RB :me too",
       "a server of that name or id exists, or there are too many"},
      {":1AA SERVER other.home.example x :no id", "no server id"},
  };
  for (const auto& [line, why] : table) {
    CAPTURE(line);
    Met met;
    CHECK(met.say(*met.home, line + "\n") == "ERROR :" + why + "\n");
    CHECK(met.home->hung_up_ == 1);
    CHECK(met.written(*met.away) == ":9RL SQUIT 9RA :" + why + "\n");
  }
}

TEST_CASE("irc 5 missing parameters are no reason to fall over") {
  for (const std::string_view command :
       {"UID", "FJOIN", "IJOIN", "FMODE", "FTOPIC", "PRIVMSG", "NOTICE", "NICK", "PART", "KICK",
        "KILL", "SAVE", "INVITE", "RSQUIT",
        "METADATA", "FHOST", "SQUIT", "PING", "PONG", "SERVER", "AWAY",
        "ENDBURST", "SINFO", "TAGMSG", "EUID", "SID", "SJOIN", "JOIN", "TMODE", "BMASK", "EBMASK",
        "TBURST", "ETB", "TB", "ENCAP", "EOB", "TOPIC", "SVINFO"}) {
    for (const std::string_view rest : {"", " x", " x x", " x x x", " :", " x :", " 0 0 0 :"}) {
      for (const std::string_view source : {"", ":1AA ", ":1AAAAAAAA ", ":3HY ", ":3HYAAAAAA "}) {
        Met met;
        const std::string line = std::string(source) + std::string(command) + std::string(rest);
        CAPTURE(line);
        met.say(*met.home, line + "\n");
        met.say(*met.away, line + "\n");
        const std::string out = met.written(*met.home) + met.written(*met.away);
        CHECK(out.find('\r') == std::string::npos);
      }
    }
  }
}

TEST_CASE("irc 4.3 channel timestamps") {
  Met met;
  Side& home = met.side("home");
  const ChannelId channel = home.model().find_channel("#dev");
  const auto status = [&](std::string_view nick) {
    return home.model().membership(home.model().find_nick(nick), channel)->status;
  };
  CHECK(status("carol") == rank_bit(Mode::op));
  const std::string erin =
      ":1AA UID 1AAAAAAAB 1795229100 erin h h erin 192.0.2.1 1795229100 + :E\n:1AA FJOIN #dev ";
  SECTION("an older channel takes all ranks away") {
    met.say(*met.home, erin + "1795229000 + :o,1AAAAAAAB:0\n");
    CHECK(status("carol") == 0);
    CHECK(status("erin") == rank_bit(Mode::op));
    CHECK(home.model().channel(channel).timestamp == 1795229000);
  }
  SECTION("a younger one brings none") {
    met.say(*met.home, erin + "1795229190 + :o,1AAAAAAAB:0\n");
    CHECK(status("erin") == 0);
    CHECK(status("carol") == rank_bit(Mode::op));
  }
  SECTION("one that is no date brings none, and is told of") {
    for (const std::string_view date : {"0", "599", "9999999999", "-1", "x"}) {
      met.say(*met.home, erin + std::string(date) + " + :o,1AAAAAAAB:0\n");
      CHECK(status("erin") == 0);
      CHECK(status("carol") == rank_bit(Mode::op));
      CHECK(home.model().channel(channel).timestamp == 1795229120);
      CHECK(met.home->log_.find("a channel timestamp that is no date") != std::string::npos);
      met.say(*met.home, ":1AAAAAAAB QUIT :x\n");
    }
  }
  SECTION("changes for a younger channel do not count") {
    met.say(*met.home, ":1AA FMODE #dev 1795229121 -o 1AAAAAAAA\n");
    CHECK(status("carol") == rank_bit(Mode::op));
    met.say(*met.home, ":1AA FMODE #dev 1795229120 -o 1AAAAAAAA\n");
    CHECK(status("carol") == 0);
  }
}

TEST_CASE("irc 4.3 modes that come with members, and those that an older channel takes away") {
  Met met;
  const std::string erin =
      ":1AA UID 1AAAAAAAB 1795229100 erin h h erin 192.0.2.1 1795229100 + :E\n:1AA FJOIN #dev ";
  SECTION("set: the other network hears of them") {
    met.say(*met.home, erin + "1795229120 +ml 5 :,1AAAAAAAB:0\n");
    const std::string away = met.written(*met.away);
    CHECK(away.find("TMODE 1795229120 #dev +ml 5\n") != std::string::npos);
  }
  SECTION("taken away: as well") {
    met.say(*met.home, ":1AA FMODE #dev 1795229120 +mb x!*@*\n");
    met.written(*met.away);
    met.say(*met.home, erin + "1795229000 +i :o,1AAAAAAAB:0\n");
    const std::string away = met.written(*met.away);
    CHECK(away.find("+i\n") != std::string::npos);
    const Network& model = met.side("away").model();
    const Channel& there = model.channel(model.find_channel("#dev"));
    CHECK(there.has(Mode::invite_only));
    CHECK_FALSE(there.has(Mode::moderated));
    CHECK(there.lists.empty());
  }
}

TEST_CASE("irc 2 two of theirs whose names are one to us: both stay, and it is counted") {
  Met met;
  Network& model = met.side("home").model();
  met.say(*met.home, ":1AA UID 1AAAAAAAC 1795229100 Carol h h other 192.0.2.1 1795229100 + :C\n");
  CHECK(model.find_nick("carol") == model.find_uid("1AAAAAAAC"));
  CHECK(model.find_uid("1AAAAAAAA") != no_id);
  CHECK(met.written(*met.home).find("SAVE") == std::string::npos);
  CHECK(met.side("home").desyncs().at("two people of one name") == 1);
  met.say(*met.home, ":1AAAAAAAA PRIVMSG #dev :still here\n");
  CHECK(met.written(*met.away).find("PRIVMSG #dev :still here") != std::string::npos);
  met.say(*met.home, ":1AA KILL 9RZZZZZZZ :who?\n");
  CHECK(met.side("home").desyncs().at("KILL of nobody we know") == 1);
}

struct Collision {
  std::string what;
  Timestamp theirs;
  std::string ident;
  bool puppet_stays, newcomer_stays;
};

// irc 4.3: the puppet is dave, ident dave, host h, since 1795229110. Who has its address too, which
// nobody has, is the same person.
const Collision collisions[] = {
    {"older, somebody else", 1795229000, "other", false, true},
    {"older, the same person", 1795229000, "dave", true, false},
    {"as old", 1795229110, "other", false, false},
    {"younger, somebody else", 1795229190, "other", true, false},
    {"younger, the same person", 1795229190, "dave", false, true},
};

TEST_CASE("irc 4.3 a nick that is taken, where the loser is renamed") {
  for (const Collision& one : collisions) {
    CAPTURE(one.what);
    Met met;
    Network& model = met.side("home").model();
    met.say(*met.home, ":1AA UID 1AAAAAAAB " + std::to_string(one.theirs) + " dave/away h h " +
                           one.ident + (one.ident == "dave" ? " 0.0.0.0" : " 192.0.2.1") +
                           " 1 + :X\n");
    const UserId holder = model.find_nick("dave/away");
    CHECK((holder != no_id && holder == model.find_uid("9RBAAAAAA")) == one.puppet_stays);
    CHECK((holder != no_id && holder == model.find_uid("1AAAAAAAB")) == one.newcomer_stays);
    CHECK((model.find_nick("9RBAAAAAA") != no_id) == !one.puppet_stays);
    CHECK((model.find_nick("1AAAAAAAB") != no_id) == !one.newcomer_stays);
  }
}

TEST_CASE("irc 4.3 a nick that is taken, where the loser is killed") {
  for (Collision one : collisions) {
    CAPTURE(one.what);
    Met met;
    Network& model = met.side("away").model();
    const Timestamp theirs =
        one.theirs - 1795229110 + model.user(model.find_nick("carol|home")).timestamp;
    met.say(*met.away, ":3HY UID carol|home 1 " + std::to_string(theirs) + " +i " +
                           (one.ident == "dave" ? "carol h h 0" : one.ident + " h h 192.0.2.2") +
                           " 3HYAAAAAB * :X\n");
    const UserId holder = model.find_nick("carol|home");
    CHECK((holder != no_id && holder == model.find_uid("9RAAAAAAA")) == one.puppet_stays);
    CHECK((model.find_uid("3HYAAAAAB") != no_id) == one.newcomer_stays);
    // Whoever lost the name as a puppet is there again under another.
    CHECK((model.find_nick("carol||home") != no_id) == !one.puppet_stays);
  }
}

TEST_CASE("irc 3.3 SAVE renames one of ours") {
  Met met;
  Network& model = met.side("home").model();
  met.say(*met.home, ":1AA SAVE 9RBAAAAAA 1795229110\n");
  CHECK(model.find_nick("9RBAAAAAA") != no_id);
  CHECK(model.find_nick("dave/away") == no_id);
}

TEST_CASE("irc 1.5 no field of anybody can start a line of its own") {
  Bench bench;
  bench.link_both();
  // Bytes that are legal in a line here and must not be more than text there.
  bench.say(*bench.home,
            ":1AA UID 1AAAAAAAA 1795229100 c\xc3\xa4:r,ol! h\x01st:x h@st/x i@d: 192.0.2.1 "
            "1795229100 + :real\x01name\n:1AA FJOIN #dev 1795229120 + :,1AAAAAAAA\n");
  const std::string out = bench.written(*bench.away);
  CHECK(out.find(":9RA UID c___r_ol_|home 2 ") != std::string::npos);
  std::size_t lines = 0;
  for (const char one : out) lines += one == '\n' ? 1 : 0;
  CHECK(lines == 2);
}

TEST_CASE("irc 1.2 the pieces a stream comes in do not matter") {
  const std::string text = std::string(carol) + ":1AAAAAAAA PRIVMSG #dev :hello\n"
                           ":1AAAAAAAA NICK c2 1795229190\n:1AAAAAAAA QUIT :x\n";
  Bench whole;
  whole.link_both();
  whole.say(*whole.home, text);
  const std::string wanted = whole.written(*whole.away);
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    Bench parts;
    parts.link_both();
    parts.home->feed(text.substr(0, cut));
    parts.home->feed(text.substr(cut));
    CHECK(parts.written(*parts.away) == wanted);
  }
}

}  // namespace
}  // namespace hanse::irc
