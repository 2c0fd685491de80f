// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "server/base/random.h"
#include "store/disk.h"

struct sqlite3_vfs;

namespace hanse::sim {

// A file in memory: what a reader sees, and what would be there after a power cut.
struct SimFile {
  std::string bytes, durable;
  std::set<std::size_t> dirty;          // pages written since the last sync
};

// A disk in memory, below body files and below SQLite (as a VFS of its own), that can do what real
// ones do: lose what was not synced, or parts of it; be full; fail a sync and then say yes; lose
// power at a given sync. The seed decides what survives. Directory changes last in their order, as
// in a journal. Thread: one.
class SimDisk final : public store::Disk {
 public:
  explicit SimDisk(std::uint64_t seed);
  ~SimDisk() override;
  SimDisk(const SimDisk&) = delete;
  SimDisk& operator=(const SimDisk&) = delete;

  // Trouble. Syncs are counted from now, 1 is the next one.
  void crash_at_sync(std::uint64_t number) { crash_at_ = syncs_ + number; }
  void fail_sync(std::uint64_t number) { fail_at_ = syncs_ + number; }
  void set_full(bool full) { full_ = full; }
  void heal();                          // none of these any more

  bool crashed() const { return crashed_; }   // power is lost: nothing works until crash()
  void crash();                         // power comes back: un-synced writes are gone, or some
  void kill_process() { ++epoch_; }     // its handles are dead, what it wrote stays
  std::uint64_t syncs() const { return syncs_; }

  std::string_view sqlite_vfs() const override { return vfs_name_; }
  bool shared_memory() const override { return false; }
  Result<void> make_directory(const std::string& path) override;
  Result<std::unique_ptr<store::DiskFile>> create(const std::string& path) override;
  Result<std::unique_ptr<store::DiskFile>> reuse(const std::string& from,
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

  // For the files and the VFS above.
  enum class Answer { ok, full, failed };
  Answer write(SimFile& file, std::size_t offset, std::string_view bytes);
  Answer sync(SimFile& file);
  void truncate(SimFile& file, std::size_t size);
  std::shared_ptr<SimFile> find(const std::string& path) const;
  std::shared_ptr<SimFile> make(const std::string& path);
  void forget(const std::string& path);
  void keep_names();                    // directory changes so far will last
  void keep_name(const std::string& path);
  std::uint64_t epoch() const { return epoch_; }   // handles of an earlier one are dead
  Random& random() { return random_; }

 private:
  using Names = std::map<std::string, std::shared_ptr<SimFile>>;
  struct NameChange {
    std::string name;
    std::shared_ptr<SimFile> file;      // null: the name goes
    bool with_next = false;             // one step with the change after it
  };
  void change_name(const std::string& name, std::shared_ptr<SimFile> file, bool with_next = false);
  void keep_changes(std::size_t amount);
  void lose(SimFile& file);

  SeededRandom random_;
  std::string vfs_name_;
  std::unique_ptr<sqlite3_vfs> vfs_;
  Names names_, durable_names_;
  std::vector<NameChange> changes_;     // not yet durable
  std::uint64_t syncs_ = 0, epoch_ = 0;
  std::optional<std::uint64_t> crash_at_, fail_at_;
  bool full_ = false, crashed_ = false;
};

// sim_disk_vfs.cpp
std::unique_ptr<sqlite3_vfs> register_vfs(SimDisk& disk, const char* name);
void unregister_vfs(sqlite3_vfs& vfs);

}  // namespace hanse::sim
