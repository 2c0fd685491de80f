// SPDX-License-Identifier: Apache-2.0
// irc 11: the first lines of Atheme 7.2.12 and Anope 2.0.12, as each sent them in each of its
// protocols.
#include "tests/catch.h"
#include "tests/unit/protocols/irc/irc_bench.h"

namespace hanse::irc {
namespace {

using hanse::test::EngineBench;
using test::Bench;

const std::string now = std::to_string(test::now_seconds);

struct Services : Bench {
  explicit Services(DialectKind kind) : Bench(DialectKind::inspircd, kind) {
    settings->networks[1].peer = "services.test.local";
    side("away").apply(settings->networks[1]);
  }
  bool has(std::string_view nick) {
    return side("away").linked() && side("away").model().find_nick(nick) != no_id;
  }
};

const std::string inspircd_modules =
    "CAPAB MODSUPPORT :m_services_account.so m_hidechans.so m_servprotect.so m_chghost.so "
    "m_chgident.so m_topiclock.so m_cban.so m_svshold.so\n";

TEST_CASE("irc 11 Atheme in the words of InspIRCd") {
  Services bench(DialectKind::inspircd);
  EngineBench& link = bench.accept();
  const std::string answer = bench.say(
      link, "CAPAB START 1202\nCAPAB CAPABILITIES :PROTOCOL=1202\nCAPAB END\n"
            "SERVER services.test.local from-away 0 00A :services\n");
  CHECK(answer.starts_with("CAPAB START 1205\n" + inspircd_modules + "CAPAB CHANMODES :"));
  CHECK(answer.find(" simple:hidechans=I ") != std::string::npos);
  CHECK(answer.ends_with("CAPAB CAPABILITIES :CASEMAPPING=rfc1459\nCAPAB END\n"
                         "SERVER node.a.example to-away 0 9RL :relay node\n"));
  CHECK(bench.say(link, ":00A BURST\n") ==
        ":9RL BURST " + now + "\n:9RL SINFO version :hanse\n:9RL ENDBURST\n");
  CHECK(bench.say(link, ":00A VERSION :atheme 7.2.12\n"
                        ":00A UID 00AAAAAAA " + now + " NickServ services.test.local "
                        "services.test.local NickServ 0.0.0.0 " + now + " +io :N\n"
                        ":00AAAAAAA OPERTYPE :Services\n:00A ENDBURST\n") == "");
  CHECK(bench.has("NickServ"));
  CHECK(link.log_.find("dropped") == std::string::npos);
}

TEST_CASE("irc 11 Atheme in the words of charybdis") {
  Services bench(DialectKind::solanum);
  EngineBench& link = bench.accept();
  CHECK(bench.say(link, "PASS from-away TS 6 :00A\n"
                        "CAPAB :QS EX IE KLN UNKLN ENCAP TB SERVICES EUID EOPMOD MLOCK\n"
                        "SERVER services.test.local 1 :services\n"
                        "SVINFO 6 3 0 :" + now + "\nPING :services.test.local\n") ==
        "PASS to-away TS 6 :9RL\n"
        "CAPAB :QS EX IE ENCAP EUID TB EOPMOD SAVE BAN CHW MLOCK EBMASK STAG SERVICES\n"
        "SERVER node.a.example 1 :relay node\nSVINFO 6 6 0 :" + now + "\nPING :9RL\n"
        ":9RL PONG node.a.example :00A\n");
  bench.say(link, ":00A EUID NickServ 1 " + now + " +ioS NickServ services.test.local 0 00AAAAAAB "
                  "* * :N\n:00A PONG services.test.local :9RL\n");
  CHECK(bench.has("NickServ"));
  CHECK(link.log_.find("dropped") == std::string::npos);
}

TEST_CASE("irc 11 Atheme in the words of ngIRCd") {
  Services bench(DialectKind::ngircd);
  EngineBench& link = bench.accept();
  const std::string services = ":services.test.local ";
  const std::string answer = bench.say(
      link, "PASS from-away 0210-IRC+ atheme|7.2.12:CLMo\n"
            "SERVER services.test.local 1 :services\n" +
                services + "KILL NickServ :services.test.local (Attempt to use service nick)\n" +
                services + "NICK NickServ 1 NickServ services.test.local 1 +io :N\n" +
                services + "PING :services.test.local\n");
  CHECK(answer == "PASS to-away 0210-IRC+ hanse|0.1:CHLMoX\nSERVER node.a.example 1 :relay node\n"
                  ":node.a.example PING :node.a.example\n"
                  ":node.a.example PONG node.a.example :services.test.local\n");
  CHECK(bench.has("NickServ"));
  CHECK(link.log_.find("irc.end") == std::string::npos);
}

TEST_CASE("irc 11 Anope, with a source before every line, in the words of InspIRCd") {
  Services bench(DialectKind::inspircd);
  EngineBench& link = bench.accept();
  const std::string answer = bench.say(
      link, ":00A CAPAB START 1205\n:00A CAPAB CAPABILITIES :CASEMAPPING=rfc1459\n"
            ":00A CAPAB END\n:00A SERVER services.test.local from-away 0 00A :services\n");
  CHECK(answer.starts_with("CAPAB START 1205\n" + inspircd_modules));
  CHECK(answer.ends_with("SERVER node.a.example to-away 0 9RL :relay node\n"));
  bench.say(link, ":00A BURST " + now + "\n:00A UID 00AAAAAAA " + now + " NickServ "
                  "services.test.local services.test.local NickServ 0.0.0.0 " + now +
                  " +io :N\n:00A ENDBURST\n");
  CHECK(bench.has("NickServ"));
}

TEST_CASE("irc 11 Anope in the words of hybrid") {
  Services bench(DialectKind::hybrid);
  EngineBench& link = bench.accept();
  CHECK(bench.say(link, ":00A PASS from-away\n:00A CAPAB :ENCAP TBURST EOB RHOST MLOCK\n"
                        ":00A SERVER services.test.local 1 00A + :services\n"
                        ":00A SVINFO 6 6 0 :" + now + "\n") ==
        "PASS to-away\nCAPAB :ENCAP TBURST EOB RHOST CLUSTER MLOCK HOP\n"
        "SERVER node.a.example 1 9RL + :relay node\n"
        ":9RL SVINFO 6 6 0 :" + now + "\n:9RL EOB\nPING :9RL\n");
  bench.say(link, ":00A UID NickServ 1 " + now + " +io NickServ services.test.local "
                  "services.test.local 0 00AAAAAAB * :N\n:00A EOB\n");
  CHECK(bench.has("NickServ"));
}

TEST_CASE("irc 11 Anope in the words of ngIRCd, no hop away") {
  Services bench(DialectKind::ngircd);
  EngineBench& link = bench.accept();
  const std::string services = ":services.test.local ";
  const std::string answer = bench.say(
      link, services + "PASS from-away 0210-IRC+ Anope|2.0.12:CLHMSo P\n" + services +
                "SERVER services.test.local 0 :services\n" + services +
                "376 * :End of MOTD command\n");
  CHECK(answer.starts_with("PASS to-away 0210-IRC+ hanse|0.1:CHLMoX\n"
                           "SERVER node.a.example 1 :relay node\n"
                           ":node.a.example 005 services.test.local NICKLEN="));
  CHECK(answer.ends_with(":node.a.example PING :node.a.example\n"));
  bench.say(link, services + "NICK NickServ 1 NickServ services.test.local 1 +io :N\n" + services +
                      "PING :services.test.local\n");
  CHECK(bench.has("NickServ"));
}

}  // namespace
}  // namespace hanse::irc
