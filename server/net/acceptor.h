// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "server/net/connections.h"

namespace hanse::net {

// One listening socket, on one shard; hands each accepted socket to the shard that has the fewest
// connections, in turn among such. Takes a matching socket from LISTEN_FDS when systemd passed one.
// Keeps a reserve descriptor: on EMFILE it stops accepting for a second and says so once a minute.
class Acceptor {
 public:
  // `address` is "host:port" or "[v6]:port"; port 0 takes a free one. `both`: "[::]" takes IPv4.
  static Result<std::unique_ptr<Acceptor>> listen(Shard& shard, const std::string& address,
                                                  const Listen& listen, std::string protocol,
                                                  std::vector<Connections*> targets, Log& log,
                                                  bool both = false);
  ~Acceptor();
  std::string local_address() const;     // with the real port
  void close();                          // thread: any

 private:
  struct State;
  explicit Acceptor(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace hanse::net
