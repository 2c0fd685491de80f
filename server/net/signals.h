// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include "server/net/shard.h"

namespace hanse::net {

// SIGTERM, SIGINT: terminate (a second one: at once). SIGHUP: reload. SIGPIPE is ignored.
class Signals {
 public:
  Signals(Shard& shard, std::function<void()> terminate, std::function<void()> reload);
  ~Signals();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace hanse::net
