// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "server/base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace hanse::store {

// Bytes that are bound as they are, without the copy that text gets in a query.
struct RawBytes { std::string_view bytes; };
struct Null {};

// One SQLite connection. The first failure sticks: every later call does nothing until clear(), so
// that a unit of work checks once, before its commit, and not after every statement.
// Thread: one.
class Database {
 public:
  enum class Mode { read_write, read_only };
  // An empty `vfs` is the system's own. Not `shared`: this connection alone, without shared memory.
  static Result<std::unique_ptr<Database>> open(const std::string& path, std::string_view vfs,
                                                Mode mode, bool shared);
  ~Database();

  void execute(const std::string& sql);             // one or many statements, no rows
  std::optional<std::int64_t> number(const std::string& sql);   // first column of the first row

  bool failed() const { return error_.has_value(); }
  const Error& error() const { return *error_; }
  void fail(Error error) { if (!error_) error_ = std::move(error); }
  void clear() { error_.reset(); }
  bool in_transaction() const;
  std::int64_t changes() const;

  // Moves what the log holds into the database file, without waiting for readers.
  struct Checkpointed { std::int64_t frames = 0, moved = 0; };
  std::optional<Checkpointed> checkpoint();

  std::uint64_t log_pages() const { return log_pages_; }   // in the log after the last commit

  sqlite3* handle() const { return handle_; }
  void note(int code);                              // keeps the failure that `code` means

 private:
  explicit Database(sqlite3* handle) : handle_(handle) {}
  sqlite3* handle_;
  std::uint64_t log_pages_ = 0;
  std::optional<Error> error_;
};

// A prepared statement, kept for the life of its owner. run() binds and steps in one expression and
// may refer to its arguments; query() copies texts, since its rows are read later.
class Statement {
 public:
  Statement(Database& database, std::string_view sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  template <class... Values>
  void run(const Values&... values) {
    start(false);
    (bind(values), ...);
    finish();
  }
  template <class... Values>
  Statement& query(const Values&... values) {
    start(true);
    (bind(values), ...);
    return *this;
  }
  bool row();                                       // the next one; false: no more, or failed
  void done();                                      // lets go of the rows

  std::int64_t integer(int column) const;
  bool null(int column) const;
  std::string_view text(int column) const;          // until the next row()
  std::string_view bytes(int column) const;

 private:
  void start(bool copies);
  void finish();
  void bind(std::int64_t value);
  void bind(int value) { bind(static_cast<std::int64_t>(value)); }
  void bind(unsigned value) { bind(static_cast<std::int64_t>(value)); }
  void bind(std::uint64_t value) { bind(static_cast<std::int64_t>(value)); }
  void bind(bool value) { bind(static_cast<std::int64_t>(value)); }
  void bind(std::string_view value);
  void bind(const std::string& value) { bind(std::string_view(value)); }
  void bind(const char* value) { bind(std::string_view(value)); }
  void bind(RawBytes value);
  void bind(Null value);
  template <class... Kinds>
  void bind(const std::vector<std::variant<Kinds...>>& values) {   // one after another
    for (const auto& value : values) {
      std::visit([this](const auto& held) { this->bind(held); }, value);
    }
  }

  Database& database_;
  sqlite3_stmt* statement_ = nullptr;
  int next_ = 1;
  bool copies_ = false;
};

}  // namespace hanse::store
