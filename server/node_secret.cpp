// SPDX-License-Identifier: Apache-2.0
#include "server/node_secret.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "server/base/digest.h"

namespace hanse {

namespace {

constexpr std::size_t secret_octets = 32;

Error trouble(const std::string& path, const char* what) {
  return {Fault::never, path + ": " + what + ": " + std::strerror(errno)};
}

// Written beside its place and moved there whole: a start that breaks off leaves none or all of it.
Result<Secret> make_secret(const std::string& path) {
  const std::string fresh = path + ".new";
  const Secret secret = random_octets(secret_octets);
  const int file = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return trouble(fresh, "cannot be made");
  const bool written = ::write(file, secret.text().data(), secret_octets) ==
                           static_cast<ssize_t>(secret_octets) &&
                       ::fsync(file) == 0;
  ::close(file);
  if (!written) return trouble(fresh, "cannot be written");
  if (::rename(fresh.c_str(), path.c_str()) != 0) return trouble(path, "cannot be made");
  return secret;
}

}  // namespace

Result<Secret> node_secret(const std::string& data_directory) {
  if (::mkdir(data_directory.c_str(), 0700) != 0 && errno != EEXIST)
    return trouble(data_directory, "cannot be made");
  const std::string path = data_directory + "/node.secret";
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0 && errno == ENOENT) return make_secret(path);
  if (file < 0) return trouble(path, "cannot be read");
  struct stat status {};
  std::string bytes(secret_octets + 1, '\0');
  const bool known = ::fstat(file, &status) == 0;
  const ssize_t length = ::read(file, bytes.data(), bytes.size());
  ::close(file);
  bytes.resize(secret_octets);
  Secret secret(std::move(bytes));
  if (!known || (status.st_mode & 077) != 0)
    return Error{Fault::never, path + ": others may read it; chmod 600 it"};
  if (length != static_cast<ssize_t>(secret_octets))
    return Error{Fault::never, path + ": is not 32 octets long; restore it, or remove it to have "
                                      "a new one made"};
  return secret;
}

}  // namespace hanse
