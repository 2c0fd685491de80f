// SPDX-License-Identifier: Apache-2.0
#include "store/settling.h"

#include "server/base/limits.h"
#include "store/schema.h"

namespace hanse::store {

namespace {

constexpr std::string_view expired_status = "4.4.7";   // B-7

LegState final_state(const Outcome& outcome) {
  if (outcome.disposition == Disposition::delivered) return LegState::delivered;
  return outcome.status == expired_status ? LegState::expired : LegState::failed;
}

}  // namespace

Settling::Settling(Database& database, Ledger& ledger, Bodies& bodies, Suspects& suspects,
                   Endings& endings, Rerouting& rerouting)
    : ledger_(ledger),
      bodies_(bodies),
      suspects_(suspects),
      endings_(endings),
      rerouting_(rerouting),
      read_(database, "SELECT protocol, lane, attempts, size, local, domain FROM leg"
            " WHERE id = ? AND state = 1"),
      finish_(database,
              "UPDATE leg SET state = ?2, due = ?3, pending = ?4, started = ?5, ended = ?6,"
              " fault = ?7, ambiguous = ?8, status = ?9, reply = ?10, remote = ?11, tls = ?12"
              " WHERE id = ?1"),
      postpone_(database,
                "UPDATE leg SET state = 2, due = ?2, started = ?3, ended = ?4, fault = ?5,"
                " ambiguous = ?6, status = ?7, reply = ?8, remote = ?9, tls = ?10 WHERE id = ?1"),
      give_back_(database,
                 "UPDATE leg SET state = ?2, due = ?3, attempts = attempts - 1 WHERE id = ?1"),
      attempt_(database, "INSERT OR REPLACE INTO attempt VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      forget_attempts_(database, "DELETE FROM attempt WHERE leg = ? AND number <= ?"),
      expire_(database,
              "SELECT leg.id, leg.state, leg.size"
              " FROM leg INDEXED BY leg_open JOIN message ON message.id = leg.id / 1024"
              " WHERE leg.state <= 4 AND leg.protocol = ? AND leg.lane = ? AND leg.due < ?"
              " AND message.expires <= ? AND message.accepted < ?"),
      reported_(database, "UPDATE leg SET pending = 0 WHERE id = ? AND pending = 1") {}

void Settling::settle(const Settlement& settlement) {
  Row row;
  if (!read_active(settlement.id, row)) return;
  const Outcome& outcome = settlement.outcome;
  const bool tried = outcome.disposition != Disposition::returned;
  LegState state = LegState::deferred;
  switch (outcome.disposition) {
    case Disposition::returned:
      // What was never tried stays fresh.
      if (row.attempts <= 1) state = LegState::ready;
      give_back_.run(settlement.id, static_cast<int>(state), to_unix_ms(settlement.retry_at));
      break;
    case Disposition::deferred:
      postpone_.run(settlement.id, to_unix_ms(settlement.retry_at), to_unix_ms(settlement.started),
                    to_unix_ms(settlement.ended), static_cast<int>(outcome.fault),
                    outcome.ambiguous, outcome.status, outcome.reply, outcome.remote, outcome.tls);
      break;
    case Disposition::delivered:
    case Disposition::failed:
      state = final_state(outcome);
      finish_.run(settlement.id, static_cast<int>(state), due_never,
                  state != LegState::delivered && settlement.report, to_unix_ms(settlement.started),
                  to_unix_ms(settlement.ended), static_cast<int>(outcome.fault), outcome.ambiguous,
                  outcome.status, outcome.reply, outcome.remote, outcome.tls);
      bodies_.consider(message_of(settlement.id));
      break;
  }
  if (tried && (row.attempts > 1 || state != LegState::delivered)) record_attempt(settlement, row);
  ledger_.move(row.protocol, row.lane, LegState::active, state, row.size);
  if (is_waiting(state))
    rerouting_.waits_again({settlement.id, state, row.protocol, row.lane, row.size, row.local,
                            row.domain});
  suspects_.came_back(message_of(settlement.id), tried);
}

void Settling::expire(std::string_view protocol, std::string_view lane, UtcTime now,
                      UtcTime accepted_before, const Outcome& outcome) {
  expiring_.clear();
  expire_.query(protocol, lane, due_never, to_unix_ms(now), to_unix_ms(accepted_before));
  while (expire_.row()) {
    expiring_.push_back({expire_.integer(0), static_cast<LegState>(expire_.integer(1)),
                         static_cast<std::uint64_t>(expire_.integer(2))});
  }
  for (const auto& [id, before, size] : expiring_) {
    finish_.run(id, static_cast<int>(LegState::expired), due_never,
                static_cast<int>(Pending::report), to_unix_ms(now), to_unix_ms(now),
                static_cast<int>(outcome.fault), outcome.ambiguous, outcome.status, outcome.reply,
                outcome.remote, outcome.tls);
    ledger_.move(protocol, lane, before, LegState::expired, size);
    endings_.note(id, "msg.expired", outcome.status, outcome.reply);
  }
}

void Settling::end_reports(const std::vector<DeliveryId>& ids) {
  for (DeliveryId id : ids) {
    reported_.run(id);
    bodies_.consider(message_of(id));
  }
}

bool Settling::read_active(DeliveryId id, Row& row) {
  read_.query(id);
  if (!read_.row()) return false;
  row.protocol = read_.text(0);
  row.lane = read_.text(1);
  row.attempts = read_.integer(2);
  row.size = static_cast<std::uint64_t>(read_.integer(3));
  row.local = read_.text(4);
  row.domain = read_.text(5);
  read_.done();
  return true;
}

void Settling::record_attempt(const Settlement& settlement, const Row& row) {
  const Outcome& outcome = settlement.outcome;
  attempt_.run(settlement.id, row.attempts, to_unix_ms(settlement.started),
               to_unix_ms(settlement.ended), static_cast<int>(outcome.disposition),
               static_cast<int>(outcome.fault), outcome.ambiguous, outcome.status, outcome.reply,
               outcome.remote, outcome.tls);
  constexpr auto kept = static_cast<std::int64_t>(limits::attempts_kept_max);
  if (row.attempts > kept) forget_attempts_.run(settlement.id, row.attempts - kept);
}

}  // namespace hanse::store
