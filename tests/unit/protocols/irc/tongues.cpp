// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/protocols/irc/tongues.h"

#include "tests/catch.h"

namespace hanse::irc::test {
namespace {

const std::string now = std::to_string(now_seconds);

}  // namespace

std::vector<Tongue> tongues() {
  const std::string ng = ":hyb.away.example ";
  return {
      {DialectKind::inspircd, "9RL", "3HY", "7ZZ",
       inspircd_capabilities + "SERVER hyb.away.example from-away 0 3HY :x\n:3HY BURST " +
           now + "\n:3HY ENDBURST\n", true, true, true},
      {DialectKind::hybrid, "9RL", "3HY", "7ZZ",
       "PASS from-away\nCAPAB :TBURST ENCAP EOB RHOST HOP\nSERVER hyb.away.example 1 3HY + :x\n"
       ":3HY SVINFO 6 6 0 :" + now + "\n:3HY EOB\n" + ng + "PONG hyb.away.example :9RL\n"},
      {DialectKind::solanum, "9RL", "3HY", "7ZZ",
       "PASS from-away TS 6 :3HY\nCAPAB :QS EX IE ENCAP EUID TB EOPMOD SAVE BAN CHW MLOCK EBMASK "
       "STAG SERVICES\nSERVER hyb.away.example 1 :x\nSVINFO 6 6 0 :" + now +
           "\nPING :hyb.away.example\n:3HY PONG hyb.away.example :9RL\n", true, true, true},
      {DialectKind::ngircd, "node.a.example", "hyb.away.example", "other.example",
       ng + "PASS from-away 0210-IRC+ ngIRCd|26.1:CHLMSXZ PZ\n" + ng +
           "SERVER hyb.away.example 1 :x\n" + ng + "005 x NICKLEN=31 :x\n" + ng + "376 x :End\n" +
           ng + "PING :hyb.away.example\n" + ng + "PONG hyb.away.example :node.a.example\n",
       false, false},
      {DialectKind::irc2, "9RLA", "000A", "7ZZZ",
       "PASS from-away 0211020003 IRC|aEFHJKlmMpQRTuXZ6 PZ\n"
       "SERVER hyb.away.example 1 000A :x\n:000A EOB\n", true, false, true},
  };
}

std::string user(const Tongue& tongue, const std::string& nick, const std::string& uid,
                 const std::string& since, const std::string& ident,
                 const std::string& address) {
  const std::string from = ":" + tongue.peer + " ";
  switch (tongue.kind) {
    case DialectKind::inspircd:
      return from + "UID " + uid + " " + since + " " + nick + " h h " + ident + " " + address +
             " " + since + " + :X\n";
    case DialectKind::hybrid:
      return from + "UID " + nick + " 1 " + since + " +i " + ident + " h h " + address + " " +
             uid + " * :X\n";
    case DialectKind::solanum:
      return from + "EUID " + nick + " 1 " + since + " +i " + ident + " h " + address + " " + uid +
             " * * :X\n";
    case DialectKind::irc2:
      return from + "UNICK " + nick + " " + uid + " " + ident + " h " + address + " + :X\n";
    default: return from + "NICK " + nick + " 1 " + ident + " h 1 + :X\n";
  }
}

Meeting::Meeting(const Tongue& tongue) : Bench(DialectKind::inspircd, tongue.kind) {
  link_home();
  dial("away");
  written(*away);
  away->feed(tongue.hello);
  REQUIRE(side("away").linked());
  settle(*away, home.get());
  say(*home, ":1AA UID 1AAAAAAAA 1795229110 dave h h dave 192.0.2.1 1795229110 + :Dave\n"
             ":1AA FJOIN #dev 1795229120 + :,1AAAAAAAA:0\n");
  settle(*away, home.get());
  name = std::string("dave") + side("away").facts().nick_separator + "home";
  puppet = model().find_nick(name);
  REQUIRE(puppet != no_id);
  uid = model().user(puppet).texts.get(UserText::uid);
}

}  // namespace hanse::irc::test
