// SPDX-License-Identifier: Apache-2.0
// irc 12, what every dialect must bear: the checks that are not in a dialect's own tests.
#include "protocols/irc/limits.h"
#include "protocols/irc/tags.h"
#include "tests/catch.h"
#include "tests/unit/protocols/irc/tongues.h"

namespace hanse::irc {
namespace {

using hanse::test::EngineBench;
using test::Bench;
using test::Meeting;
using test::Tongue;
using test::tongues;
using test::user;

const std::string now = std::to_string(test::now_seconds);

TEST_CASE("irc 12 of 31 tags thirty pass") {
  TagsKept all;
  all.msgid = all.time = all.client = true;
  std::string many;
  for (int count = 0; count < 31; ++count) many += (count ? ";+k" : "+k") + std::to_string(count);
  const std::string passed = passing_tags(many, all);
  CHECK(passed.ends_with(";+k29"));
  Bench bench;
  bench.link_both();
  bench.home->feed("@" + many + " :1AA UID 1AAAAAAAA 1795229100 carol h h carol 192.0.2.1 "
                   "1795229100 + :Carol\n");
  CHECK(bench.side("home").model().find_nick("carol") != no_id);
}

// ---- every dialect ----

TEST_CASE("irc 12 what ends a link, whatever it speaks") {
  for (const Tongue& tongue : tongues()) {
    const std::string from = ":" + tongue.peer + " ";
    std::vector<std::pair<std::string, std::string>> table = {
        {from + "SQUIT " + tongue.us + " :x\n", "SQUIT of a server on our side"}};
    const std::string stranger = tongue.foreign + "AAAAAA";
    if (tongue.ids)
      table.emplace_back(user(tongue, "erin", stranger.substr(0, 9), "1795229110"),
                         "a UID of another server");
    for (const auto& [line, why] : table) {
      Meeting met(tongue);
      CAPTURE(line);
      CHECK(met.say(*met.away, line).ends_with("ERROR :" + why + "\n"));
      CHECK(met.away->hung_up_ == 1);
    }
  }
}

TEST_CASE("irc 12 SQUIT of a server that stands for a network, whatever it speaks") {
  for (const Tongue& tongue : tongues()) {
    CAPTURE(tongue.peer);
    Meeting met(tongue);
    const std::string said =
        met.say(*met.away, ":" + tongue.peer + " SQUIT home.node.a.example :x\n");
    CHECK(said.find(" SQUIT ") != std::string::npos);
    CHECK(met.side("away").linked());
    CHECK(met.model().find_nick(met.name) == no_id);
    CHECK(met.model().find_server("home.node.a.example") == no_id);
  }
}

TEST_CASE("irc 12 what is dropped and counted, whatever it speaks") {
  for (const Tongue& tongue : tongues()) {
    Meeting one(tongue);
    const std::string ours = tongue.ids && tongue.kind != DialectKind::irc2 ? one.uid : one.name;
    for (const std::string& line :
         {":" + ours + " PRIVMSG #dev :in the name of ours\n", ":" + ours + " QUIT :x\n",
          ":" + tongue.us + " SQUIT " + tongue.peer + " :x\n",
          ":" + tongue.peer + " SQUIT " + tongue.foreign + " :nobody knows it\n"}) {
      Meeting met(tongue);
      CAPTURE(line);
      CHECK(met.say(*met.away, line) == "");
      CHECK(met.written(*met.home) == "");
      CHECK(met.dropped());
      CHECK(met.side("away").linked());
      CHECK(met.model().find_nick(met.name) != no_id);
    }
  }
}

TEST_CASE("irc 12 timestamp 0 of a person or a channel is no date") {
  for (const Tongue& tongue : tongues()) {
    if (!tongue.dates) continue;
    Meeting met(tongue);
    CAPTURE(tongue.hello);
    met.say(*met.away, user(tongue, "erin", "3HYAAAAAB", "0"));
    CHECK(met.model().find_nick("erin") == no_id);
    CHECK(met.dropped());
    met.say(*met.away, user(tongue, "erin", "3HYAAAAAB", "1795229110"));
    const ChannelId channel = met.model().find_channel("#dev");
    const Timestamp before = met.model().channel(channel).timestamp;
    met.say(*met.away, tongue.kind == DialectKind::inspircd
                           ? ":3HY FJOIN #dev 0 +m :o,3HYAAAAAB:0\n"
                           : ":3HY SJOIN 0 #dev +m :@3HYAAAAAB\n");
    CHECK(met.model().channel(channel).timestamp == before);
    CHECK_FALSE(met.model().channel(channel).has(Mode::moderated));
    const Membership* erin =
        met.model().membership(met.model().find_nick("erin"), channel);
    REQUIRE(erin != nullptr);
    CHECK(erin->status == 0);
  }
}

TEST_CASE("irc 12 lists with holes, and a join without its list") {
  for (const Tongue& tongue : tongues()) {
    Meeting met(tongue);
    CAPTURE(tongue.hello);
    const bool irc2 = tongue.kind == DialectKind::irc2;
    const std::string uids[] = {irc2 ? "000AAAAAB" : "3HYAAAAAB", irc2 ? "000AAAAAC" : "3HYAAAAAC"};
    met.say(*met.away, user(tongue, "erin", uids[0], "1795229110") +
                           user(tongue, "fred", uids[1], "1795229110"));
    const std::string ids[] = {tongue.ids ? uids[0] : "erin", tongue.ids ? uids[1] : "fred"};
    const std::string from = ":" + tongue.peer + " ";
    std::string whole, without;
    switch (tongue.kind) {
      case DialectKind::inspircd:
        whole = from + "FJOIN #x 1795229120 + :o," + ids[0] + ":0  ,, :  ," + ids[1] + ":0 \n";
        without = from + "FJOIN #x 1795229120\n";
        break;
      case DialectKind::hybrid:
      case DialectKind::solanum:
        whole = from + "SJOIN 1795229120 #x + :@" + ids[0] + "  @  @+ " + ids[1] + " \n";
        without = from + "SJOIN 1795229120 #x +nt\n";
        break;
      default:
        whole = from + "NJOIN #x :@" + ids[0] + ",,,@," + ids[1] + "\n";
        without = from + "NJOIN #x\n";
    }
    met.say(*met.away, whole);
    const ChannelId channel = met.model().find_channel("#x");
    REQUIRE(channel != no_id);
    CHECK(met.model().channel(channel).members.size() == 2);
    CHECK(met.model().membership(met.model().find_nick("erin"), channel)->status ==
          rank_bit(Mode::op));
    CHECK(met.model().membership(met.model().find_nick("fred"), channel)->status == 0);
    met.say(*met.away, without);
    CHECK(met.side("away").linked());
    CHECK(met.model().channel(channel).members.size() == 2);
  }
}

// irc 4.3: the five rows, and the one that both share. Without dates both always go. Who has the
// user name and the host of the puppet is the same person; InspIRCd and hybrid go by the address.
TEST_CASE("irc 12 the nick collision table in every dialect") {
  struct Row {
    Timestamp later;   // than the puppet
    std::string ident;
    bool puppet_keeps, newcomer_keeps;
  };
  const Row rows[] = {{-100, "other", false, true},
                      {-100, "dave", true, false},
                      {0, "other", false, false},
                      {0, "dave", false, false},
                      {80, "other", true, false},
                      {80, "dave", false, true}};
  for (const Tongue& tongue : tongues()) {
    for (Row row : rows) {
      Meeting met(tongue);
      CAPTURE(tongue.hello, row.later, row.ident);
      const std::string since =
          std::to_string(met.model().user(met.puppet).timestamp + row.later);
      if (!tongue.dates) row.puppet_keeps = row.newcomer_keeps = false;
      const std::string newcomer = tongue.kind == DialectKind::irc2 ? "000AAAAAB" : "3HYAAAAAB";
      const std::string address(
          met.side("away").facts().same_by_address
              ? met.model().user(met.puppet).texts.get(UserText::address) : "192.0.2.1");
      met.say(*met.away, user(tongue, met.name, newcomer, since, row.ident, address));
      const UserId holder = met.model().find_nick(met.name);
      const bool is_ours = holder != no_id && met.side("away").is_our_user(holder);
      CHECK(is_ours == row.puppet_keeps);
      CHECK((holder != no_id && !is_ours) == row.newcomer_keeps);
      if (tongue.ids)   // renamed where that is done, gone where not
        CHECK((met.model().find_uid(newcomer) != no_id) ==
              (row.newcomer_keeps || met.side("away").facts().saves));
      // Who lost is there under another name, or his id.
      std::size_t puppets = 0;
      for (UserId id = 0; id < met.model().user_slots(); ++id)
        puppets += met.model().user(id).server == met.side("away").pseudo(0);
      CHECK(puppets == 1);
    }
  }
}

// As InspIRCd 3.15 and ircd-hybrid 8.2.43 judged it, with the user name and host of who was there
// and another address: the older one keeps the nick.
TEST_CASE("irc 4.3 who shares user name and host with a puppet is another person all the same") {
  for (const Tongue& tongue : tongues()) {
    for (const Timestamp later : {-100, 0, 80}) {
      Meeting met(tongue);
      if (!met.side("away").facts().same_by_address) continue;
      CAPTURE(tongue.peer, later);
      const std::string since = std::to_string(met.model().user(met.puppet).timestamp + later);
      met.say(*met.away, user(tongue, met.name, "3HYAAAAAB", since, "dave"));
      const UserId holder = met.model().find_nick(met.name);
      const bool is_ours = holder != no_id && met.side("away").is_our_user(holder);
      CHECK(is_ours == (later > 0));
      CHECK((holder != no_id && !is_ours) == (later < 0));
    }
  }
}

// ---- transcripts that no other test has ----

TEST_CASE("irc 3.3 after a collision InspIRCd saves, and changes the nick to the id") {
  const Tongue tongue = tongues()[0];
  Meeting met(tongue);
  met.say(*met.away, user(tongue, "erin", "3HYAAAAAB", "1795229110"));
  CHECK(met.say(*met.away, ":3HY SAVE 3HYAAAAAB 1795229110\n:3HYAAAAAB NICK 3HYAAAAAB 100\n") ==
        "");
  const UserId erin = met.model().find_uid("3HYAAAAAB");
  CHECK(met.model().find_nick("3HYAAAAAB") == erin);
  CHECK(met.model().user(erin).timestamp == 100);
  CHECK_FALSE(met.dropped());
}

TEST_CASE("irc 3.3 lines of InspIRCd with tags, in every state") {
  Bench bench;
  EngineBench& link = bench.dial("home");
  bench.written(link);
  const std::string tags = "@time=2026-01-06T11:02:10.123Z;msgid=abc ";
  bench.say(link, test::inspircd_capabilities);
  bench.say(link, tags + "SERVER insp.home.example from-home 0 1AA :Insp\n");
  link.feed(tags + ":1AA BURST " + now + "\n" + tags + ":1AA UID 1AAAAAAAA 1795229193 carol h h "
            "carol 127.0.0.1 1795229193 + :Carol\n" + tags + ":1AA ENDBURST\n");
  CHECK(bench.side("home").linked());
  CHECK(bench.side("home").model().find_nick("carol") != no_id);
}

TEST_CASE("irc 4.1 what hybrid says of those it throws out") {
  const Tongue tongue = tongues()[1];
  SECTION("a nick it does not like: the puppet is lost, and no war begins") {
    Meeting met(tongue);
    for (int round = 0; round < 5; ++round) {
      const UserId there = met.model().find_nick("dave|home");
      const std::string uid = there == no_id
          ? met.uid : std::string(met.model().user(there).texts.get(UserText::uid));
      met.say(*met.away, ":3HY KILL " + uid + " :hyb.away.example (Bad Nickname)\n");
    }
    CHECK(met.side("away").linked());
  }
  SECTION("somebody who is not there any more") {
    Meeting met(tongue);
    CHECK(met.say(*met.away, ":3HY KILL 9RAZZZZZZ :hyb.away.example (Unknown Client)\n") == "");
    CHECK(met.side("away").linked());
  }
  SECTION("a collision it has judged") {
    Meeting met(tongue);
    met.say(*met.away, user(tongue, "erin", "3HYAAAAAC", "1795229110"));
    CHECK(met.say(*met.away, ":3HY KILL 3HYAAAAAC :hyb.away.example (Nick collision (new))\n") ==
          "");
    CHECK(met.model().find_nick("erin") == no_id);
  }
  SECTION("us, for want of a hub_mask") {
    Meeting met(tongue);
    CHECK(met.say(*met.away, "SQUIT 9RL :No matching hub_mask.\n")
              .ends_with("ERROR :SQUIT of a server on our side\n"));
    CHECK(met.away->log_.find("No matching hub_mask") != std::string::npos);
  }
}

TEST_CASE("irc 3.2, 5 what a server says when it ends the link is told to the operator") {
  const std::pair<std::size_t, std::string> table[] = {
      {0, "ERROR :Your clocks are out by 61 seconds"},
      {0, "ERROR :Invalid SSL certificate fingerprint  - expected 0a1b"},
      {0, "ERROR :Protocol violation: Unknown command: FOOBAR"},
      {1, "ERROR :Mismatching AOP/QOP capabilities"},
      {3, "ERROR :Prefix missing"},
      {4, "ERROR :Server version is too old"}};
  for (const auto& [which, line] : table) {
    Meeting met(tongues()[which]);
    CAPTURE(line);
    CHECK(met.say(*met.away, line + "\n") == "");   // and it does not hear it again
    CHECK(met.away->hung_up_ == 1);
    CHECK(met.away->log_.find("it says: " + line.substr(7)) != std::string::npos);
  }
}

TEST_CASE("irc 5 ngIRCd's goodbye, and a KILL that comes twice") {
  const Tongue tongue = tongues()[3];
  Meeting met(tongue);
  met.say(*met.away, user(tongue, "erin", {}, {}) + ":hyb.away.example KILL erin :Nick collision\n"
                                                    ":erin QUIT :Nick collision\n");
  CHECK(met.model().find_nick("erin") == no_id);
  CHECK(met.side("away").linked());
  CHECK(met.say(*met.away, ":hyb.away.example SQUIT hyb.away.example :bye\n")
            .ends_with("ERROR :it left\n"));
}

}  // namespace
}  // namespace hanse::irc
