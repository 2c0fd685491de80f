// SPDX-License-Identifier: Apache-2.0
#include "server/console/metrics_server.h"

#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <thread>
#include <vector>

#include "server/base/limits.h"
#include "server/base/text.h"
#include "server/console/health.h"
#include "server/console/sockets.h"

namespace hanse::console {
namespace {

constexpr Duration accept_pause = std::chrono::seconds(1);

struct Client {
  Descriptor socket;
  Instant deadline{};
  std::string input, output;
  bool done = false;
};

Error failed(std::string_view step, const std::string& address) {
  return {Fault::never, "metrics: " + std::string(step) + " " + escape_text(address) + ": " +
                            error_text(errno)};
}

struct Split { std::string host, port; };
Split split_address(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) return {};
  std::string host = address.substr(0, colon);
  if (host.size() > 1 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  return {host, address.substr(colon + 1)};
}

Result<Descriptor> listen_on(const std::string& address) {
  const Split split = split_address(address);
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (split.port.empty() ||
      ::getaddrinfo(split.host.c_str(), split.port.c_str(), &hints, &found) != 0) {
    return Error{Fault::never, "metrics: not an address: " + escape_text(address)};
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  Descriptor socket(::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int yes = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (::bind(socket.get(), found->ai_addr, found->ai_addrlen) != 0) {
    return failed("bind", address);
  }
  if (::listen(socket.get(), 16) != 0) return failed("listen on", address);
  return socket;
}

std::string name_of(int socket, const std::string& wanted) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  char port[NI_MAXSERV] = "";
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  if (::getsockname(socket, address, &size) != 0) return wanted;
  ::getnameinfo(address, size, nullptr, 0, port, sizeof port, NI_NUMERICSERV);
  return wanted.substr(0, wanted.rfind(':') + 1) + port;
}

}  // namespace

struct MetricsServer::State {
  State(Node& node, Descriptor socket, std::string address)
      : health(node), listener(std::move(socket)), local_address(std::move(address)) {}

  void work();                      // of the thread, until stopped
  bool wait();                      // false: stopped
  void accept_one();
  void move(Client& client);        // as far as the socket lets it
  void read(Client& client);
  void write(Client& client);

  Health health;
  Descriptor listener;
  std::string local_address;
  StopSignal stop;
  SystemClock clock;
  Instant accept_after{};
  std::vector<Client> clients;
  std::thread thread;
};

Result<std::unique_ptr<MetricsServer>> MetricsServer::open(const std::string& address,
                                                           Node& node) {
  Result<Descriptor> listener = listen_on(address);
  if (!listener) return listener.error();
  std::string local_address = name_of(listener->get(), address);
  auto state = std::make_unique<State>(node, *std::move(listener), std::move(local_address));
  return std::unique_ptr<MetricsServer>(new MetricsServer(std::move(state)));
}

MetricsServer::MetricsServer(std::unique_ptr<State> state) : state_(std::move(state)) {
  state_->thread = std::thread([this] { state_->work(); });
}

MetricsServer::~MetricsServer() {
  state_->stop.raise();
  state_->thread.join();
}

const std::string& MetricsServer::local_address() const { return state_->local_address; }

void MetricsServer::State::work() {
  while (wait()) {
    for (Client& client : clients) move(client);
    const Instant now = clock.now();
    std::erase_if(clients, [now](const Client& client) {
      return client.done || now >= client.deadline;
    });
    if (clients.size() < limits::metrics_connections_max) accept_one();
  }
}

bool MetricsServer::State::wait() {
  std::vector<pollfd> watched = {{stop.descriptor(), POLLIN, 0}};
  // A full house leaves newcomers in the kernel's queue until somebody is done.
  const bool pause = clock.now() < accept_after;
  const bool room = clients.size() < limits::metrics_connections_max && !pause;
  watched.push_back({room ? listener.get() : -1, POLLIN, 0});
  for (const Client& client : clients) {
    const int events = client.output.empty() ? POLLIN : POLLOUT;
    watched.push_back({client.socket.get(), static_cast<short>(events), 0});
  }
  const int wait_ms = clients.empty() && !pause ? -1 : 250;   // how often deadlines are seen
  ::poll(watched.data(), watched.size(), wait_ms);
  return watched.front().revents == 0;
}

void MetricsServer::State::accept_one() {
  Descriptor socket(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!socket.valid()) {
    // Out of descriptors the listener stays readable: do not spin on it.
    if (errno != EAGAIN) accept_after = clock.now() + accept_pause;
    return;
  }
  Client client;
  client.socket = std::move(socket);
  client.deadline = clock.now() + limits::metrics_wait_max;
  clients.push_back(std::move(client));
}

void MetricsServer::State::move(Client& client) {
  if (client.output.empty()) read(client);
  if (!client.done && !client.output.empty()) write(client);
}

void MetricsServer::State::read(Client& client) {
  char bytes[4096];
  const ssize_t count = ::recv(client.socket.get(), bytes, sizeof bytes, 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) {
    client.done = true;
    return;
  }
  client.input.append(bytes, static_cast<std::size_t>(count));
  const HttpRequest request = read_get(client.input);
  if (request.status == 200) client.output = health.answer(request.path);
  else if (request.status != 0) client.output = http_response(request.status, "text/plain", "");
}

void MetricsServer::State::write(Client& client) {
  const ssize_t count =
      ::send(client.socket.get(), client.output.data(), client.output.size(), MSG_NOSIGNAL);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  client.output.erase(0, static_cast<std::size_t>(std::max<ssize_t>(0, count)));
  client.done = count < 0 || client.output.empty();
}

}  // namespace hanse::console
