// SPDX-License-Identifier: Apache-2.0
#include "server/console/control_socket.h"

#include <grp.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <vector>

#include "server/base/text.h"

namespace hanse::console {
namespace {

constexpr mode_t socket_mode = 0660;
constexpr int backlog = 16;
constexpr std::size_t account_bytes_max = 16 * 1024;   // one line of passwd or group
constexpr int groups_max = 1024;

std::optional<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) return std::nullopt;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

std::optional<gid_t> group_id(const std::string& name) {
  if (name.empty()) return std::nullopt;
  group entry{};
  group* found = nullptr;
  std::vector<char> room(account_bytes_max);
  if (::getgrnam_r(name.c_str(), &entry, room.data(), room.size(), &found) != 0) {
    return std::nullopt;
  }
  return found == nullptr ? std::nullopt : std::optional(entry.gr_gid);
}

std::string user_name(uid_t uid) {
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> room(account_bytes_max);
  ::getpwuid_r(uid, &entry, room.data(), room.size(), &found);
  return found == nullptr ? "" : entry.pw_name;
}

bool is_member(const std::string& user, gid_t own, gid_t wanted) {
  if (own == wanted) return true;
  if (user.empty()) return false;
  std::vector<gid_t> groups(groups_max);
  int count = groups_max;
  if (::getgrouplist(user.c_str(), own, groups.data(), &count) < 0) return false;
  return std::find(groups.begin(), groups.begin() + count, wanted) != groups.begin() + count;
}

// The file of a node that has crashed is in the way; that of a living one is not ours to take.
Result<void> remove_stale(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return {};
  if (!S_ISSOCK(status.st_mode)) {
    return Error{Fault::never, escape_text(path) + " is there and is not a socket"};
  }
  const Result<Descriptor> answered = connect_to(path, std::chrono::seconds(1));
  if (answered || answered.error().fault != Fault::never) {
    return Error{Fault::refused, "another node answers on " + escape_text(path)};
  }
  ::unlink(path.c_str());
  return {};
}

}  // namespace

Result<Descriptor> listen_on(const ControlSocket& socket) {
  const auto failed = [&socket](std::string_view step) {
    return Error{Fault::never, std::string(step) + " " + escape_text(socket.path) + ": " +
                                   error_text(errno)};
  };
  const std::optional<sockaddr_un> address = address_of(socket.path);
  if (!address) return Error{Fault::never, "the control socket's path is empty or too long"};
  std::error_code ignored;   // bind says what is wrong with the folder
  std::filesystem::create_directories(std::filesystem::path(socket.path).parent_path(), ignored);
  if (Result<void> removed = remove_stale(socket.path); !removed) return removed.error();

  Descriptor listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  // The mode of the descriptor is the mode the file is made with: it is never wider than this,
  // and the umask of the other threads stays alone.
  if (!listener.valid() || ::fchmod(listener.get(), socket_mode) != 0) return failed("open");
  if (::bind(listener.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0) {
    return failed("bind");
  }
  // A node that is no member of the group cannot hand the file to it; root still gets in.
  if (const std::optional<gid_t> group = group_id(socket.group)) {
    if (::chown(socket.path.c_str(), static_cast<uid_t>(-1), *group) != 0) errno = 0;
  }
  if (::chmod(socket.path.c_str(), socket_mode) != 0) return failed("chmod");
  if (::listen(listener.get(), backlog) != 0) return failed("listen on");
  return listener;
}

Result<Descriptor> connect_to(const std::string& path, Duration patience) {
  const std::optional<sockaddr_un> address = address_of(path);
  if (!address) return Error{Fault::never, "the control socket's path is empty or too long"};
  Descriptor connection(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  // A full backlog makes connect() wait, at most as long as a send would.
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(patience);
  const timeval wait{seconds.count(), static_cast<suseconds_t>((patience - seconds).count())};
  ::setsockopt(connection.get(), SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
  if (::connect(connection.get(), reinterpret_cast<const sockaddr*>(&*address),
                sizeof *address) == 0) {
    return connection;
  }
  const int number = errno;
  const std::string what = escape_text(path) + ": " + error_text(number);
  if (number == EACCES || number == EPERM) return Error{Fault::refused, what};
  if (number == EAGAIN || number == EINTR) return Error{Fault::try_later, what};
  return Error{Fault::never, what};
}

Caller caller_of(int connection, const std::string& group) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
    return {"unknown", false};
  }
  const std::string user = user_name(credentials.uid);
  const std::string number = "uid " + std::to_string(credentials.uid);
  Caller caller{user.empty() ? number : user + " (" + number + ")", false};
  const std::optional<gid_t> wanted = group_id(group);
  caller.permitted = credentials.uid == 0 || credentials.uid == ::geteuid() ||
                     (wanted && is_member(user, credentials.gid, *wanted));
  return caller;
}

}  // namespace hanse::console
