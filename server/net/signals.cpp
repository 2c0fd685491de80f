// SPDX-License-Identifier: Apache-2.0
#include "server/net/signals.h"

#include <csignal>

#include "server/net/asio_seam.h"

namespace hanse::net {

struct Signals::State : std::enable_shared_from_this<Signals::State> {
  State(Shard& used, std::function<void()> on_terminate, std::function<void()> on_reload)
      : shard(used), set(used.parts().context, SIGTERM, SIGINT, SIGHUP),
        terminate(std::move(on_terminate)), reload(std::move(on_reload)) {}

  void wait() {
    set.async_wait([self = shared_from_this()](const std::error_code& cancelled, int number) {
      if (cancelled || self->closed) return;
      self->wait();  // first: what the callback starts may take long
      (number == SIGHUP ? self->reload : self->terminate)();
    });
  }

  Shard& shard;
  asio::signal_set set;
  std::function<void()> terminate, reload;
  bool closed = false;
};

Signals::Signals(Shard& shard, std::function<void()> terminate, std::function<void()> reload)
    : state_(std::make_shared<State>(shard, std::move(terminate), std::move(reload))) {
  std::signal(SIGPIPE, SIG_IGN);
  shard.post([state = state_] { state->wait(); });
}

Signals::~Signals() {
  Shard& shard = state_->shard;
  shard.post([state = std::move(state_)] {
    state->closed = true;
    state->set.cancel();
  });
}

}  // namespace hanse::net
