// SPDX-License-Identifier: Apache-2.0
// SQLite on a SimDisk. One connection at a time, so locks are not needed, and no shared memory.

#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "tests/sim/sim_disk.h"

namespace hanse::sim {

namespace {

constexpr int sector_bytes = 4096;
constexpr int path_bytes_max = 512;
constexpr sqlite3_int64 some_day_milliseconds = 212'000'000'000'000;   // nothing stored needs it

struct OpenFile : sqlite3_file {
  SimDisk* disk;
  std::shared_ptr<SimFile>* file;       // owned; SQLite gives raw memory without constructors
  std::string* path;
  std::uint64_t epoch;
  bool delete_on_close;

  bool dead() const { return epoch != disk->epoch() || disk->crashed(); }
  SimFile& content() const { return **file; }
};

OpenFile& of(sqlite3_file* file) { return *static_cast<OpenFile*>(file); }
SimDisk& of(sqlite3_vfs* vfs) { return *static_cast<SimDisk*>(vfs->pAppData); }

int code_of(SimDisk::Answer answer, int failed) {
  if (answer == SimDisk::Answer::ok) return SQLITE_OK;
  return answer == SimDisk::Answer::full ? SQLITE_FULL : failed;
}

int close(sqlite3_file* file) {
  OpenFile& open = of(file);
  if (open.delete_on_close && !open.dead()) open.disk->forget(*open.path);
  delete open.file;
  delete open.path;
  return SQLITE_OK;
}

int read(sqlite3_file* file, void* to, int amount, sqlite3_int64 offset) {
  OpenFile& open = of(file);
  if (open.dead()) return SQLITE_IOERR_READ;
  const std::string& bytes = open.content().bytes;
  const auto begin = std::min(static_cast<std::size_t>(offset), bytes.size());
  const std::size_t got = std::min(static_cast<std::size_t>(amount), bytes.size() - begin);
  std::memcpy(to, bytes.data() + begin, got);
  std::memset(static_cast<char*>(to) + got, 0, static_cast<std::size_t>(amount) - got);
  return got == static_cast<std::size_t>(amount) ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

int write(sqlite3_file* file, const void* from, int amount, sqlite3_int64 offset) {
  OpenFile& open = of(file);
  if (open.dead()) return SQLITE_IOERR_WRITE;
  const std::string_view bytes(static_cast<const char*>(from), static_cast<std::size_t>(amount));
  return code_of(open.disk->write(open.content(), static_cast<std::size_t>(offset), bytes),
                 SQLITE_IOERR_WRITE);
}

int truncate(sqlite3_file* file, sqlite3_int64 size) {
  OpenFile& open = of(file);
  if (open.dead()) return SQLITE_IOERR_TRUNCATE;
  open.disk->truncate(open.content(), static_cast<std::size_t>(size));
  return SQLITE_OK;
}

int sync(sqlite3_file* file, int) {
  OpenFile& open = of(file);
  if (open.dead()) return SQLITE_IOERR_FSYNC;
  const int code = code_of(open.disk->sync(open.content()), SQLITE_IOERR_FSYNC);
  // SQLite syncs the directory of a new file with its first sync; a name costs no second one here.
  if (code == SQLITE_OK) open.disk->keep_name(*open.path);
  return code;
}

int size(sqlite3_file* file, sqlite3_int64* to) {
  OpenFile& open = of(file);
  if (open.dead()) return SQLITE_IOERR_FSTAT;
  *to = static_cast<sqlite3_int64>(open.content().bytes.size());
  return SQLITE_OK;
}

int lock(sqlite3_file*, int) { return SQLITE_OK; }
int reserved(sqlite3_file*, int* to) { *to = 0; return SQLITE_OK; }
int control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
int sector(sqlite3_file*) { return sector_bytes; }
int characteristics(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

const sqlite3_io_methods methods{
    1,    close, read, write,    truncate, sync,   size,
    lock, lock,  reserved, control, sector, characteristics,
    nullptr, nullptr, nullptr, nullptr, nullptr, nullptr};

int open_file(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* flags_out) {
  SimDisk& disk = of(vfs);
  file->pMethods = nullptr;
  if (disk.crashed()) return SQLITE_CANTOPEN;
  const std::string path = name != nullptr ? name : "temporary";
  std::shared_ptr<SimFile> found = disk.find(path);
  if (!found && (flags & SQLITE_OPEN_CREATE) == 0) return SQLITE_CANTOPEN;
  if (!found) found = disk.make(path);
  auto* open = new (file) OpenFile{};
  open->pMethods = &methods;
  open->disk = &disk;
  open->file = new std::shared_ptr<SimFile>(std::move(found));
  open->path = new std::string(path);
  open->epoch = disk.epoch();
  open->delete_on_close = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
  if (flags_out != nullptr) *flags_out = flags;
  return SQLITE_OK;
}

int delete_file(sqlite3_vfs* vfs, const char* name, int sync_directory) {
  SimDisk& disk = of(vfs);
  if (disk.crashed()) return SQLITE_IOERR_DELETE;
  if (!disk.find(name)) return SQLITE_IOERR_DELETE_NOENT;
  disk.forget(name);
  if (sync_directory != 0 && !disk.sync_directory(name)) return SQLITE_IOERR_DIR_FSYNC;
  return SQLITE_OK;
}

int access(sqlite3_vfs* vfs, const char* name, int, int* there) {
  SimDisk& disk = of(vfs);
  if (disk.crashed()) return SQLITE_IOERR_ACCESS;
  *there = disk.file_bytes(name) > 0 ? 1 : 0;
  return SQLITE_OK;
}

int full_path(sqlite3_vfs*, const char* name, int amount, char* to) {
  if (static_cast<int>(std::strlen(name)) >= amount) return SQLITE_CANTOPEN;
  std::strcpy(to, name);
  return SQLITE_OK;
}

int randomness(sqlite3_vfs* vfs, int amount, char* to) {
  for (int at = 0; at < amount; ++at) to[at] = static_cast<char>(of(vfs).random().next());
  return amount;
}

int sleep(sqlite3_vfs*, int microseconds) { return microseconds; }

int now(sqlite3_vfs*, sqlite3_int64* to) {
  *to = some_day_milliseconds;
  return SQLITE_OK;
}

int last_error(sqlite3_vfs*, int, char*) { return 0; }

}  // namespace

std::unique_ptr<sqlite3_vfs> register_vfs(SimDisk& disk, const char* name) {
  auto vfs = std::make_unique<sqlite3_vfs>();
  vfs->iVersion = 2;
  vfs->szOsFile = sizeof(OpenFile);
  vfs->mxPathname = path_bytes_max;
  vfs->zName = name;
  vfs->pAppData = &disk;
  vfs->xOpen = open_file;
  vfs->xDelete = delete_file;
  vfs->xAccess = access;
  vfs->xFullPathname = full_path;
  vfs->xRandomness = randomness;
  vfs->xSleep = sleep;
  vfs->xCurrentTimeInt64 = now;
  vfs->xGetLastError = last_error;
  sqlite3_vfs_register(vfs.get(), 0);
  return vfs;
}

void unregister_vfs(sqlite3_vfs& vfs) { sqlite3_vfs_unregister(&vfs); }

}  // namespace hanse::sim
