// SPDX-License-Identifier: Apache-2.0
#include "store/database.h"

#include <sqlite3.h>

#include <utility>

namespace hanse::store {

namespace {

constexpr int busy_wait_milliseconds = 5000;

// A full disk passes; everything else that a disk or SQLite refuses is final (D5).
Fault fault_of(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL: return Fault::overloaded;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_INTERRUPT: return Fault::try_later;
    default: return Fault::broken;
  }
}

}  // namespace

Result<std::unique_ptr<Database>> Database::open(const std::string& path, std::string_view vfs,
                                                 Mode mode, bool shared) {
  const int flags = mode == Mode::read_write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                                             : SQLITE_OPEN_READONLY;
  const std::string vfs_name(vfs);
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &handle,
                                   flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                                   vfs_name.empty() ? nullptr : vfs_name.c_str());
  if (code != SQLITE_OK) {
    const std::string what = handle != nullptr ? sqlite3_errmsg(handle) : "no memory";
    sqlite3_close(handle);
    return Error{fault_of(code), "cannot open " + path + ": " + what};
  }
  std::unique_ptr<Database> database(new Database(handle));
  sqlite3_busy_timeout(handle, busy_wait_milliseconds);
  if (!shared) database->execute("PRAGMA locking_mode=EXCLUSIVE");
  database->execute("PRAGMA mmap_size=0; PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY");  // D2
  if (database->failed()) return database->error();
  // The hook takes the place of SQLite's own checkpoints, which would come when they like (D2).
  sqlite3_wal_hook(
      handle,
      [](void* pages, sqlite3*, const char*, int in_log) {
        *static_cast<std::uint64_t*>(pages) = static_cast<std::uint64_t>(in_log);
        return SQLITE_OK;
      },
      &database->log_pages_);
  return database;
}

Database::~Database() { sqlite3_close_v2(handle_); }

void Database::note(int code) {
  if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE) return;
  fail(Error{fault_of(code), std::string("database: ") + sqlite3_errmsg(handle_) + " (code " +
                                 std::to_string(code) + ")"});
}

void Database::execute(const std::string& sql) {
  if (failed()) return;
  note(sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr));
}

std::optional<std::int64_t> Database::number(const std::string& sql) {
  Statement statement(*this, sql);
  statement.query();
  if (!statement.row()) return std::nullopt;
  return statement.integer(0);
}

bool Database::in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }

std::int64_t Database::changes() const { return sqlite3_changes64(handle_); }

std::optional<Database::Checkpointed> Database::checkpoint() {
  int frames = 0, moved = 0;
  const int code = sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_PASSIVE, &frames,
                                             &moved);
  // A reader in the way is no failure: the rest is moved another time.
  if (code != SQLITE_BUSY) note(code);
  if (code != SQLITE_OK) return std::nullopt;
  if (moved == frames) log_pages_ = 0;   // the next commit begins the log anew
  return Checkpointed{frames, moved};
}

Statement::Statement(Database& database, std::string_view sql) : database_(database) {
  if (database_.failed()) return;
  database_.note(sqlite3_prepare_v3(database_.handle(), sql.data(), static_cast<int>(sql.size()),
                                    SQLITE_PREPARE_PERSISTENT, &statement_, nullptr));
}

Statement::~Statement() { sqlite3_finalize(statement_); }

void Statement::start(bool copies) {
  sqlite3_reset(statement_);
  next_ = 1;
  copies_ = copies;
}

bool Statement::row() {
  if (database_.failed()) return false;
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  database_.note(code);
  sqlite3_reset(statement_);
  return false;
}

void Statement::done() { sqlite3_reset(statement_); }

void Statement::finish() {
  if (database_.failed()) return;
  database_.note(sqlite3_step(statement_));
  sqlite3_reset(statement_);
}

void Statement::bind(std::int64_t value) { sqlite3_bind_int64(statement_, next_++, value); }

void Statement::bind(std::string_view value) {
  sqlite3_bind_text64(statement_, next_++, value.data() != nullptr ? value.data() : "",
                      value.size(), copies_ ? SQLITE_TRANSIENT : SQLITE_STATIC, SQLITE_UTF8);
}

void Statement::bind(RawBytes value) {
  sqlite3_bind_blob64(statement_, next_++, value.bytes.data() != nullptr ? value.bytes.data() : "",
                      value.bytes.size(), copies_ ? SQLITE_TRANSIENT : SQLITE_STATIC);
}

void Statement::bind(Null) { sqlite3_bind_null(statement_, next_++); }

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

bool Statement::null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::string_view Statement::text(int column) const {
  const unsigned char* bytes = sqlite3_column_text(statement_, column);
  if (bytes == nullptr) return {};
  return {reinterpret_cast<const char*>(bytes),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::string_view Statement::bytes(int column) const {
  const void* bytes = sqlite3_column_blob(statement_, column);
  if (bytes == nullptr) return {};
  return {static_cast<const char*>(bytes),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

}  // namespace hanse::store
