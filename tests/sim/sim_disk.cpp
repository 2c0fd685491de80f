// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/sim_disk.h"

#include <sqlite3.h>

#include <algorithm>
#include <atomic>

namespace hanse::sim {

namespace {

constexpr std::size_t page_bytes = 4096;
constexpr std::uint64_t disk_bytes = 64ull << 30;

const Error no_power{Fault::broken, "the disk has no power"};
const Error no_space{Fault::overloaded, "No space left on device"};
const Error failed_sync{Fault::broken, "sync: Input/output error"};

std::string next_vfs_name() {
  static std::atomic<unsigned> last{0};   // names must differ in one process, that is all
  return "simulated-" + std::to_string(++last);
}

class SimDiskFile final : public store::DiskFile {
 public:
  SimDiskFile(SimDisk& disk, std::shared_ptr<SimFile> file)
      : disk_(disk), file_(std::move(file)), epoch_(disk.epoch()) {}

  Result<void> append(std::string_view bytes) override {
    if (epoch_ != disk_.epoch()) return no_power;
    switch (disk_.write(*file_, written_, bytes)) {
      case SimDisk::Answer::ok: written_ += bytes.size(); return {};
      case SimDisk::Answer::full: return no_space;
      case SimDisk::Answer::failed: break;
    }
    return no_power;
  }
  void start_writeback() override {}
  Result<void> sync() override {
    if (epoch_ != disk_.epoch()) return no_power;
    if (disk_.sync(*file_) != SimDisk::Answer::ok) return failed_sync;
    return {};
  }

 private:
  SimDisk& disk_;
  std::shared_ptr<SimFile> file_;
  const std::uint64_t epoch_;
  std::size_t written_ = 0;
};

void copy_page(const std::string& from, std::string& to, std::size_t page) {
  const std::size_t begin = page * page_bytes;
  if (begin >= from.size()) return;
  const std::size_t size = std::min(page_bytes, from.size() - begin);
  if (to.size() < begin + size) to.resize(begin + size);
  to.replace(begin, size, from, begin, size);
}

}  // namespace

SimDisk::SimDisk(std::uint64_t seed)
    : random_(seed), vfs_name_(next_vfs_name()), vfs_(register_vfs(*this, vfs_name_.c_str())) {}

SimDisk::~SimDisk() { unregister_vfs(*vfs_); }

void SimDisk::heal() {
  crash_at_.reset();
  fail_at_.reset();
  full_ = false;
}

void SimDisk::crash() {
  ++epoch_;
  // A journal keeps a beginning of what was done, never the end without it.
  keep_changes(random_.below(changes_.size() + 1));
  changes_.clear();
  names_ = durable_names_;
  for (auto& [name, file] : names_) lose(*file);
  crashed_ = false;
  crash_at_.reset();
  fail_at_.reset();
}

Result<void> SimDisk::make_directory(const std::string&) {
  if (crashed_) return no_power;
  return {};
}

Result<std::unique_ptr<store::DiskFile>> SimDisk::create(const std::string& path) {
  if (crashed_) return no_power;
  if (find(path)) return Error{Fault::broken, "create " + path + ": File exists"};
  return std::unique_ptr<store::DiskFile>(std::make_unique<SimDiskFile>(*this, make(path)));
}

Result<std::unique_ptr<store::DiskFile>> SimDisk::reuse(const std::string& from,
                                                        const std::string& to) {
  if (Result<void> named = rename(from, to); !named) return named.error();
  return std::unique_ptr<store::DiskFile>(std::make_unique<SimDiskFile>(*this, find(to)));
}

Result<void> SimDisk::rename(const std::string& from, const std::string& to) {
  if (crashed_) return no_power;
  const std::shared_ptr<SimFile> file = find(from);
  if (!file) return Error{Fault::broken, "rename " + from + ": No such file or directory"};
  change_name(from, nullptr, true);
  change_name(to, file);
  return {};
}

Result<void> SimDisk::sync_directory(const std::string&) {
  SimFile directory;
  if (sync(directory) != Answer::ok) return failed_sync;
  keep_names();
  return {};
}

Result<void> SimDisk::remove(const std::string& path) {
  if (crashed_) return no_power;
  if (find(path)) forget(path);
  return {};
}

Result<void> SimDisk::punch(const std::string& path, std::uint64_t offset,
                            std::uint64_t length) {
  if (crashed_) return no_power;
  if (const auto file = find(path))
    (void)write(*file, static_cast<std::size_t>(offset), std::string(length, '\0'));
  return {};
}

Result<std::vector<store::Disk::Entry>> SimDisk::list(const std::string& path) {
  if (crashed_) return no_power;
  std::vector<Entry> entries;
  const std::string prefix = path + "/";
  for (const auto& [name, file] : names_) {
    if (name.starts_with(prefix)) entries.push_back({name.substr(prefix.size()), UtcTime{}});
  }
  return entries;
}

Result<std::string> SimDisk::read(const std::string& path, std::uint64_t offset,
                                  std::size_t most) {
  if (crashed_) return no_power;
  const std::shared_ptr<SimFile> file = find(path);
  if (!file) return Error{Fault::broken, "open " + path + ": No such file or directory"};
  return offset < file->bytes.size() ? file->bytes.substr(offset, most) : std::string();
}

Result<store::Disk::Space> SimDisk::space(const std::string&) {
  if (crashed_) return no_power;
  return Space{full_ ? 0 : disk_bytes, disk_bytes, 0, 0};
}

std::uint64_t SimDisk::file_bytes(const std::string& path) {
  const std::shared_ptr<SimFile> file = find(path);
  return file ? file->bytes.size() : 0;
}

SimDisk::Answer SimDisk::write(SimFile& file, std::size_t offset, std::string_view bytes) {
  if (crashed_) return Answer::failed;
  if (bytes.empty()) return Answer::ok;
  if (file.bytes.size() < offset + bytes.size()) {
    if (full_) return Answer::full;
    file.bytes.resize(offset + bytes.size());
  }
  file.bytes.replace(offset, bytes.size(), bytes);
  for (std::size_t page = offset / page_bytes; page * page_bytes < offset + bytes.size(); ++page) {
    file.dirty.insert(page);
  }
  return Answer::ok;
}

SimDisk::Answer SimDisk::sync(SimFile& file) {
  if (crashed_) return Answer::failed;
  ++syncs_;
  if (crash_at_ == syncs_) {
    crashed_ = true;
    return Answer::failed;
  }
  if (fail_at_ == syncs_) {
    // The next sync will say yes, though these pages never came to the disk.
    file.dirty.clear();
    return Answer::failed;
  }
  if (file.durable.size() > file.bytes.size()) file.durable.resize(file.bytes.size());
  for (std::size_t page : file.dirty) copy_page(file.bytes, file.durable, page);
  file.dirty.clear();
  return Answer::ok;
}

void SimDisk::truncate(SimFile& file, std::size_t size) { file.bytes.resize(size); }

std::shared_ptr<SimFile> SimDisk::find(const std::string& path) const {
  const auto found = names_.find(path);
  return found == names_.end() ? nullptr : found->second;
}

std::shared_ptr<SimFile> SimDisk::make(const std::string& path) {
  auto file = std::make_shared<SimFile>();
  change_name(path, file);
  return file;
}

void SimDisk::forget(const std::string& path) { change_name(path, nullptr); }

void SimDisk::keep_names() { keep_changes(changes_.size()); }

void SimDisk::keep_name(const std::string& path) {
  const auto last = std::find_if(changes_.rbegin(), changes_.rend(),
                                 [&](const NameChange& change) { return change.name == path; });
  keep_changes(static_cast<std::size_t>(changes_.rend() - last));
}

void SimDisk::change_name(const std::string& name, std::shared_ptr<SimFile> file, bool with_next) {
  if (file) names_[name] = file;
  else names_.erase(name);
  changes_.push_back({name, std::move(file), with_next});
}

void SimDisk::keep_changes(std::size_t amount) {
  while (amount > 0 && amount < changes_.size() && changes_[amount - 1].with_next) ++amount;
  for (std::size_t at = 0; at < amount; ++at) {
    const NameChange& change = changes_[at];
    if (change.file) durable_names_[change.name] = change.file;
    else durable_names_.erase(change.name);
  }
  changes_.erase(changes_.begin(), changes_.begin() + static_cast<std::ptrdiff_t>(amount));
}

// Each page that was not synced is the old one or the new one, whatever its neighbours are.
void SimDisk::lose(SimFile& file) {
  if (file.bytes.size() < file.durable.size() && random_.below(2) == 0) {
    file.durable.resize(file.bytes.size());
  }
  const std::uint64_t survivors_of_4 = random_.below(5);
  for (std::size_t page : file.dirty) {
    if (random_.below(4) < survivors_of_4) copy_page(file.bytes, file.durable, page);
  }
  file.bytes = file.durable;
  file.dirty.clear();
}

}  // namespace hanse::sim
