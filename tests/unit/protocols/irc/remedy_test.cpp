// SPDX-License-Identifier: Apache-2.0
// irc 11: a refusal says what to change, and in whose configuration.
#include "protocols/irc/limits.h"
#include "protocols/irc/outbound.h"
#include "protocols/irc/remedy.h"
#include "tests/catch.h"
#include "tests/unit/protocols/irc/irc_bench.h"

namespace hanse::irc {
namespace {

using hanse::test::EngineBench;
using test::Bench;

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::string first_words(DialectKind kind, const std::string& password, const std::string& name) {
  switch (kind) {
    case DialectKind::inspircd:
      return test::inspircd_capabilities + "SERVER " + name + " " + password + " 0 3HY :x\n";
    case DialectKind::hybrid:
      return "PASS " + password + "\nCAPAB :TBURST ENCAP EOB\nSERVER " + name + " 1 3HY + :x\n";
    case DialectKind::solanum:
      return "PASS " + password + " TS 6 :3HY\nCAPAB :ENCAP EUID\nSERVER " + name + " 1 :x\n";
    case DialectKind::ngircd:
      return ":" + name + " PASS " + password + " 0210-IRC+ ngIRCd|26.1:CHLMSXZ PZ\n:" + name +
             " SERVER " + name + " 1 :x\n";
    default:
      return "PASS " + password + " 0211020003 IRC|aEFHJKlmMpQRTuXZ6 PZ\nSERVER " + name +
             " 1 000A :x\n";
  }
}

TEST_CASE("irc 11 what is said to a server that is refused, in its own configuration's words") {
  struct Row {
    DialectKind kind;
    std::string password, name;
  };
  const Row rows[] = {
      {DialectKind::inspircd, "sendpass=", "<server name=\"hyb.away.example\">"},
      {DialectKind::hybrid, "send_password", "serverinfo { name = \"hyb.away.example\"; }"},
      {DialectKind::solanum, "send_password", "serverinfo { name = \"hyb.away.example\"; }"},
      {DialectKind::ngircd, "PeerPassword", "[Global] Name = hyb.away.example"},
      {DialectKind::irc2, "c%...%node.a.example%%2%", "the line M%hyb.away.example%..."}};
  for (const Row& row : rows) {
    Bench wrong(DialectKind::inspircd, row.kind);
    EngineBench& link = wrong.dial("away");
    CAPTURE(row.password);
    wrong.written(link);
    const std::string told = wrong.say(link, first_words(row.kind, "no", "hyb.away.example"));
    CHECK(has(told, "ERROR :wrong password; to change: "));
    CHECK(has(told, row.password));
    CHECK(has(link.log_, "; or here: [irc.network.away] receive_password"));
    CHECK_FALSE(has(told, "from-away"));
    CHECK_FALSE(has(link.log_, "from-away"));
    CHECK(has(wrong.side("away").trouble().what, "wrong password"));
    Bench other(DialectKind::inspircd, row.kind);
    EngineBench& second = other.dial("away");
    other.written(second);
    const std::string named = other.say(second, first_words(row.kind, "from-away", "x.example"));
    CHECK(has(named, "ERROR :it calls itself x.example, not hyb.away.example; to change: " +
                         row.name));
  }
}

// Their words were seen from the real servers when their configuration had that mistake.
struct Told {
  DialectKind kind;
  std::string line, there, here;
};

const std::string closing = "ERROR :Closing Link: ";
const Told refusals[] = {
    {DialectKind::inspircd,
     "ERROR :Mismatched server name or password (check the other server's snomask output for "
     "details - e.g. user mode +s +Ll)",
     "<link name=\"node.a.example\"> with recvpass=", "[irc.network.away] send_password"},
    {DialectKind::inspircd, "ERROR :Invalid SSL certificate fingerprint  - expected 00ff",
     "requestclientcert=\"yes\"", "[tls] cert"},
    {DialectKind::inspircd,
     "ERROR :CAPAB negotiation failed: The casemapping of the remote server differs to that of "
     "the local server. Local casemapping: rfc1459 Remote casemapping: ascii",
     "<options casemapping=", ""},
    {DialectKind::inspircd,
     "ERROR :CAPAB negotiation failed: Channel modes not matched on these servers. Not loaded",
     "allowmismatch", ""},
    {DialectKind::inspircd, "ERROR :Server ID 9RL already exists on server x.example! You may",
     "", "[irc] sid and sid_range"},
    {DialectKind::inspircd, "ERROR :Server node.a.example already exists on server x.example!",
     "whoever else is linked as node.a.example", "name"},
    {DialectKind::inspircd, "ERROR :Your clocks are out by 99 seconds (this is more than one",
     "clock", "[irc] clock_skew"},
    {DialectKind::hybrid, closing + "192.0.2.1 (Invalid password)", "accept_password",
     "[irc.network.away] send_password"},
    {DialectKind::hybrid, closing + "192.0.2.1 (No connect {} block)",
     "connect { name = \"node.a.example\"", "name"},
    {DialectKind::hybrid, closing + "192.0.2.1 (Invalid host)", "host = our address", ""},
    {DialectKind::hybrid, closing + "192.0.2.1 (Invalid certificate fingerprint)",
     "tls_certificate_fingerprint", ""},
    {DialectKind::hybrid, closing + "192.0.2.1 (Mismatching AOP/QOP capabilities)",
     "enable_owner", ""},
    {DialectKind::hybrid, closing + "192.0.2.1 (No matching hub_mask.)",
     "connect { name = \"node.a.example\"; hub_mask = \"*\"; }", ""},
    {DialectKind::hybrid, closing + "192.0.2.1 (Excessive TS delta)", "clock", "clock_skew"},
    {DialectKind::hybrid, closing + "192.0.2.1 (Server already exists)", "whoever else", "name"},
    {DialectKind::hybrid, "ERROR :Invalid format server ID: +!", "",
     "dialect (hanse probe irc away"},
    {DialectKind::solanum, closing + "192.0.2.1 (Invalid password.)",
     "connect \"node.a.example\" { accept_password }", "send_password"},
    {DialectKind::ngircd, "ERROR :Bad password", "MyPassword", "send_password"},
    {DialectKind::ngircd, "ERROR :Server not configured here", "[Server] Name = node.a.example",
     "name"},
    {DialectKind::ngircd, "ERROR :ID \"node.a.example\" already registered", "whoever else",
     "name"},
    {DialectKind::irc2, "ERROR :No Access (passwd mismatch) node.a.example[@192.0.2.1]",
     "N%...%node.a.example%%2%", "send_password"},
    {DialectKind::irc2, closing + "x[unknown@192.0.2.1] (No C/N conf lines)",
     "c%our address%...%node.a.example%%2%", "name"},
    {DialectKind::irc2, closing + "x[unknown@192.0.2.1] (Too many servers)",
     "H%*%%node.a.example%%", ""},
    {DialectKind::irc2, closing + "x[unknown@192.0.2.1] (SID collision)", "", "sid_range"},
};

TEST_CASE("irc 11 what a server says that refuses us, and what helps") {
  for (const Told& row : refusals) {
    Bench bench(DialectKind::inspircd, row.kind);
    EngineBench& link = bench.dial("away");
    bench.written(link);
    CAPTURE(row.line);
    CHECK(bench.say(link, row.line + "\n") == "");   // its own words go nowhere
    CHECK(link.hung_up_ == 1);
    CHECK(has(link.log_, "it says: " + row.line.substr(7)));
    CHECK(has(link.log_, row.there));
    CHECK(has(link.log_, row.here));
    CHECK(has(link.log_, row.there.empty() ? "; to change here: " : "; to change there: "));
    if (!row.there.empty() && !row.here.empty())
      CHECK(has(link.log_, "; or here: "));
    // irc 8: a link of ours that is not known to be dead there goes by itself.
    const bool passes = row.there.starts_with("whoever else");
    REQUIRE(link.ends_.size() == 1);
    CHECK(link.ends_[0].fault == (passes ? Fault::try_later : Fault::refused));
  }
}

TEST_CASE("irc 8 which ends of a link last until somebody changes something") {
  const auto fault = [](const std::string& lines) {
    Bench bench;
    EngineBench& link = bench.dial("away");
    bench.say(link, lines);
    REQUIRE(link.ends_.size() == 1);
    return link.ends_[0].fault;
  };
  const auto hello = [](const std::string& password, const std::string& name) {
    return first_words(DialectKind::hybrid, password, name);
  };
  CHECK(fault(hello("no", "hyb.away.example")) == Fault::refused);
  CHECK(fault(hello("from-away", "other.example")) == Fault::refused);
  CHECK(fault("ERROR :Closing Link: 192.0.2.1 (Throttled)\n") == Fault::try_later);
  const std::string linked = hello("from-away", "hyb.away.example");
  CHECK(fault(linked + "SQUIT 9RL :No matching hub_mask.\n") == Fault::refused);
  CHECK(fault(linked + "SQUIT 9RL :not today\n") == Fault::never);
  CHECK(fault(linked + "ERROR :Closing Link: 192.0.2.1 (SendQ exceeded)\n") == Fault::try_later);
}

TEST_CASE("irc 11 what we refuse for, and what helps") {
  const auto remedy = [](std::string_view dialect, std::string_view reason) {
    return remedy_of({dialect, reason, "node.a.example", "hyb.away.example", "away"});
  };
  CHECK(remedy("", "no [irc.network] has the peer x").here == "[irc.network.NAME] with that peer");
  CHECK(has(remedy("inspircd", "TLS is wanted here").there, "sslprofile="));
  CHECK(has(remedy("hybrid", "a link in plain text from another machine").there, "flags = tls"));
  CHECK(has(remedy("ngircd", "it showed no certificate").there, "CertFile"));
  CHECK(remedy("hybrid", "its certificate is another one: sha256:ab").here ==
        "[irc.network.away] fingerprint");
  CHECK(has(remedy("hybrid", "its certificate: expired").here, "tls = \"pin\""));
  CHECK(remedy("hybrid", "no row has this").there.empty());
  // What they said is not looked up among our reasons.
  CHECK(remedy("hybrid", "it says: wrong password").there.empty());
}

TEST_CASE("irc 11 a server that lets go of us later, and one that says nothing") {
  SECTION("hybrid, at the first server of another network") {
    Bench bench;
    bench.link_both();
    EngineBench& link = *bench.away;
    CHECK(has(bench.say(link, ":3HY SQUIT 3HY :No matching hub_mask.\n"), "ERROR :it left\n"));
    CHECK(has(link.log_, "irc.end it says: No matching hub_mask.; to change there: connect"));
    CHECK(has(bench.side("away").trouble().what, "hub_mask = \"*\""));
  }
  SECTION("InspIRCd, called from an address that no block lets in") {
    Bench bench;
    EngineBench& link = bench.dial("home");
    link.event(Closed{false, "connection reset"});
    CHECK(has(link.log_, "gone before it said a word to our plain text: connection reset; to "
                         "change there: <link name=\"node.a.example\"> with our address in "
                         "ipaddr= or allowmask=; or here: [irc.network.home] tls, if that port "
                         "speaks TLS"));
  }
  SECTION("it is forgotten when there is a link again") {
    Bench bench;
    EngineBench& link = bench.dial("home");
    bench.say(link, "ERROR :Mismatched server name or password\n");
    CHECK_FALSE(bench.side("home").trouble().what.empty());
    bench.link_home();
    CHECK(bench.side("home").trouble().what.empty());
  }
  SECTION("a stranger under the peer's name changes nothing while there is a link") {
    Bench bench;
    bench.link_both();
    EngineBench& stranger = bench.accept();
    bench.say(stranger, first_words(DialectKind::hybrid, "no", "hyb.away.example"));
    CHECK(stranger.hung_up_ == 1);
    CHECK(bench.side("away").trouble().what.empty());
  }
}

// What comes before a word of a protocol was said is told in the same places.
TEST_CASE("irc 11 a port that is not what was configured") {
  Bench bench;
  const auto trouble = [&bench] { return bench.side("away").trouble().what; };
  const std::string tls = "; to change there: a port for servers that speaks TLS; or here: "
                          "[irc.network.away] addr or tls";
  SECTION("TLS to a port in plain text") {
    bench.settings->networks[1].tls = LinkTls::verify;
    EngineBench& link = bench.dial("away");
    link.event(Closed{true, "wrong version number"});
    CHECK(trouble() == "no TLS: wrong version number, it speaks plain text there" + tls);
    CHECK(has(link.log_, "irc.end " + trouble()));
    REQUIRE(link.ends_.size() == 1);
    CHECK(link.ends_[0].what == trouble());
    CHECK(link.ends_[0].fault == Fault::refused);   // it stays so
  }
  SECTION("TLS to one that says nothing, and another reason") {
    bench.settings->networks[1].tls = LinkTls::verify;
    EngineBench& link = bench.dial("away");
    link.pass(std::chrono::seconds(21));
    CHECK(trouble() == "no TLS: it did not answer" + tls);
    CHECK(link.ends_[0].fault == Fault::try_later);
    bench.dial("away").event(Closed{true, "tlsv1 alert access denied"});
    CHECK(has(trouble(), "no TLS: tlsv1 alert access denied; to change there: TLS for "));
  }
  SECTION("plain text to a port for TLS") {
    EngineBench& link = bench.dial("away");
    link.feed(std::string("\x15\x03\x01\0\x02\x02\x46", 7));
    CHECK(trouble() == "it speaks TLS there; to change here: [irc.network.away] tls");
    CHECK(link.ends_[0].fault == Fault::refused);
    CHECK(link.hung_up_ == 1);
    bench.dial("away").event(Closed{false, "the peer closed the connection"});
    CHECK(trouble() == "the connection is gone before it said a word to our plain text: the peer "
                       "closed the connection; to change here: [irc.network.away] tls, if that "
                       "port speaks TLS");
  }
  SECTION("nobody") {
    note_unreachable(*bench.hub, "away", "connect to 127.0.0.1:7200: Connection refused");
    CHECK(trouble() == "connect to 127.0.0.1:7200: Connection refused; to change there: a port for "
                       "servers at that address; or here: [irc.network.away] addr");
    bench.link_away();
    note_unreachable(*bench.hub, "away", "connect to 127.0.0.1:7200: no answer within 30s");
    CHECK(trouble().empty());          // it has called us meanwhile
    note_unreachable(*bench.hub, "unknown", "x");
  }
  SECTION("a certificate that does not suffice") {
    bench.settings->networks[1].tls = LinkTls::pin;
    bench.settings->networks[1].fingerprint = "cd";
    EngineBench& link = bench.dial("away");
    TlsFacts facts;
    facts.certificate_sha256 = "ab";
    link.event(TlsUp{facts});
    CHECK(has(trouble(), "its certificate is another one: sha256:ab; to change there: the "
                         "certificate it shows; or here: [irc.network.away] fingerprint"));
  }
}

TEST_CASE("irc probe: a look that is over has nothing to complain of") {
  Bench bench;
  bench.settings->networks[1].tls = LinkTls::pin;
  bench.settings->networks[1].fingerprint = "ab";
  OutboundContext context;
  context.lane = "away";
  context.look_only = true;
  EngineBench look(std::make_unique<Outbound>(context, bench.hub));
  look.event(Opened{"127.0.0.1", "127.0.0.1", 7200});
  SECTION("good") {
    TlsFacts facts;
    facts.certificate_sha256 = "ab";
    look.event(TlsUp{facts});
    look.event(Drain{});
    look.event(Closed{false, "closed"});
    CHECK(look.ends_.empty());
    CHECK(bench.side("away").trouble().what.empty());
  }
  SECTION("not TLS") {
    look.event(Closed{true, "wrong version number"});
    REQUIRE(look.ends_.size() == 1);
    CHECK(has(look.ends_[0].what, "it speaks plain text there"));
  }
}

TEST_CASE("irc 11 an ERROR of ours is short and printable, whatever the name that is refused") {
  Bench bench;
  EngineBench& link = bench.accept();
  const std::string told = bench.say(
      link, "PASS x\nCAPAB :ENCAP\nSERVER " + std::string(150, '\x02') + ".example 1 3HY + :x\n");
  REQUIRE(has(told, "ERROR :"));
  CHECK(told.size() <= limits::error_bytes_max + 10);
  CHECK_FALSE(has(told, "\x02"));
}

}  // namespace
}  // namespace hanse::irc
