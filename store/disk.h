// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/result.h"
#include "server/base/time.h"

namespace hanse::store {

// One file that is being written. Closing it is the destructor's.
class DiskFile {
 public:
  virtual ~DiskFile() = default;
  virtual Result<void> append(std::string_view bytes) = 0;
  virtual void start_writeback() = 0;            // begin, do not wait: syncs of many files overlap
  virtual Result<void> sync() = 0;               // fdatasync: a failure is final (D5)
};

// The file system below the store: the real one, or the simulator's with its crashes. A full disk
// is Fault::overloaded, everything else Fault::broken. Thread: the store's one.
class Disk {
 public:
  struct Space {
    std::uint64_t free_bytes = 0, total_bytes = 0;
    std::uint64_t free_inodes = 0, total_inodes = 0;   // total 0: this file system has no bound
  };
  struct Entry {
    std::string name;
    UtcTime changed{};
  };

  virtual ~Disk() = default;
  virtual std::string_view sqlite_vfs() const = 0;     // empty: SQLite's own
  virtual bool shared_memory() const = 0;              // may other connections read meanwhile?
  virtual Result<void> make_directory(const std::string& path) = 0;
  virtual Result<std::unique_ptr<DiskFile>> create(const std::string& path) = 0;
  // Renames a file and writes over what it holds, from its beginning; it stays as long as it is.
  virtual Result<std::unique_ptr<DiskFile>> reuse(const std::string& from,
                                                  const std::string& to) = 0;
  virtual Result<void> rename(const std::string& from, const std::string& to) = 0;
  virtual Result<void> sync_directory(const std::string& path) = 0;
  virtual Result<void> remove(const std::string& path) = 0;   // one that is gone is no failure
  // Gives the space of a part of a file back; what is read there afterwards is zeros.
  virtual Result<void> punch(const std::string& path, std::uint64_t offset,
                             std::uint64_t length) = 0;
  virtual Result<std::vector<Entry>> list(const std::string& path) = 0;
  virtual Result<std::string> read(const std::string& path, std::uint64_t offset,
                                   std::size_t most) = 0;
  virtual Result<Space> space(const std::string& path) = 0;
  virtual std::uint64_t file_bytes(const std::string& path) = 0;   // 0: not there
};

// POSIX.
class RealDisk final : public Disk {
 public:
  std::string_view sqlite_vfs() const override { return {}; }
  bool shared_memory() const override { return true; }
  Result<void> make_directory(const std::string& path) override;
  Result<std::unique_ptr<DiskFile>> create(const std::string& path) override;
  Result<std::unique_ptr<DiskFile>> reuse(const std::string& from,
                                          const std::string& to) override;
  Result<void> rename(const std::string& from, const std::string& to) override;
  Result<void> sync_directory(const std::string& path) override;
  Result<void> remove(const std::string& path) override;
  Result<void> punch(const std::string& path, std::uint64_t offset,
                     std::uint64_t length) override;
  Result<std::vector<Entry>> list(const std::string& path) override;
  Result<std::string> read(const std::string& path, std::uint64_t offset,
                           std::size_t most) override;
  Result<Space> space(const std::string& path) override;
  std::uint64_t file_bytes(const std::string& path) override;
};

}  // namespace hanse::store
