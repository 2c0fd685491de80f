// SPDX-License-Identifier: Apache-2.0
#include "server/console/sockets.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace hanse::console {

Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

std::string error_text(int number) { return std::generic_category().message(number); }

Waited wait_for(int descriptor, short events, int stop, Instant deadline) {
  const SystemClock clock;
  while (true) {
    const Duration left = deadline - clock.now();
    if (left <= Duration::zero()) return Waited::timeout;
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
    pollfd watched[2] = {{descriptor, events, 0}, {stop, POLLIN, 0}};
    const int found = ::poll(watched, 2, static_cast<int>(std::min<std::int64_t>(ms, 60'000)));
    if (found > 0 && watched[1].revents != 0) return Waited::stopped;
    if (found > 0) return Waited::ready;
    if (found < 0 && errno != EINTR) return Waited::stopped;
  }
}

Result<std::string> LineReader::next(Instant deadline) {
  while (true) {
    const std::size_t end = held_.find('\n', searched_);
    if (end != std::string::npos) {
      std::string line = held_.substr(0, end);
      held_.erase(0, end + 1);
      searched_ = 0;
      return line;
    }
    searched_ = held_.size();
    if (held_.size() > line_bytes_max_) return Error{Fault::overloaded, "line too long"};
    if (Result<void> filled = fill(deadline); !filled) return filled.error();
  }
}

Result<void> LineReader::fill(Instant deadline) {
  const Waited waited = wait_for(descriptor_, POLLIN, stop_, deadline);
  if (waited == Waited::timeout) return Error{Fault::try_later, "no answer in time"};
  if (waited == Waited::stopped) return Error{Fault::never, "stopped"};
  char bytes[16 * 1024];
  const ssize_t count = ::recv(descriptor_, bytes, sizeof bytes, 0);
  if (count > 0) held_.append(bytes, static_cast<std::size_t>(count));
  else if (count == 0) return Error{Fault::never, "connection closed"};
  else if (errno != EINTR && errno != EAGAIN) return Error{Fault::never, error_text(errno)};
  return {};
}

Result<void> write_all(int descriptor, std::string_view bytes, int stop, Duration patience) {
  const SystemClock clock;
  while (!bytes.empty()) {
    const ssize_t count = ::send(descriptor, bytes.data(), bytes.size(),
                                 MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return Error{Fault::never, error_text(errno)};
    if (wait_for(descriptor, POLLOUT, stop, clock.now() + patience) != Waited::ready) {
      return Error{Fault::try_later, "the other side does not read"};
    }
  }
  return {};
}

StopSignal::StopSignal() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe: " + error_text(errno));
  reader_ = Descriptor(ends[0]);
  writer_ = Descriptor(ends[1]);
}

}  // namespace hanse::console
