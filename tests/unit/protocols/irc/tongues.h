// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a server of each software says, for tests that hold whatever the peer speaks.

#include <string>
#include <vector>

#include "tests/unit/protocols/irc/irc_bench.h"

namespace hanse::irc::test {

// How the peer "away" writes what these tests need.
struct Tongue {
  DialectKind kind;
  std::string us, peer, foreign;   // ids, or names: of this node, of it, of a server nobody knows
  std::string hello;               // handshake and burst
  bool ids = true, dates = true, saves = false;
};
std::vector<Tongue> tongues();
std::string user(const Tongue& tongue, const std::string& nick, const std::string& uid,
                 const std::string& since, const std::string& ident = "u",
                 const std::string& address = "192.0.2.1");

// dave, ident dave, host h, since 1795229110, is at home and a puppet on the other side.
struct Meeting : Bench {
  explicit Meeting(const Tongue& tongue);
  Network& model() { return side("away").model(); }
  bool dropped() const { return away->log_.find("irc.dropped") != std::string::npos; }
  std::string name, uid;
  UserId puppet = no_id;
};

}  // namespace hanse::irc::test
