// SPDX-License-Identifier: Apache-2.0
#include "store/blobs.h"

#include <charconv>

namespace hanse::store {

namespace {

constexpr std::string_view unfinished_ending = ".part";
constexpr std::size_t name_digits = 16;

std::string name_of(std::int64_t blob) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string name(name_digits, '0');
  auto rest = static_cast<std::uint64_t>(blob);
  for (std::size_t at = name_digits; at-- > 0; rest >>= 4) name[at] = digits[rest & 15];
  return name;
}

std::int64_t handle_of(std::string_view name) {   // 0: not one of ours
  std::int64_t handle = 0;
  const auto end = name.data() + name.size();
  const auto read = std::from_chars(name.data(), end, handle, 16);
  return name.size() == name_digits && read.ec == std::errc() && read.ptr == end ? handle : 0;
}

}  // namespace

BlobFolder::BlobFolder(Disk& disk, std::string directory, std::uint64_t seed)
    : disk_(disk),
      directory_(std::move(directory)),
      names_(seed),
      segments_(disk, directory_) {}

Result<void> BlobFolder::open() { return disk_.make_directory(directory_); }

Result<std::int64_t> BlobFolder::append(std::int64_t blob, std::string_view bytes) {
  if (blob == 0) {
    blob = fresh_handle();
    Result<std::unique_ptr<DiskFile>> made = disk_.create(path(blob, false));
    if (!made) return made.error();
    open_.emplace(blob, *std::move(made));
  }
  const auto found = open_.find(blob);
  if (found == open_.end()) return Error{Fault::broken, "no such unfinished body"};
  const Result<void> written = found->second->append(bytes);
  if (!written) {
    // A body with a hole in it is never used: its sender starts again.
    discard(blob);
    return written.error();
  }
  return blob;
}

Result<std::string> BlobFolder::fetch(std::int64_t blob, std::uint64_t offset, std::size_t most) {
  if (Segments::is_handle(blob)) return segments_.fetch(blob, offset, most);
  return disk_.read(path(blob, !unfinished(blob)), offset, most);
}

void BlobFolder::discard(std::int64_t blob) {
  if (open_.erase(blob) != 0) (void)disk_.remove(path(blob, false));
}

Result<void> BlobFolder::finish(const std::vector<std::int64_t>& blobs) {
  if (Result<void> synced = segments_.sync(); !synced) return synced;
  std::vector<std::int64_t> files;
  for (std::int64_t blob : blobs) {
    if (!Segments::is_handle(blob)) files.push_back(blob);
  }
  return files.empty() ? Result<void>() : finish_files(files);
}

Result<void> BlobFolder::finish_files(const std::vector<std::int64_t>& blobs) {
  for (std::int64_t blob : blobs) open_.at(blob)->start_writeback();
  for (std::int64_t blob : blobs) {
    if (Result<void> synced = open_.at(blob)->sync(); !synced) return synced;
  }
  for (std::int64_t blob : blobs) {
    if (Result<void> named = disk_.rename(path(blob, false), path(blob, true)); !named) {
      return named;
    }
    open_.erase(blob);
  }
  return disk_.sync_directory(directory_);
}

void BlobFolder::remove(std::int64_t blob) {
  if (Segments::is_handle(blob)) return segments_.remove(blob);
  // One that stays behind is an orphan of the next start.
  (void)disk_.remove(path(blob, true));
}

Result<std::uint64_t> BlobFolder::remove_orphans(UtcTime newest_row,
                                                 const std::function<bool(std::int64_t)>& named) {
  Result<std::vector<Disk::Entry>> entries = disk_.list(directory_);
  if (!entries) return entries.error();
  std::uint64_t removed = 0;
  for (const Disk::Entry& entry : *entries) {
    if (Segments::is_segment(entry.name)) continue;
    const bool unfinished = entry.name.ends_with(unfinished_ending);
    const std::int64_t handle = handle_of(entry.name.substr(0, name_digits));
    if (!unfinished && (handle == 0 || entry.changed > newest_row || named(handle))) continue;
    if (disk_.remove(directory_ + "/" + entry.name)) ++removed;
  }
  return removed;
}

std::string BlobFolder::path(std::int64_t blob, bool finished) const {
  return directory_ + "/" + name_of(blob) + std::string(finished ? "" : unfinished_ending);
}

std::int64_t BlobFolder::fresh_handle() {
  while (true) {
    const auto handle = static_cast<std::int64_t>(names_.next() >> 1);
    if (handle != 0 && !unfinished(handle) && disk_.file_bytes(path(handle, true)) == 0) {
      return handle;
    }
  }
}

}  // namespace hanse::store
