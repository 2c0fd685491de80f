// SPDX-License-Identifier: Apache-2.0
#include "server/net/resolver_channel.h"

// Newer releases mark the calls used here as old; they stay.
#define CARES_NO_DEPRECATED
#include <ares.h>
#include <sys/stat.h>

#include <map>

#include "server/base/limits.h"
#include "server/base/text.h"
#include "server/net/asio_seam.h"
#include "server/net/descriptor.h"

namespace hanse::net {

namespace {

constexpr const char* system_file = "/etc/resolv.conf";

timespec written_at() {
  struct stat info{};
  return ::stat(system_file, &info) == 0 ? info.st_mtim : timespec{};
}

std::string joined(const std::vector<std::string>& servers) {
  std::string out;
  for (const std::string& server : servers) out += (out.empty() ? "" : ",") + server;
  return out;
}

Error channel_error(int status) {
  if (status == ARES_ETIMEOUT) return {Fault::try_later, "no answer from the DNS server in time"};
  return {Fault::try_later, std::string("DNS: ") + ares_strerror(status)};
}

}  // namespace

struct DnsChannel::State {
  // One of the library's sockets. It belongs to the library; we only watch it.
  struct Socket {
    State* state = nullptr;        // null: the library has closed it
    Descriptor descriptor;
    bool wants_read = false, wants_write = false, read_waiting = false, write_waiting = false;
  };
  struct Question {
    State* state;
    std::function<void(Result<std::string>)> done;
  };

  State(Shard& used, const DnsSettings& settings, Log& log);
  ~State();
  void socket_changed(int native, bool readable, bool writable);
  static void wait(const std::shared_ptr<Socket>& socket);
  void process(int readable, int writable);
  void arm();

  Shard& shard;
  ares_channel channel = nullptr;
  std::map<int, std::shared_ptr<Socket>> sockets;
  TimerKey timer = 0;
  timespec file_written{};
  bool uses_file = false, trusts_all = false, ending = false;
};

DnsChannel::DnsChannel(Shard& shard, const DnsSettings& settings, Log& log)
    : state_(std::make_unique<State>(shard, settings, log)) {}
DnsChannel::~DnsChannel() = default;

DnsChannel::State::State(Shard& used, const DnsSettings& settings, Log& log)
    : shard(used), file_written(written_at()), uses_file(settings.servers.empty()),
      trusts_all(settings.trust_ad) {
  ares_options options{};
  // With one server its SERVFAIL is passed on; with several the next one is asked first.
  const bool one = settings.servers.size() == 1;
  options.flags = ARES_FLAG_EDNS | ARES_FLAG_NOSEARCH | (one ? ARES_FLAG_NOCHECKRESP : 0);
  options.ednspsz = static_cast<int>(limits::dns_query_udp_bytes);
  options.timeout = static_cast<int>(
      std::chrono::duration_cast<std::chrono::milliseconds>(settings.timeout).count());
  options.tries = static_cast<int>(settings.tries);
  options.sock_state_cb_data = this;
  options.sock_state_cb = [](void* data, ares_socket_t native, int readable, int writable) {
    static_cast<State*>(data)->socket_changed(native, readable != 0, writable != 0);
  };
  const int status = ares_init_options(
      &channel, &options,
      ARES_OPT_FLAGS | ARES_OPT_EDNSPSZ | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
          ARES_OPT_SOCK_STATE_CB);
  if (status != ARES_SUCCESS)
    throw std::runtime_error(std::string("DNS: ") + ares_strerror(status));
  const std::string servers = joined(settings.servers);
  if (!uses_file && ares_set_servers_ports_csv(channel, servers.c_str()) != ARES_SUCCESS)
    log.write(Level::error, "dns.bad_servers", servers);
}

DnsChannel::State::~State() {
  ending = true;
  if (timer != 0) shard.cancel(timer);
  ares_destroy(channel);
}

void DnsChannel::send(const std::string& query,
                      std::function<void(Result<std::string>)> done) {
  auto question = std::make_unique<State::Question>(State::Question{state_.get(), std::move(done)});
  ares_send(
      state_->channel, reinterpret_cast<const unsigned char*>(query.data()),
      static_cast<int>(query.size()),
      [](void* data, int status, int, unsigned char* bytes, int size) {
        const std::unique_ptr<State::Question> asked(static_cast<State::Question*>(data));
        if (asked->state->ending) return;
        if (bytes != nullptr && size > 0) {
          asked->done(std::string(reinterpret_cast<const char*>(bytes),
                                  static_cast<std::size_t>(size)));
        } else {
          asked->done(channel_error(status));
        }
      },
      question.release());
  state_->arm();
}

// The library opens, watches and forgets its sockets through this; (0, 0) comes before the close.
void DnsChannel::State::socket_changed(int native, bool readable, bool writable) {
  std::shared_ptr<Socket>& socket = sockets[native];
  if (!readable && !writable) {
    if (socket) {
      socket->state = nullptr;
      socket->descriptor.release();
    }
    sockets.erase(native);
    return;
  }
  if (!socket) {
    socket = std::make_shared<Socket>();
    socket->state = this;
    socket->descriptor = Descriptor(shard, native);
  }
  socket->wants_read = readable;
  socket->wants_write = writable;
  wait(socket);
}

void DnsChannel::State::wait(const std::shared_ptr<Socket>& socket) {
  const int native = socket->descriptor.native();
  if (socket->wants_read && !socket->read_waiting) {
    socket->read_waiting = true;
    socket->descriptor.when_readable([socket, native] {
      socket->read_waiting = false;
      if (socket->state != nullptr) socket->state->process(native, ARES_SOCKET_BAD);
      if (socket->state != nullptr) wait(socket);
    });
  }
  if (socket->wants_write && !socket->write_waiting) {
    socket->write_waiting = true;
    socket->descriptor.when_writable([socket, native] {
      socket->write_waiting = false;
      if (socket->state != nullptr) socket->state->process(ARES_SOCKET_BAD, native);
      if (socket->state != nullptr) wait(socket);
    });
  }
}

void DnsChannel::State::process(int readable, int writable) {
  ares_process_fd(channel, readable, writable);
  arm();
}

// The library says when it wants to look at its clock again.
void DnsChannel::State::arm() {
  if (timer != 0) shard.cancel(timer);
  timer = 0;
  timeval room{};
  const timeval* wait_max = ares_timeout(channel, nullptr, &room);
  if (wait_max == nullptr) return;
  const Duration after = std::chrono::seconds(wait_max->tv_sec) + Duration(wait_max->tv_usec);
  timer = shard.at(shard.parts().clock.now() + after, [this] {
    timer = 0;
    process(ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  });
}

bool DnsChannel::trusted() const {
  if (state_->trusts_all) return true;
  ares_addr_port_node* servers = nullptr;
  if (ares_get_servers_ports(state_->channel, &servers) != ARES_SUCCESS) return false;
  bool all_local = servers != nullptr;
  for (const ares_addr_port_node* at = servers; at != nullptr; at = at->next) {
    const auto* octets = reinterpret_cast<const unsigned char*>(&at->addr);
    const bool v4_local = at->family == AF_INET && octets[0] == 127;
    const bool v6_local =
        at->family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(reinterpret_cast<const in6_addr*>(octets));
    all_local = all_local && (v4_local || v6_local);
  }
  ares_free_data(servers);
  return all_local;
}

bool DnsChannel::servers_changed() const {
  if (!state_->uses_file) return false;
  const timespec now = written_at();
  return now.tv_sec != state_->file_written.tv_sec || now.tv_nsec != state_->file_written.tv_nsec;
}

}  // namespace hanse::net
