// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>

#include "server/net/census.h"
#include "server/net/shard.h"

namespace hanse::net {

class Connection;

// Lets so many connections of one protocol be on their way at once (xmpp 9.4), and the others of
// its shard follow in their order. The places are the node's: the census counts them. Thread: the
// shard.
class DialGate {
 public:
  DialGate(Shard& shard, const Clock& clock, std::shared_ptr<Census> census)
      : shard_(shard), clock_(clock), census_(std::move(census)) {}

  // False: it waits, and is told to go on when it is its turn.
  bool enter(const std::string& protocol, const std::shared_ptr<Connection>& connection);
  void leave(const std::string& protocol);
  void close() { waiting_.clear(); }

 private:
  void look_soon(Duration wait);
  void look();
  bool admit_from(const std::string& protocol, std::deque<std::weak_ptr<Connection>>& line);

  Shard& shard_;
  const Clock& clock_;
  const std::shared_ptr<Census> census_;
  std::map<std::string, std::deque<std::weak_ptr<Connection>>> waiting_;   // by protocol
  Instant looks_at_ = Instant::max();
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace hanse::net
