// SPDX-License-Identifier: Apache-2.0
#include "store/schema.h"

#include <array>

namespace hanse::store {

namespace {

// Times are milliseconds since 1970, UTC. leg.state is the number of LegState: up to 4 is open.
// A message row is written once and never changed: what changes is in its legs, and its body row
// is there exactly as long as somebody may still need the bytes.
constexpr std::string_view schema_1 = R"sql(
CREATE TABLE message(
  id       INTEGER PRIMARY KEY,
  qid      TEXT    NOT NULL,
  sender   TEXT    NOT NULL,
  size     INTEGER NOT NULL,
  accepted INTEGER NOT NULL,
  expires  INTEGER NOT NULL,
  envelope BLOB    NOT NULL
) STRICT;
CREATE INDEX message_qid ON message(qid);

CREATE TABLE body(
  id    INTEGER PRIMARY KEY,
  file  INTEGER,
  bytes BLOB
) STRICT;
CREATE INDEX body_file ON body(file) WHERE file IS NOT NULL;

CREATE TABLE leg(
  id        INTEGER PRIMARY KEY,
  state     INTEGER NOT NULL,
  due       INTEGER NOT NULL,
  attempts  INTEGER NOT NULL,
  size      INTEGER NOT NULL,
  pending   INTEGER NOT NULL DEFAULT 0,
  protocol  TEXT    NOT NULL,
  lane      TEXT    NOT NULL,
  route     TEXT    NOT NULL,
  kind      TEXT    NOT NULL,
  local     TEXT    NOT NULL,
  domain    TEXT    NOT NULL,
  started   INTEGER,
  ended     INTEGER,
  fault     INTEGER,
  ambiguous INTEGER,
  status    TEXT,
  reply     TEXT,
  remote    TEXT,
  tls       TEXT,
  note      TEXT
) STRICT;
CREATE INDEX leg_open ON leg(protocol, lane, due, id, state, size) WHERE state <= 4;
CREATE INDEX leg_pending ON leg(pending, ended) WHERE pending > 0;

CREATE TABLE attempt(
  leg       INTEGER NOT NULL,
  number    INTEGER NOT NULL,
  started   INTEGER NOT NULL,
  ended     INTEGER NOT NULL,
  result    INTEGER NOT NULL,
  fault     INTEGER NOT NULL,
  ambiguous INTEGER NOT NULL,
  status    TEXT    NOT NULL,
  reply     TEXT    NOT NULL,
  remote    TEXT    NOT NULL,
  tls       TEXT    NOT NULL,
  PRIMARY KEY(leg, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE crash(
  message INTEGER PRIMARY KEY,
  count   INTEGER NOT NULL
) STRICT;

CREATE TABLE audit(
  id     INTEGER PRIMARY KEY,
  at     INTEGER NOT NULL,
  who    TEXT    NOT NULL,
  verb   TEXT    NOT NULL,
  what   TEXT    NOT NULL,
  reason TEXT    NOT NULL,
  legs   INTEGER NOT NULL
) STRICT;

CREATE TABLE state(
  name  TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO state VALUES('clean', 1);
)sql";

constexpr std::array steps{schema_1};

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (char c : text) out += c == '\'' ? std::string("''") : std::string(1, c);
  return out + "'";
}

}  // namespace

SchemaSteps schema_steps() { return steps; }

Result<void> bring_up_to_date(Database& database, Disk& disk, const std::string& path,
                              SchemaSteps wanted) {
  const std::int64_t newest = static_cast<std::int64_t>(wanted.size());
  const std::int64_t found = database.number("PRAGMA user_version").value_or(0);
  if (database.failed()) return database.error();
  if (found == newest) return {};
  if (found > newest) {
    return Error{Fault::never, path + " was written by a newer hanse (schema " +
                                   std::to_string(found) + ", this one knows " +
                                   std::to_string(newest) +
                                   "): install that version again, or stop and put the copy " +
                                   path + ".schema" + std::to_string(newest) + " in its place"};
  }
  if (found > 0) {
    // A copy that is there already is of an attempt that did not come to its end.
    const std::string copy = path + ".schema" + std::to_string(found);
    if (Result<void> removed = disk.remove(copy); !removed) return removed;
    database.execute("VACUUM INTO " + quoted(copy));
  }
  database.execute("BEGIN IMMEDIATE");
  for (std::int64_t step = found; step < newest; ++step) {
    database.execute(std::string(wanted[static_cast<std::size_t>(step)]));
  }
  database.execute("PRAGMA user_version=" + std::to_string(newest));
  database.execute("COMMIT");
  if (database.failed()) return database.error();
  return {};
}

}  // namespace hanse::store
