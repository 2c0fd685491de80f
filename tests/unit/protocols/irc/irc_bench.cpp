// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/protocols/irc/irc_bench.h"

#include "protocols/irc/inbound.h"
#include "protocols/irc/outbound.h"
#include "server/base/text.h"
#include "tests/catch.h"

namespace hanse::irc::test {

using hanse::test::EngineBench;

const std::string inspircd_capabilities =
    "CAPAB START 1205\n"
    "CAPAB MODULES :m_ircv3_ctctags.so\n"
    "CAPAB MODSUPPORT :m_services_account.so\n"
    "CAPAB CHANMODES :list:ban=b list:banexception=e param-set:limit=l param:key=k "
    "prefix:10000:voice=+v prefix:30000:op=@o simple:secret=s simple:topiclock=t "
    "simple:noextmsg=n simple:inviteonly=i simple:moderated=m\n"
    "CAPAB USERMODES :param-set:snomask=s simple:invisible=i simple:oper=o\n"
    "CAPAB CAPABILITIES :NICKMAX=30 CHANMAX=64 MAXMODES=20 IDENTMAX=10 MAXQUIT=255 MAXTOPIC=307 "
    "MAXKICK=255 MAXREAL=128 MAXAWAY=200 MAXHOST=64 MAXLINE=512 CASEMAPPING=rfc1459 GLOBOPS=0\n"
    "CAPAB END\n";

std::shared_ptr<IrcSettings> two_networks(const Clock& clock, DialectKind home,
                                          DialectKind away) {
  auto out = std::make_shared<IrcSettings>();
  const auto add = [&](std::string name, DialectKind dialect, std::string peer, std::string sid) {
    NetworkSettings one;
    one.name = name;
    one.dialect = dialect;
    one.own_name = "node.a.example";
    one.sid = "9RL";
    one.description = "relay node";
    one.peer = std::move(peer);
    one.places = {{"127.0.0.1", 7100}};
    one.autoconnect = true;
    one.send_password = "to-" + name;
    one.receive_password = "from-" + name;
    one.pseudo_name = name + ".node.a.example";
    one.pseudo_sid = std::move(sid);
    out->networks.push_back(std::move(one));
  };
  add("home", home, "insp.home.example", "9RA");
  add("away", away, "hyb.away.example", "9RB");
  out->junctions.push_back({"dev", Junction::nobody, {{0, "#dev"}, {1, "#dev"}}});
  out->clock = &clock;
  out->handshake_wait = std::chrono::seconds(20);
  out->burst_wait = std::chrono::seconds(120);
  out->ping_after = std::chrono::seconds(90);
  out->clock_skew_seconds_max = 60;
  return out;
}

Bench::Bench(DialectKind home_dialect, DialectKind away_dialect)
    : settings(two_networks(clock, home_dialect, away_dialect)),
      hub(std::make_shared<Hub>(settings)) {}

EngineBench& Bench::dial(const std::string& network) {
  OutboundContext context;
  context.lane = network;
  context.nonce = std::string(32, 'n');
  auto& place = network == "home" ? home : away;
  place = std::make_unique<EngineBench>(std::make_unique<Outbound>(context, hub));
  place->event(Opened{"127.0.0.1", "127.0.0.1", 7100});
  return *place;
}

EngineBench& Bench::accept() {
  InboundContext context;
  context.nonce = std::string(32, 'n');
  called = std::make_unique<EngineBench>(std::make_unique<Inbound>(context, hub));
  called->event(Opened{"127.0.0.1", "127.0.0.1", 40000});
  return *called;
}

std::string Bench::say(EngineBench& link, const std::string& lines) {
  link.feed(lines);
  return written(link);
}

std::string Bench::written(EngineBench& link) {
  // Each answer lets it write what waits for it and ask again.
  for (std::size_t open = link.open_.size(); open > 0; --open) link.answer_first(Heard{});
  std::string out = link.take_output();
  std::erase(out, '\r');
  return out;
}

namespace {
constexpr std::string_view home_pong = ":1AA PONG 9RL\n";
constexpr std::string_view away_pong = ":hyb.away.example PONG hyb.away.example :9RL\n";
}  // namespace

std::string Bench::settled(EngineBench& link) {
  std::string out;
  for (std::string more = written(link); !more.empty(); more = written(link)) {
    for (const std::string_view line : split(more, '\n')) {
      const bool asks = line.starts_with("PING ") || line.find(" PING ") < 30;
      if (asks) link.feed(&link == home.get() ? home_pong : away_pong);
      else if (!line.empty()) out.append(line).append("\n");
    }
  }
  return out;
}

void Bench::settle(EngineBench& link, EngineBench* other) {
  welcome.clear();
  meanwhile.clear();
  for (int round = 0; round < 3; ++round) {
    welcome += settled(link);
    if (other != nullptr) meanwhile += settled(*other);
  }
}

EngineBench& Bench::link_home() {
  EngineBench& link = dial("home");
  say(link, inspircd_capabilities + "SERVER insp.home.example from-home 0 1AA :Insp\n");
  link.feed(":1AA BURST " + std::to_string(clock.seconds) + "\n:1AA ENDBURST\n");
  REQUIRE(side("home").linked());
  settle(link, away.get());
  return link;
}

EngineBench& Bench::link_away() {
  EngineBench& link = dial("away");
  say(link, "PASS from-away\nCAPAB :TBURST ENCAP EOB RHOST HOP\n"
            "SERVER hyb.away.example 1 3HY + :hybrid\n");
  link.feed(":3HY SVINFO 6 6 0 :" + std::to_string(clock.seconds) + "\n:3HY EOB\n" +
            std::string(away_pong));
  REQUIRE(side("away").linked());
  settle(link, home.get());
  return link;
}

void Bench::link_both() {
  link_home();
  link_away();
  written(*home);
  written(*away);
}

Deliver work_of(const Submission& kept, DeliveryId id) {
  Work work;
  work.envelope = std::make_shared<const Envelope>(kept.envelope);
  work.body = kept.body;
  work.targets.push_back({id, kept.envelope.to.front(), 1});
  return {work};
}

}  // namespace hanse::irc::test
