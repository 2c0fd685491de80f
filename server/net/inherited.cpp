// SPDX-License-Identifier: Apache-2.0
#include "server/net/inherited.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>

#include "server/base/text.h"

namespace hanse::net {

namespace {

constexpr int first_descriptor = 3;  // behind standard input, output and error
constexpr int descriptors_max = 64;

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

bool is_free_listener(int descriptor) {
  const int flags = ::fcntl(descriptor, F_GETFD);
  int listens = 0;
  socklen_t size = sizeof listens;
  return flags >= 0 && (flags & FD_CLOEXEC) == 0 &&
         getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens != 0;
}

}  // namespace

std::vector<InheritedSocket> inherited_sockets() {
  const Result<std::int64_t> pid = parse_integer(environment("LISTEN_PID"));
  const Result<std::int64_t> count = parse_integer(environment("LISTEN_FDS"));
  if (!pid || *pid != ::getpid() || !count || *count < 1 || *count > descriptors_max) return {};
  return inherited_sockets(first_descriptor, static_cast<int>(*count),
                           environment("LISTEN_FDNAMES"));
}

std::vector<InheritedSocket> inherited_sockets(int first, int count, std::string_view names) {
  const std::vector<std::string_view> each = split(names, ':');
  std::vector<InheritedSocket> out;
  for (int index = 0; index < count; ++index) {
    const int descriptor = first + index;
    if (!is_free_listener(descriptor)) continue;
    const std::size_t at = static_cast<std::size_t>(index);
    out.push_back({descriptor, at < each.size() ? std::string(each[at]) : std::string()});
  }
  return out;
}

int take_inherited(const std::vector<InheritedSocket>& sockets, std::string_view table,
                   const SocketAddress& address) {
  for (const InheritedSocket& socket : sockets) {
    if (socket.name != table && !(local_address(socket.descriptor) == address)) continue;
    ::fcntl(socket.descriptor, F_SETFD, FD_CLOEXEC);
    ::fcntl(socket.descriptor, F_SETFL, ::fcntl(socket.descriptor, F_GETFL) | O_NONBLOCK);
    return socket.descriptor;
  }
  return -1;
}

}  // namespace hanse::net
