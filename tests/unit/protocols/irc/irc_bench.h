// SPDX-License-Identifier: Apache-2.0
#pragma once

// Two networks, "home" and "away", and the engines that link to them, without sockets. The tests
// play both servers.

#include <memory>
#include <string>

#include "protocols/irc/hub.h"
#include "tests/unit/protocols/engine_bench.h"

namespace hanse::irc::test {

constexpr std::int64_t now_seconds = 1'795'229'193;

class HandClock final : public Clock {
 public:
  Instant now() const override { return {}; }
  UtcTime utc() const override { return from_unix_ms(seconds * 1000); }
  std::int64_t seconds = now_seconds;
};

// "home" is called at 127.0.0.1:7100 and "away" at 127.0.0.1:7200; #dev is one channel on both.
std::shared_ptr<IrcSettings> two_networks(const Clock& clock, DialectKind home, DialectKind away);

class Bench {
 public:
  explicit Bench(DialectKind home = DialectKind::inspircd, DialectKind away = DialectKind::hybrid);

  hanse::test::EngineBench& dial(const std::string& network);
  hanse::test::EngineBench& accept();       // a server that calls us

  // Feeds lines, a '\n' after each, and gives what went out on that link since.
  std::string say(hanse::test::EngineBench& link, const std::string& lines);
  std::string written(hanse::test::EngineBench& link);   // since the last time, on that link

  // The same until nothing more comes, with every PING answered and taken out.
  std::string settled(hanse::test::EngineBench& link);
  void settle(hanse::test::EngineBench& link, hanse::test::EngineBench* other);

  // Links both, home as InspIRCd 1AA and away as hybrid 3HY, with nobody there; nothing is left in
  // what was written.
  void link_both();
  hanse::test::EngineBench& link_home();
  hanse::test::EngineBench& link_away();

  Side& side(const std::string& network) { return *hub->side(network); }

  HandClock clock;
  std::shared_ptr<IrcSettings> settings;
  std::shared_ptr<Hub> hub;
  std::unique_ptr<hanse::test::EngineBench> home, away, called;
  // What went out on the link that was made last, since its SERVER, and on the other one meanwhile.
  std::string welcome, meanwhile;
};

// What was kept for a network, as its lane brings it.
Deliver work_of(const Submission& kept, DeliveryId id);

extern const std::string inspircd_capabilities;   // as InspIRCd 3.15 sends them, without CHALLENGE

}  // namespace hanse::irc::test
