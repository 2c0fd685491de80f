// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "server/net/resolver.h"

namespace hanse::net {

// The one seam to c-ares: raw queries to the configured servers with its timeouts, its tries and
// its change to TCP for cut answers, on the shard's loop. Thread: its shard.
class DnsChannel {
 public:
  DnsChannel(Shard& shard, const DnsSettings& settings, Log& log);
  ~DnsChannel();               // what is open is dropped without a call

  // `done` may be called before send() returns; an Error is always try_later.
  void send(const std::string& query, std::function<void(Result<std::string>)> done);
  bool trusted() const;        // AD of these servers may be believed (operations section 11)
  bool servers_changed() const;  // resolv.conf is in use and has been written since

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace hanse::net
