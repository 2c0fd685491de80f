// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "store/disk.h"

namespace hanse::store {

namespace {

constexpr mode_t directory_mode = 0700;
constexpr mode_t file_mode = 0600;

Error failure(const std::string& doing, const std::string& path, int code) {
  const bool full = code == ENOSPC || code == EDQUOT || code == EMFILE || code == ENFILE;
  return Error{full ? Fault::overloaded : Fault::broken,
               doing + " " + path + ": " + std::strerror(code)};
}

// After a failed sync nobody knows what is on the disk, whatever the reason was (D5).
Error sync_failure(const std::string& path, int code) {
  return Error{Fault::broken, failure("sync", path, code).what};
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() { if (number_ >= 0) ::close(number_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return number_; }

 private:
  int number_;
};

class RealFile final : public DiskFile {
 public:
  RealFile(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}

  Result<void> append(std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t written = ::write(descriptor_.get(), bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return failure("write", path_, errno);
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
  }

  void start_writeback() override {
    // Only a head start for sync(), which reports what goes wrong.
    (void)::sync_file_range(descriptor_.get(), 0, 0, SYNC_FILE_RANGE_WRITE);
  }

  Result<void> sync() override {
    if (::fdatasync(descriptor_.get()) != 0) return sync_failure(path_, errno);
    return {};
  }

 private:
  std::string path_;
  Descriptor descriptor_;
};

}  // namespace

Result<void> RealDisk::make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), directory_mode) == 0 || errno == EEXIST) return {};
  return failure("create directory", path, errno);
}

Result<std::unique_ptr<DiskFile>> RealDisk::create(const std::string& path) {
  const int number = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, file_mode);
  if (number < 0) return failure("create", path, errno);
  return std::unique_ptr<DiskFile>(std::make_unique<RealFile>(path, number));
}

Result<std::unique_ptr<DiskFile>> RealDisk::reuse(const std::string& from,
                                                  const std::string& to) {
  const int number = ::open(from.c_str(), O_WRONLY | O_CLOEXEC);
  if (number < 0) return failure("open", from, errno);
  auto file = std::make_unique<RealFile>(to, number);
  if (Result<void> named = rename(from, to); !named) return named.error();
  return std::unique_ptr<DiskFile>(std::move(file));
}

Result<void> RealDisk::rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return failure("rename", from, errno);
  return {};
}

Result<void> RealDisk::sync_directory(const std::string& path) {
  const Descriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0) return failure("open", path, errno);
  if (::fsync(directory.get()) != 0) return sync_failure(path, errno);
  return {};
}

Result<void> RealDisk::remove(const std::string& path) {
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
  return failure("remove", path, errno);
}

Result<void> RealDisk::punch(const std::string& path, std::uint64_t offset,
                             std::uint64_t length) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (file.get() < 0) return failure("open", path, errno);
  if (::fallocate(file.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                  static_cast<off_t>(offset), static_cast<off_t>(length)) != 0) {
    return failure("punch", path, errno);
  }
  return {};
}

Result<std::vector<Disk::Entry>> RealDisk::list(const std::string& path) {
  DIR* directory = ::opendir(path.c_str());
  if (directory == nullptr) return failure("list", path, errno);
  std::vector<Entry> entries;
  while (const dirent* found = ::readdir(directory)) {
    struct stat facts{};
    if (::fstatat(::dirfd(directory), found->d_name, &facts, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (!S_ISREG(facts.st_mode)) continue;
    entries.push_back({found->d_name, from_unix_ms(facts.st_mtim.tv_sec * 1000 +
                                                   facts.st_mtim.tv_nsec / 1'000'000)});
  }
  ::closedir(directory);
  return entries;
}

Result<std::string> RealDisk::read(const std::string& path, std::uint64_t offset,
                                   std::size_t most) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return failure("open", path, errno);
  std::string bytes(most, '\0');
  std::size_t filled = 0;
  while (filled < most) {
    const ssize_t got = ::pread(file.get(), bytes.data() + filled, most - filled,
                                static_cast<off_t>(offset + filled));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failure("read", path, errno);
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  bytes.resize(filled);
  return bytes;
}

Result<Disk::Space> RealDisk::space(const std::string& path) {
  struct statvfs facts{};
  if (::statvfs(path.c_str(), &facts) != 0) return failure("statvfs", path, errno);
  return Space{facts.f_bavail * facts.f_frsize, facts.f_blocks * facts.f_frsize, facts.f_favail,
               facts.f_files};
}

std::uint64_t RealDisk::file_bytes(const std::string& path) {
  struct stat facts{};
  if (::stat(path.c_str(), &facts) != 0) return 0;
  return static_cast<std::uint64_t>(facts.st_size);
}

}  // namespace hanse::store
