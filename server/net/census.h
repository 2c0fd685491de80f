// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "server/net/connection_rates.h"

namespace hanse::net {

struct ConnectionLimits;
struct SocketAddress;

enum class Admission : std::uint8_t {
  welcome,
  busy,      // over a bound: the engine says so in its protocol's words
  turned_away,  // far over it: no engine, no words
};

// Counts the connections of the whole node against its bounds. Thread: any.
class Census {
 public:
  Census();

  struct Ticket {
    Admission admission = Admission::welcome;
    bool too_often = false;              // not welcome for the rate alone
    bool crowded = false;                // over four fifths of the bound
    std::string_view reason;             // "total", "prefix", "rate", for the metric
    std::string prefix;                  // empty: not counted by prefix
  };

  Ticket enter(const SocketAddress& remote, const ConnectionLimits& limits, Instant now);
  void enter_outgoing();
  bool enter_dial(const std::string& protocol);   // false: as many as may be are on their way
  void leave_dial(const std::string& protocol);
  void leave(const std::string& prefix);
  void leave_prefix(const std::string& prefix);   // it stays, and is not counted there any more
  std::size_t total() const;
  // Over four fifths of the bound, until under seven tenths again. Costs no lock.
  bool crowded() const { return crowded_.load(std::memory_order_relaxed); }

  // An incoming connection has turned out to be this peer's; false: it has as many as it may, and
  // this one is not counted.
  bool enter_peer(const std::string& peer, const ConnectionLimits& limits);
  void leave_peer(const std::string& peer);

 private:
  void look_around();
  void forget_prefix(const std::string& prefix);
  void judge_prefix(const ConnectionLimits& limits, Instant now, Ticket& ticket);

  const std::size_t connections_max_of_system_;   // 80 % of RLIMIT_NOFILE, asked once
  mutable std::mutex mutex_;
  std::size_t total_ = 0;
  std::size_t most_ = 0;                          // as of the last who came in
  std::atomic<bool> crowded_{false};
  std::map<std::string, std::size_t> by_prefix_, by_peer_, dials_;
  ConnectionRates rates_;
};

}  // namespace hanse::net
