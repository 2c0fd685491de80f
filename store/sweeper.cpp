// SPDX-License-Identifier: Apache-2.0
#include "store/sweeper.h"

#include "server/base/limits.h"
#include "store/schema.h"

namespace hanse::store {

namespace {

constexpr std::int64_t portion_messages = 256;

std::int64_t before(UtcTime now, Duration age) {
  return to_unix_ms(now) - std::chrono::duration_cast<std::chrono::milliseconds>(age).count();
}

}  // namespace

Sweeper::Sweeper(Database& database, Bodies& bodies, const StoreSettings& settings)
    : bodies_(bodies),
      history_keep_(settings.history_keep),
      trash_keep_(settings.trash_keep),
      trash_(database,
             "SELECT id FROM leg INDEXED BY leg_pending WHERE pending > 0 AND pending = 2"
             " AND ended < ? LIMIT ?"),
      throw_away_(database, "UPDATE leg SET pending = 0 WHERE id = ?"),
      old_(database,
           "SELECT id, accepted FROM message WHERE id > ? AND id < ? AND NOT EXISTS"
           " (SELECT 1 FROM body WHERE body.id = message.id) ORDER BY id LIMIT ?"),
      ended_(database, "SELECT max(ended) FROM leg WHERE id BETWEEN ? AND ?"),
      legs_(database, "DELETE FROM leg WHERE id BETWEEN ? AND ?"),
      attempts_(database, "DELETE FROM attempt WHERE leg BETWEEN ? AND ?"),
      crashes_(database, "DELETE FROM crash WHERE message = ?"),
      message_(database, "DELETE FROM message WHERE id = ?"),
      audit_(database, "DELETE FROM audit WHERE id <= (SELECT max(id) FROM audit) - ?") {}

bool Sweeper::sweep(std::int64_t next_message, UtcTime now) {
  const bool more_trash = empty_trash(now);
  const bool more_history = forget_history(next_message, now);
  audit_.run(limits::audit_rows_max);
  return more_trash || more_history;
}

bool Sweeper::empty_trash(UtcTime now) {
  std::vector<DeliveryId> legs;
  for (trash_.query(before(now, trash_keep_), portion_messages); trash_.row();) {
    legs.push_back(trash_.integer(0));
  }
  for (DeliveryId leg : legs) {
    throw_away_.run(leg);
    bodies_.consider(message_of(leg));
  }
  bodies_.release_considered();
  return legs.size() == portion_messages;
}

bool Sweeper::forget_history(std::int64_t next_message, UtcTime now) {
  const std::int64_t cutoff = before(now, history_keep_);
  const auto most = static_cast<std::int64_t>(limits::history_messages_max);
  std::vector<std::int64_t> candidates;
  bool reached_young = false;
  // The newest message stays, so that its number is never given out again.
  for (old_.query(walked_, next_message - 1, portion_messages); old_.row();) {
    const std::int64_t message = old_.integer(0);
    reached_young = old_.integer(1) >= cutoff && message >= next_message - most;
    if (reached_young) break;
    candidates.push_back(message);
  }
  old_.done();
  for (std::int64_t message : candidates) {
    walked_ = message;
    ended_.query(first_leg_of(message), last_leg_of(message));
    const bool old = ended_.row() && (ended_.integer(0) < cutoff || message < next_message - most);
    ended_.done();
    if (!old) continue;
    legs_.run(first_leg_of(message), last_leg_of(message));
    attempts_.run(first_leg_of(message), last_leg_of(message));
    crashes_.run(message);
    message_.run(message);
  }
  const bool more = !reached_young && candidates.size() == portion_messages;
  if (!more) walked_ = 0;
  return more;
}

}  // namespace hanse::store
