// SPDX-License-Identifier: Apache-2.0
#include "server/notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "server/base/quantity.h"

namespace hanse {

void notify_systemd(std::string_view state) {
  const char* path = std::getenv("NOTIFY_SOCKET");
  if (path == nullptr || (path[0] != '/' && path[0] != '@')) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::size_t length = std::strlen(path);
  if (length >= sizeof address.sun_path) return;
  std::memcpy(address.sun_path, path, length);
  if (path[0] == '@') address.sun_path[0] = '\0';  // the abstract name space

  const int descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return;
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
  // Nothing can be done about a supervisor that does not listen.
  if (::sendto(descriptor, state.data(), state.size(), MSG_NOSIGNAL,
               reinterpret_cast<const sockaddr*>(&address), size) < 0) {
    ::close(descriptor);
    return;
  }
  ::close(descriptor);
}

std::optional<Duration> beat_period() {
  using namespace std::chrono_literals;
  constexpr Duration longest = 10s, shortest = 100ms;
  if (std::getenv("NOTIFY_SOCKET") == nullptr) return std::nullopt;
  const char* allowed = std::getenv("WATCHDOG_USEC");
  const Result<std::int64_t> microseconds = parse_integer(allowed == nullptr ? "" : allowed);
  if (!microseconds || *microseconds <= 0) return longest;
  // Compared as numbers first: what nobody would wait for cannot overflow then.
  if (*microseconds >= 3 * std::chrono::microseconds(longest).count()) return longest;
  return std::max(shortest, Duration(std::chrono::microseconds(*microseconds / 3)));
}

}  // namespace hanse
