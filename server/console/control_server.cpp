// SPDX-License-Identifier: Apache-2.0
#include "server/console/control_server.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <thread>
#include <vector>

#include "server/base/limits.h"
#include "server/base/text.h"
#include "server/console/commands.h"
#include "server/console/control_socket.h"
#include "server/console/sockets.h"

namespace hanse::console {

namespace {

constexpr Duration accept_pause = std::chrono::seconds(1);

}  // namespace

struct ControlServer::State {
  State(ControlSocket where, Node& served, Descriptor listening)
      : socket(std::move(where)), node(served), listener(std::move(listening)) {}

  void work();                       // of each thread, until stopped
  void accept_one();
  void serve(int connection);
  void answer(int connection, std::string_view line, const std::string& who);
  void send(int connection, const std::string& line, bool& open);

  ControlSocket socket;
  Node& node;
  Descriptor listener;
  StopSignal stop;
  std::vector<std::thread> threads;
};

Result<std::unique_ptr<ControlServer>> ControlServer::open(const ControlSocket& socket,
                                                           Node& node) {
  Result<Descriptor> listener = listen_on(socket);
  if (!listener) return listener.error();
  auto state = std::make_unique<State>(socket, node, *std::move(listener));
  return std::unique_ptr<ControlServer>(new ControlServer(std::move(state)));
}

ControlServer::ControlServer(std::unique_ptr<State> state) : state_(std::move(state)) {
  // What operators do is written down whatever the level of the other events is.
  state_->node.view.log().set_level("audit", Level::debug);
  for (std::size_t i = 0; i < limits::control_threads; ++i) {
    state_->threads.emplace_back([this] { state_->work(); });
  }
}

ControlServer::~ControlServer() {
  state_->stop.raise();
  for (std::thread& thread : state_->threads) thread.join();
  ::unlink(state_->socket.path.c_str());
}

void ControlServer::State::work() {
  const SystemClock clock;
  while (true) {
    const Waited waited = wait_for(listener.get(), POLLIN, stop.descriptor(),
                                   clock.now() + std::chrono::hours(1));
    if (waited == Waited::stopped) return;
    if (waited == Waited::ready) accept_one();
  }
}

// Another thread may have been quicker: the listener does not block.
void ControlServer::State::accept_one() {
  const Descriptor connection(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!connection.valid()) {
    // Out of descriptors the listener stays readable: do not spin on it.
    const bool quicker = errno == EAGAIN || errno == EINTR || errno == ECONNABORTED;
    if (!quicker) wait_for(-1, 0, stop.descriptor(), SystemClock().now() + accept_pause);
    return;
  }
  try {
    serve(connection.get());
  } catch (const std::exception& bug) {
    node.view.log().write(Level::error, "console.failed", bug.what());
  }
}

void ControlServer::State::serve(int connection) {
  const SystemClock clock;
  bool open = true;
  const Caller caller = caller_of(connection, socket.group);
  LineReader reader(connection, stop.descriptor(), limits::control_request_bytes_max);
  const Result<std::string> line = reader.next(clock.now() + limits::control_read_wait_max);
  if (!line) return;
  if (!caller.permitted) {
    node.view.log().write(Level::warning, "audit.refused", "may not use the console",
                          {{"who", std::string_view(caller.who)}});
    send(connection, ended_line({Exit::not_permitted, "not permitted: " + caller.who, ""}), open);
    return;
  }
  answer(connection, *line, caller.who);
}

void ControlServer::State::answer(int connection, std::string_view line, const std::string& who) {
  bool open = true;
  Result<Request> request = parse_request(line);
  if (!request) return send(connection, ended_line(usage(request.error().what)), open);
  request->who = who;
  const Ended ended = perform(node, *request, [&](Json item) {
    Json whole = {{"v", 1}};
    whole.update(item);
    send(connection, to_line(whole), open);
    return open;
  });
  send(connection, ended_line(ended), open);
}

void ControlServer::State::send(int connection, const std::string& line, bool& open) {
  if (!open) return;
  open = write_all(connection, line + "\n", stop.descriptor(), limits::control_write_wait_max)
             .has_value();
}

}  // namespace hanse::console
