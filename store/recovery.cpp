// SPDX-License-Identifier: Apache-2.0
#include "store/recovery.h"

#include "server/base/limits.h"
#include "store/schema.h"

namespace hanse::store {

namespace {

// A message that was under way at one unclean exit may just have been near; the count tells.
void count_crashes(Database& database) {
  database.execute(
      "INSERT INTO crash SELECT DISTINCT id / 1024, 1 FROM leg INDEXED BY leg_open"
      " WHERE state <= 4 AND state = 1 ON CONFLICT(message) DO UPDATE SET count = count + 1");
}

std::uint64_t quarantine(Database& database) {
  Statement set_aside(database,
                      "UPDATE leg SET state = 4, note = 'under way at ' || ?1 || ' crashes'"
                      " WHERE id IN (SELECT id FROM leg INDEXED BY leg_open WHERE state <= 4"
                      " AND state = 1 AND id / 1024 IN (SELECT message FROM crash"
                      " WHERE count >= ?1))");
  set_aside.run(limits::crashes_until_quarantine);
  const std::int64_t legs = database.changes();
  // From here the count begins again: an operator may release the message.
  Statement forget(database, "DELETE FROM crash WHERE count >= ?");
  forget.run(limits::crashes_until_quarantine);
  return static_cast<std::uint64_t>(legs);
}

std::uint64_t make_ready(Database& database) {
  Statement ready(database,
                  "UPDATE leg SET state = 0, due = ? WHERE id IN (SELECT id FROM leg"
                  " INDEXED BY leg_open WHERE state <= 4 AND state = 1)");
  ready.run(0);   // before all that waits: what is sent in order goes on in order
  return static_cast<std::uint64_t>(database.changes());
}

// One pass over the index of open legs, which holds all that is asked here.
void count_legs(Database& database, Ledger& ledger, Recovered& recovered) {
  Statement legs(database,
                 "SELECT protocol, lane, due, state, size FROM leg INDEXED BY leg_open"
                 " WHERE state <= 4 ORDER BY protocol, lane, due");
  for (legs.query(); legs.row();) {
    const std::string_view protocol = legs.text(0), lane = legs.text(1);
    const auto state = static_cast<LegState>(legs.integer(3));
    ledger.add(protocol, lane, state, static_cast<std::uint64_t>(legs.integer(4)));
    if (!is_waiting(state)) continue;
    auto& backlogs = recovered.backlogs;
    if (backlogs.empty() || backlogs.back().lane != lane || backlogs.back().protocol != protocol) {
      backlogs.push_back({std::string(protocol), std::string(lane), 0,
                          from_unix_ms(legs.integer(2)), false});
    }
    ++backlogs.back().waiting;
    backlogs.back().fresh = backlogs.back().fresh || state == LegState::ready;
  }
  recovered.messages = static_cast<std::uint64_t>(
      database.number("SELECT count(DISTINCT id / 1024) FROM leg INDEXED BY leg_open"
                      " WHERE state <= 4").value_or(0));
}

}  // namespace

Result<Recovered> recover(Database& database, Ledger& ledger, BlobFolder& blobs) {
  Recovered recovered;
  database.execute("BEGIN IMMEDIATE");
  recovered.clean_exit =
      database.number("SELECT value FROM state WHERE name = 'clean'").value_or(0) != 0;
  if (!recovered.clean_exit) {
    count_crashes(database);
    recovered.quarantined = quarantine(database);
  }
  recovered.interrupted = make_ready(database);
  database.execute("UPDATE state SET value = 0 WHERE name = 'clean'");
  database.execute("COMMIT");
  count_legs(database, ledger, recovered);

  Statement named(database, "SELECT 1 FROM body INDEXED BY body_file WHERE file = ?");
  const std::int64_t newest =
      database.number("SELECT accepted FROM message ORDER BY id DESC LIMIT 1").value_or(0);
  std::vector<std::int64_t> whole;
  Statement handles(database, "SELECT file FROM body INDEXED BY body_file WHERE file < 0");
  for (handles.query(); handles.row();) whole.push_back(handles.integer(0));
  handles.done();
  // Rows that could not be read must not make orphans of their files.
  if (database.failed()) return database.error();
  Result<std::uint64_t> segments = blobs.recover(whole, from_unix_ms(newest));
  if (!segments) return segments.error();
  Result<std::uint64_t> removed =
      blobs.remove_orphans(from_unix_ms(newest), [&](std::int64_t file) {
        named.query(file);
        const bool found = named.row();
        named.done();
        return found || database.failed();
      });
  if (database.failed()) return database.error();
  if (!removed) return removed.error();
  recovered.orphans_removed = *removed + *segments;
  return recovered;
}

void mark_clean_exit(Database& database) {
  database.execute("UPDATE state SET value = 1 WHERE name = 'clean'");
}

}  // namespace hanse::store
