// SPDX-License-Identifier: Apache-2.0
#include "server/net/acceptor.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "server/base/limits.h"
#include "server/net/asio_seam.h"
#include "server/net/descriptor.h"
#include "server/net/inherited.h"
#include "server/net/socket.h"

namespace hanse::net {

namespace {

constexpr Duration shortage_said_every = std::chrono::minutes(1);

int open_reserve() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

}  // namespace

struct Acceptor::State : std::enable_shared_from_this<State> {
  State(Shard& used, const Listen& table, std::string name, std::vector<Connections*> to,
        Log& log_used)
      : shard(used), listen(table), protocol(std::move(name)), targets(std::move(to)),
        log(log_used), reserve(open_reserve()) {}
  ~State() {
    if (reserve >= 0) ::close(reserve);
  }

  void wait() {
    if (!socket.is_open()) return;
    socket.when_readable([self = shared_from_this()] { self->accept_all(); });
  }

  void accept_all() {
    std::vector<std::size_t> open;
    for (const Connections* target : targets) open.push_back(target->open());
    for (unsigned taken = 0; taken < limits::accepts_per_turn_max && socket.is_open(); ++taken) {
      const int native = ::accept4(socket.native(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (native >= 0) {
        choose(open).adopt(native, listen, protocol);
      } else if (errno == EMFILE || errno == ENFILE) {
        run_short();
        return;
      } else if (errno != ECONNABORTED && errno != EINTR) {
        break;
      }
    }
    wait();
  }

  // The shard that has the fewest; among equals each in turn. A connection and the one that takes
  // what it brings lie on different cores that way, whichever listeners they came by. `open` is as
  // of the beginning of the turn, and counts what the turn has added.
  Connections& choose(std::vector<std::size_t>& open) {
    ++next;
    std::size_t best = next % open.size();
    for (std::size_t i = 1; i < open.size(); ++i) {
      const std::size_t other = (next + i) % open.size();
      if (open[other] < open[best]) best = other;
    }
    ++open[best];
    return *targets[best];
  }

  // The reserve lets us take one waiting connection and close it, so that the peer does not wait
  // for nothing. Then the others get a second to end theirs. operations section 2
  void run_short() {
    if (reserve >= 0) ::close(reserve);
    const int native = ::accept4(socket.native(), nullptr, nullptr, SOCK_CLOEXEC);
    if (native >= 0) ::close(native);
    reserve = open_reserve();
    const Instant now = shard.parts().clock.now();
    if (!said_at || now - *said_at >= shortage_said_every) {
      said_at = now;
      log.write(Level::error, "conn.descriptors_used_up",
                "no file descriptor left: new connections wait; raise LimitNOFILE",
                {{"proto", protocol}});
    }
    shard.at(now + limits::descriptors_wait, [self = shared_from_this()] { self->wait(); });
  }

  Shard& shard;
  const Listen listen;
  const std::string protocol;
  const std::vector<Connections*> targets;
  Log& log;
  Descriptor socket;
  std::string address;
  int reserve;
  std::size_t next = 0;
  std::optional<Instant> said_at;
};

Acceptor::Acceptor(std::shared_ptr<State> state) : state_(std::move(state)) {}
Acceptor::~Acceptor() { close(); }

Result<std::unique_ptr<Acceptor>> Acceptor::listen(Shard& shard, const std::string& address,
                                                   const Listen& listen, std::string protocol,
                                                   std::vector<Connections*> targets, Log& log,
                                                   bool both) {
  const Result<SocketAddress> parsed = parse_socket_address(address);
  if (!parsed) return parsed.error();
  int native = take_inherited(inherited_sockets(), listen.table, *parsed);
  if (native < 0) {
    const Result<int> opened = open_listener(*parsed, both);
    if (!opened) return opened.error();
    native = *opened;
  }
  auto state = std::make_shared<State>(shard, listen, std::move(protocol), std::move(targets), log);
  state->address = to_text(net::local_address(native));
  state->socket = Descriptor(shard, native);
  shard.post([state] { state->wait(); });
  return std::unique_ptr<Acceptor>(new Acceptor(std::move(state)));
}

std::string Acceptor::local_address() const { return state_->address; }

void Acceptor::close() {
  state_->shard.post([state = state_] { state->socket.close(); });
}

}  // namespace hanse::net
