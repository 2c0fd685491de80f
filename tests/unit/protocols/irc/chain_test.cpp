// SPDX-License-Identifier: Apache-2.0
// Three nodes in a row, A - B - C, with a network of its own at each end: the ends hear each other,
// each line once, and nothing comes back or goes round.
#include <algorithm>

#include "protocols/irc/inbound.h"
#include "protocols/irc/outbound.h"
#include "protocols/irc/views.h"
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
    for (const char* last : {"7", "8", "9"})
      node.settings->further_sids.push_back(networks[0].sid.substr(0, 1) + "Z" + last);
    node.settings->networks = std::move(networks);
    node.hub = std::make_shared<Hub>(node.settings);
    for (const NetworkSettings& one : node.settings->networks) dial(node, one.name);
  }

  // Who calls matters not here: the first of two in the row does.
  void dial(ChainNode& node, const std::string& name) {
    const NetworkSettings& one = *node.settings->network(name);
    std::unique_ptr<Engine> engine;
    if (one.peer > one.own_name) {
      OutboundContext context;
      context.lane = one.name;
      context.nonce = std::string(32, 'n');
      engine = std::make_unique<Outbound>(context, node.hub);
    } else {
      InboundContext context;
      context.nonce = std::string(32, 'n');
      engine = std::make_unique<Inbound>(context, node.hub);
    }
    node.links[name] = std::make_unique<EngineBench>(std::move(engine));
    node.links[name]->event(Opened{"127.0.0.1", "127.0.0.1", 7100});
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

TEST_CASE("irc 9 three nodes in a row: the ends hear each other, each line once, nothing loops") {
  Chain chain;
  for (int number = 0; number < 5; ++number) {
    const std::string text = "line " + std::to_string(number);
    chain.a.links["left"]->feed(":7LLAAAAAA PRIVMSG #dev :" + text + "\n");
    chain.run();
    CHECK(count(chain.wires[0], text) == 1);   // to the next node, once
    CHECK(count(chain.wires[2], text) == 1);   // and from there to the one behind it
    CHECK(count(chain.ends[1], text) == 1);
    for (const std::string& back : {chain.wires[3], chain.wires[1], chain.ends[0]})
      CHECK(count(back, text) == 0);
  }
  chain.c.links["right"]->feed(":8RRAAAAAA PRIVMSG #dev :from right\n");
  chain.run();
  for (const std::string& on : {chain.wires[3], chain.wires[1], chain.ends[0]})
    CHECK(count(on, "from right") == 1);
  for (const std::string& back : {chain.ends[1], chain.wires[2], chain.wires[0]})
    CHECK(count(back, "from right") == 0);
  CHECK(chain.b.hub->side("from-a")->model().find_nick("carol|left") != no_id);
  CHECK(chain.b.hub->side("to-c")->model().find_nick("dave|right") != no_id);
  // Nobody's name grows by the way.
  CHECK(chain.c.hub->side("right")->model().find_nick("carol|left") != no_id);
  CHECK(chain.a.hub->side("left")->model().find_nick("dave|right") != no_id);
}

TEST_CASE("irc 9 three nodes in a row: what people do reaches the other end") {
  Chain chain;
  EngineBench& left = *chain.a.links["left"];
  EngineBench& right = *chain.c.links["right"];
  Network& seen = chain.a.hub->side("left")->model();
  const auto uid = [&](const std::string& nick) {
    return std::string(seen.user(seen.find_nick(nick)).texts.get(UserText::uid));
  };
  left.feed(":7LLAAAAAA PRIVMSG " + uid("dave|right") + " :between us\n");
  chain.run();
  CHECK(count(chain.ends[1], " PRIVMSG 8RRAAAAAA :between us") == 1);
  right.feed(":8RRAAAAAA NICK dora :1795229300\n:8RRAAAAAA AWAY :at lunch\n");
  chain.run();
  REQUIRE(seen.find_nick("dora|right") != no_id);
  CHECK(seen.user(seen.find_nick("dora|right")).texts.get(UserText::away) == "at lunch");
  left.feed(":7LLAAAAAA TOPIC #dev :from left\n");
  chain.run();
  CHECK(count(chain.ends[1], "from left") == 1);
  left.feed(":7LLAAAAAA KICK #dev " + uid("dora|right") + " :enough\n");
  chain.run();
  CHECK(count(chain.ends[1], " KICK #dev 8RRAAAAAA :enough") == 1);
  const UserId dora = seen.find_nick("dora|right");   // is there for the answer to her words
  REQUIRE(dora != no_id);
  CHECK(seen.user(dora).channels.empty());
  right.feed(":8RR SJOIN 1795229120 #dev + :8RRAAAAAA\n");
  chain.run();
  CHECK_FALSE(seen.user(dora).channels.empty());
  right.feed(":8RRAAAAAA QUIT :good night\n");
  chain.run();
  CHECK(count(chain.ends[0], "QUIT :good night") == 1);
  CHECK(seen.find_nick("dora|right") == no_id);
}

TEST_CASE("irc 9 three nodes in a row: who is lost at one end goes by a split at the other") {
  Chain chain;
  chain.c.links["right"]->feed("ERROR :gone\n");
  chain.run();
  CHECK(count(chain.ends[0], "SQUIT 1Z") == 1);
  CHECK(count(chain.ends[0], "QUIT") == 1);   // and nobody by himself
  CHECK(chain.a.hub->side("left")->model().find_nick("dave|right") == no_id);
  // Back within the minute that other ways would have to wait: it is the same way.
  chain.dial(chain.c, "right");
  chain.join(*chain.c.links["right"], chain.ends[1], "y.right.example", "8RR", "3CC", "dave");
  chain.run();
  CHECK(chain.a.hub->side("left")->model().find_nick("dave|right") != no_id);
}

TEST_CASE("irc 9 people of a network go on by one way, and not where that leads back") {
  Chain chain;
  const auto told = [&](const ChainNode& node) {
    std::string out;
    for (const std::string& line : explain_channel(*node.hub, "#dev")) out += line + "\n";
    return out;
  };
  CHECK(told(chain.b).find("left is brought to from-a by a.example, not by this node, and goes on "
                           "from here to to-c") != std::string::npos);
  CHECK(told(chain.a).find("to-c") == std::string::npos);   // between two nodes is nobody
  EngineBench& left = *chain.a.links["left"];
  const auto bring = [&](const std::string& sid, const std::string& name, const std::string& who) {
    left.feed(":7LL SID " + name + " 2 " + sid + " + :" + who + "\n");
    chain.run();
  };
  bring("5X1", "x1.other.example", "people of right, relayed by m.example");
  CHECK(told(chain.a).find("right is brought to left by m.example, not by this node, and does not "
                           "go on from here: they come by toward-b") != std::string::npos);
  bring("5X2", "x2.other.example", "people of toward-b, relayed by m.example");
  CHECK(told(chain.a).find("a network of that name is linked here") != std::string::npos);
  bring("5X3", "x3.other.example", "people of left, relayed by m.example");
  CHECK(told(chain.a).find("its own people come back to it") != std::string::npos);
  bring("5X4", "x4.other.example", "people of deep (8), relayed by m.example");
  CHECK(told(chain.a).find("they have come by too many nodes") != std::string::npos);
  bring("5X5", "x5.other.example", "people of mine (2), relayed by a.example");
  CHECK(told(chain.a).find("it was this node that brought them") != std::string::npos);
  CHECK(count(chain.wires[0], " SID ") == 0);   // none of them goes on
  bring("5X6", "x6.other.example", "people of north (2), relayed by m.example");
  CHECK(count(chain.wires[0], "people of north (3), relayed by a.example") == 1);
  CHECK(count(chain.wires[2], "people of north (4), relayed by b.example") == 1);
  CHECK(count(chain.ends[1], "people of north (5), relayed by c.example") == 1);
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
