// SPDX-License-Identifier: Apache-2.0
#include "server/net/dial_gate.h"

#include "server/base/limits.h"
#include "server/net/connection.h"

namespace hanse::net {

bool DialGate::enter(const std::string& protocol, const std::shared_ptr<Connection>& connection) {
  std::deque<std::weak_ptr<Connection>>& line = waiting_[protocol];
  if (line.empty() && census_->enter_dial(protocol)) return true;
  line.push_back(connection);
  look_soon(limits::deadline_sweep_every);   // another shard may make room
  return false;
}

// Whoever leaves may stand inside a turn of its own: the next goes on in another.
void DialGate::leave(const std::string& protocol) {
  census_->leave_dial(protocol);
  const auto line = waiting_.find(protocol);
  if (line != waiting_.end() && !line->second.empty()) look_soon(Duration::zero());
}

void DialGate::look_soon(Duration wait) {
  const Instant at = clock_.now() + wait;
  if (at >= looks_at_) return;
  looks_at_ = at;
  shard_.at(at, [this, token = std::weak_ptr(alive_)] {
    if (!token.expired()) look();
  });
}

void DialGate::look() {
  looks_at_ = Instant::max();
  bool some_wait = false;
  for (auto& [protocol, line] : waiting_) {
    while (!line.empty() && admit_from(protocol, line)) line.pop_front();
    some_wait |= !line.empty();
  }
  if (some_wait) look_soon(limits::deadline_sweep_every);
}

// True: the first in the line has gone on, or has gone.
bool DialGate::admit_from(const std::string& protocol,
                          std::deque<std::weak_ptr<Connection>>& line) {
  const std::shared_ptr<Connection> first = line.front().lock();
  if (first == nullptr || !first->waits_to_dial()) return true;
  if (!census_->enter_dial(protocol)) return false;
  first->go_on();
  return true;
}

}  // namespace hanse::net
