// SPDX-License-Identifier: Apache-2.0
// What passes beside the text: ids and times of messages, what clients say in tags, accounts.
#include "protocols/irc/tags.h"
#include "tests/catch.h"
#include "tests/unit/protocols/irc/irc_bench.h"

namespace hanse::irc {
namespace {

using hanse::test::EngineBench;
using test::Bench;

const std::string at = "time=2026-11-21T02:46:33.000Z";

TEST_CASE("irc 1.3 the tags that pass, and no others") {
  const TagsKept all{true, true, true, false};
  CHECK(passing_tags(at + ";msgid=abc;+x=1;account=carol;batch=q", all) ==
        at + ";msgid=abc;+x=1");
  CHECK(passing_tags("", all).empty());
  CHECK(passing_tags(at + ";msgid=abc;+x", {true, false, false, false}) == at);
  CHECK(passing_tags("+x;+reply=a\\sb;+typing=active", {false, false, true, true}) ==
        "+reply=a\\sb;+typing=active");
  CHECK(passing_tags(at + ";msgid=a", {}).empty());
  CHECK(passing_tags("time=yesterday;time=2026;msgid=;msgid=" + std::string(300, 'a') + ";+", all)
            .empty());
  std::string many;
  for (int number = 0; number < 100; ++number) many += "+t" + std::to_string(number) + ";";
  const std::string some = passing_tags(many, all);
  CHECK(some.ends_with("+t29"));
  CHECK(passing_tags("+a=" + std::string(5000, 'x'), all).empty());
}

// Two InspIRCds; those of home and away keep the tags whose modules they have.
struct Twins : Bench {
  explicit Twins(const std::string& modules_away, const std::string& modules_home = all)
      : Bench(DialectKind::inspircd, DialectKind::inspircd) {
    link(*(home = engine("home")), "insp.home.example from-home 0 1AA", "1AA", modules_home);
    link(*(away = engine("away")), "hyb.away.example from-away 0 2BB", "2BB", modules_away);
    for (int round = 0; round < 3; ++round) {
      answered(*home, "1AA");
      answered(*away, "2BB");
    }
    say(*home, ":1AA UID 1AAAAAAAA 1795229100 carol h h carol 192.0.2.1 1795229100 +i :C\n"
               ":1AA FJOIN #dev 1795229120 +nt :o,1AAAAAAAA:0\n");
    written(*away);
  }
  std::unique_ptr<EngineBench> engine(const std::string& name) {
    dial(name);
    return std::move(name == "home" ? home : away);
  }
  void link(EngineBench& link, const std::string& server, const std::string& sid,
            const std::string& modules) {
    std::string capabilities = test::inspircd_capabilities;
    const std::string listed = "CAPAB MODULES :m_ircv3_ctctags.so\n";
    capabilities.replace(capabilities.find(listed), listed.size(),
                         "CAPAB MODULES :" + modules + "\n");
    say(link, capabilities + "SERVER " + server + " :Insp\n");
    link.feed(":" + sid + " BURST " + std::to_string(clock.seconds) + "\n:" + sid +
              " ENDBURST\n");
  }
  std::string answered(EngineBench& link, const std::string& sid) {
    std::string all_of_it;
    for (std::string more = written(link); !more.empty(); more = written(link)) {
      if (more.find("PING") != std::string::npos) link.feed(":" + sid + " PONG 9RL\n");
      all_of_it += more;
    }
    return all_of_it;
  }
  std::string heard(const std::string& line) {
    say(*home, line + "\n");
    return written(*away);
  }
  inline static const std::string all = "m_ircv3_ctctags.so m_sha256.so";
};

TEST_CASE("irc 1.3 msgid, time and tags of clients pass where both sides keep them") {
  const std::string line = "@" + at + ";msgid=abc;+x=1;account=a :1AAAAAAAA PRIVMSG #dev :hello";
  const std::string said = ":9RAAAAAAA PRIVMSG #dev :hello\n";
  CHECK(Twins(Twins::all).heard(line) == "@" + at + ";msgid=abc;+x=1 " + said);
  CHECK(Twins("ircv3_ctctags=x").heard(line) == "@" + at + ";msgid=abc;+x=1 " + said);
  CHECK(Twins("m_sha256.so").heard(line) == "@" + at + ";msgid=abc " + said);
  Twins twins(Twins::all);
  SECTION("a notice") {
    CHECK(twins.heard("@msgid=n :1AAAAAAAA NOTICE #dev :x") ==
          "@msgid=n :9RAAAAAAA NOTICE #dev :x\n");
  }
  SECTION("of a message that goes on in a second line only the first has the id") {
    CHECK(twins.heard("@" + at + ";msgid=abc :1AAAAAAAA PRIVMSG #dev :" + std::string(300, 'a') +
                      " " + std::string(200, 'b')) ==
          "@" + at + ";msgid=abc :9RAAAAAAA PRIVMSG #dev :" + std::string(300, 'a') + "\n@" + at +
              " :9RAAAAAAA PRIVMSG #dev :" + std::string(200, 'b') + "\n");
  }
  SECTION("nothing but tags") {
    CHECK(twins.heard("@+typing=active;msgid=m :1AAAAAAAA TAGMSG #dev") ==
          "@+typing=active;msgid=m :9RAAAAAAA TAGMSG #dev\n");
    CHECK(twins.heard("@msgid=m :1AAAAAAAA TAGMSG #dev").empty());
    CHECK(Twins("m_sha256.so").heard("@+typing=active :1AAAAAAAA TAGMSG #dev").empty());
  }
}

TEST_CASE("irc 10 an account passes under a name that no account has there") {
  Twins twins(Twins::all);
  CHECK(twins.heard(":1AA METADATA 1AAAAAAAA accountname :carol") ==
        ":9RA METADATA 9RAAAAAAA accountname :carol/home\n");
  CHECK(twins.heard(":1AA METADATA 1AAAAAAAA accountname :") ==
        ":9RA METADATA 9RAAAAAAA accountname :\n");
  CHECK(twins.heard(":1AAAAAAAA FHOST new.host") == ":9RAAAAAAA FHOST new.host\n");
  const std::string erin =
      ":1AA UID 1AAAAAAAB 1795229100 erin h h e 192.0.2.1 1795229100 + :E\n"
      ":1AA METADATA 1AAAAAAAB accountname :e\n:1AA FJOIN #dev 1795229120 + :,1AAAAAAAB:0";
  CHECK(twins.heard(erin).find("METADATA 9RAAAAAAB accountname :e/home\n") != std::string::npos);
}

}  // namespace
}  // namespace hanse::irc
