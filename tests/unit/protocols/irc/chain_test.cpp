// SPDX-License-Identifier: Apache-2.0
// Three nodes in a row, A - B - C, with a network of its own at each: what is said on one crosses
// to the next node once, goes nowhere a second time, and never comes back.
#include <algorithm>

#include "protocols/irc/inbound.h"
#include "protocols/irc/outbound.h"
#include "server/base/text.h"
#include "tests/catch.h"
#include "tests/unit/protocols/irc/irc_bench.h"

namespace hanse::irc {
namespace {

using hanse::test::EngineBench;

// One node: networks by name, all of one channel, and the engine of each link.
struct ChainNode {
  std::shared_ptr<IrcSettings> settings;
  std::shared_ptr<Hub> hub;
  std::map<std::string, std::unique_ptr<EngineBench>> links;
};

struct Chain {
  test::HandClock clock;
  ChainNode a, b, c;
  std::string ends[2];              // what the networks at the ends were sent
  std::string wires[4];             // a to b, b to a, b to c, c to b: all that went there

  NetworkSettings network(const std::string& name, const std::string& own, const std::string& peer,
                          const std::string& sid, const std::string& pseudo) const {
    NetworkSettings out = test::two_networks(clock, DialectKind::hybrid, DialectKind::hybrid)
                              ->networks[0];
    out.name = name;
    out.own_name = own;
    out.description = "relay node [hanse]";
    out.peer = peer;
    out.sid = sid;
    out.pseudo_name = name + "." + own;
    out.pseudo_sid = pseudo;
    out.send_password = out.receive_password = std::string("same");
    return out;
  }

  void make(ChainNode& node, std::vector<NetworkSettings> networks) {
    node.settings = test::two_networks(clock, DialectKind::hybrid, DialectKind::hybrid);
    Junction& junction = node.settings->junctions[0];
    junction.members.clear();
    for (std::size_t at = 0; at < networks.size(); ++at) junction.members.push_back({at, "#dev"});
    node.settings->networks = std::move(networks);
    node.hub = std::make_shared<Hub>(node.settings);
    for (const NetworkSettings& one : node.settings->networks) {
      // Who calls matters not here: the first of two in the row does.
      const bool dials = one.peer > one.own_name;
      std::unique_ptr<Engine> engine;
      if (dials) {
        OutboundContext context;
        context.lane = one.name;
        context.nonce = std::string(32, 'n');
        engine = std::make_unique<Outbound>(context, node.hub);
      } else {
        InboundContext context;
        context.nonce = std::string(32, 'n');
        engine = std::make_unique<Inbound>(context, node.hub);
      }
      node.links[one.name] = std::make_unique<EngineBench>(std::move(engine));
      node.links[one.name]->event(Opened{"127.0.0.1", "127.0.0.1", 7100});
    }
  }

  Chain() {
    make(a, {network("left", "a.example", "x.left.example", "1AA", "1A1"),
             network("toward-b", "a.example", "b.example", "1AA", "1A2")});
    make(b, {network("from-a", "b.example", "a.example", "2BB", "2B1"),
             network("to-c", "b.example", "c.example", "2BB", "2B2")});
    make(c, {network("from-b", "c.example", "b.example", "3CC", "3C1"),
             network("right", "c.example", "y.right.example", "3CC", "3C2")});
    join(*a.links["left"], ends[0], "x.left.example", "7LL", "1AA", "carol");
    join(*c.links["right"], ends[1], "y.right.example", "8RR", "3CC", "dave");
    run();
    for (const auto& node : {&a, &b, &c})
      for (const auto& side : node->hub->sides()) {
        CAPTURE(side->settings().own_name, side->settings().name);
        REQUIRE(side->linked());
      }
    for (std::string& one : ends) one.clear();
    for (std::string& one : wires) one.clear();
  }

  // A network at the end, and one person in its channel.
  void join(EngineBench& link, std::string& sent, const std::string& name, const std::string& sid,
            const std::string& ours, const std::string& nick) {
    const std::string now = std::to_string(clock.seconds);
    pump(link, sent);
    link.feed("PASS same\nCAPAB :TBURST ENCAP EOB RHOST HOP\nSERVER " + name + " 1 " + sid +
              " + :end\n:" + sid + " SVINFO 6 6 0 :" + now + "\n:" + sid + " UID " + nick +
              " 1 1795229110 +i " + nick + " h.example h.example 192.0.2.2 " + sid + "AAAAAA * :" +
              nick + "\n:" + sid + " SJOIN 1795229120 #dev +nt :" + sid + "AAAAAA\n:" + sid +
              " EOB\n:" + name + " PONG " + name + " :" + ours + "\n");
  }

  // What an end of the row is sent; its PINGs are answered.
  bool pump_end(EngineBench& link, std::string& sent, const std::string& name,
                const std::string& ours) {
    std::string piece;
    const bool any = pump(link, piece);
    for (const std::string_view line : split(piece, '\n'))
      if (line.find("PING ") < 10)
        link.feed(":" + name + " PONG " + name + " :" + ours + "\n");
    sent += piece;
    return any;
  }
  static bool pump(EngineBench& link, std::string& out) {
    for (std::size_t open = link.open_.size(); open > 0; --open) link.answer_first(Heard{});
    std::string piece = link.take_output();
    out += piece;
    return !piece.empty();
  }
  bool carry(EngineBench& from, EngineBench& to, std::string& all) {
    std::string piece;
    if (!pump(from, piece)) return false;
    all += piece;
    to.feed(piece);
    return true;
  }
  void run() {
    for (int round = 0; round < 1000; ++round) {
      bool any = pump_end(*a.links["left"], ends[0], "x.left.example", "1AA");
      any |= pump_end(*c.links["right"], ends[1], "y.right.example", "3CC");
      any |= carry(*a.links["toward-b"], *b.links["from-a"], wires[0]);
      any |= carry(*b.links["from-a"], *a.links["toward-b"], wires[1]);
      any |= carry(*b.links["to-c"], *c.links["from-b"], wires[2]);
      any |= carry(*c.links["from-b"], *b.links["to-c"], wires[3]);
      if (!any) return;
    }
    FAIL("it never ends: something loops");
  }
};

std::size_t count(std::string_view text, std::string_view word) {
  std::size_t out = 0;
  for (std::size_t at = text.find(word); at != std::string_view::npos;
       at = text.find(word, at + 1))
    ++out;
  return out;
}

TEST_CASE("irc 9 three nodes in a row: a line crosses once, and nothing loops") {
  Chain chain;
  for (int number = 0; number < 5; ++number) {
    const std::string text = "line " + std::to_string(number);
    chain.a.links["left"]->feed(":7LLAAAAAA PRIVMSG #dev :" + text + "\n");
    chain.run();
    CHECK(count(chain.wires[0], text) == 1);   // to the next node, once
    CHECK(count(chain.ends[0], text) == 0);    // never back
    CHECK(count(chain.wires[1], text) == 0);
    CHECK(count(chain.wires[2], text) == 0);   // and not from node to node: it is relayed already
    CHECK(count(chain.ends[1], text) == 0);
  }
  chain.c.links["right"]->feed(":8RRAAAAAA PRIVMSG #dev :from right\n");
  chain.run();
  CHECK(count(chain.wires[3], "from right") == 1);
  for (const std::string& one : {chain.ends[1], chain.wires[2], chain.wires[1], chain.ends[0]})
    CHECK(count(one, "from right") == 0);
  CHECK(chain.b.hub->side("from-a")->model().find_nick("carol|left") != no_id);
  CHECK(chain.b.hub->side("to-c")->model().find_nick("dave|right") != no_id);
}

TEST_CASE("irc 9 three nodes in a row: a line that comes back under another's name is not taken") {
  Chain chain;
  // As if B told A what A has told it.
  chain.a.links["toward-b"]->feed(":1A1AAAAAA PRIVMSG #dev :again\n");
  chain.run();
  CHECK(count(chain.ends[0], "again") == 0);
  CHECK(chain.a.links["toward-b"]->log_.find("irc.dropped") != std::string::npos);
}

}  // namespace
}  // namespace hanse::irc
