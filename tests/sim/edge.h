// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>

#include "tests/sim/doors.h"
#include "tests/sim/network.h"

namespace hanse::sim {

// How an edge treats those who bring it mail; in percent.
struct EdgeManner {
  unsigned closes = 0;              // without a word
  unsigned busy = 0;                // 421 instead of a greeting
  unsigned recipient_later = 0;     // 450 to a recipient
  unsigned message_later = 0;       // 451 after the final dot
  unsigned message_never = 0;       // 554 after the final dot; never to a report
  unsigned vanishes = 0;            // after the final dot, without an answer
  Duration thinks_max = std::chrono::milliseconds(20);
};

// The mail server behind a node, where messages end: the real receiving engine over a mailbox in
// memory, which is the auditor. Recipients that begin with "dead" it refuses for good, always.
class Edge {
 public:
  Edge(Timeline& timeline, Network& network, Auditor& auditor, Log& log, Random& random,
       std::string address, std::shared_ptr<const ProtocolRoom> room);

  void set_manner(const EdgeManner& manner) { manner_ = manner; }
  std::size_t timers() const { return executor_.pending(); }
  const NodeClock& clock() const { return clock_; }

  static constexpr std::string_view dead_mark = "dead";

 private:
  class Mailbox;
  void accept(End end);
  bool chance(unsigned percent) { return random_.below(100) < percent; }

  Auditor& auditor_;
  Random& random_;
  NodeClock clock_;
  SimExecutor executor_;
  EdgeManner manner_;
  Doors doors_;
};

}  // namespace hanse::sim
