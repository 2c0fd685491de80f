// SPDX-License-Identifier: Apache-2.0
#include "store/claims.h"

#include <unordered_set>

#include "server/base/limits.h"
#include "store/envelope_codec.h"
#include "store/schema.h"

namespace hanse::store {

namespace {

constexpr std::size_t claim_bytes_max = 4 * 1024 * 1024;
constexpr std::chrono::seconds suspect_wait{1};

}  // namespace

Claims::Claims(Database& database, Ledger& ledger, Bodies& bodies, Suspects& suspects)
    : ledger_(ledger),
      bodies_(bodies),
      suspects_(suspects),
      due_(database,
           "SELECT id / 1024 FROM leg INDEXED BY leg_open WHERE state <= 4 AND protocol = ?"
           " AND lane = ? AND due <= ? ORDER BY due, id LIMIT ?"),
      due_unsuspected_(database,
                       "SELECT id / 1024 FROM leg INDEXED BY leg_open WHERE state <= 4"
                       " AND protocol = ? AND lane = ? AND due <= ? AND id / 1024 NOT IN"
                       " (SELECT message FROM crash WHERE count >= ?) ORDER BY due, id LIMIT ?"),
      next_(database,
            "SELECT due FROM leg INDEXED BY leg_open WHERE state <= 4 AND protocol = ?"
            " AND lane = ? AND due < ? ORDER BY due LIMIT 1"),
      message_(database, "SELECT size, envelope FROM message WHERE id = ?"),
      legs_(database,
            "SELECT id, state, attempts, size, kind, local, domain FROM leg NOT INDEXED WHERE id"
            " BETWEEN ? AND ? AND protocol = ? AND lane = ? AND due <= ? AND state <= 4 LIMIT ?"),
      start_(database,
             "UPDATE leg SET state = 1, due = ?, attempts = attempts + 1, started = ?"
             " WHERE id = ?"),
      damaged_(database,
               "UPDATE leg SET state = 4, due = ?, note = 'its stored form is damaged'"
               " WHERE id = ?") {}

Queue::Claimed Claims::claim(std::string_view protocol, std::string_view lane, std::size_t most,
                             UtcTime now, bool in_order) {
  Queue::Claimed claimed;
  // Several legs of one message may be found: the message goes once, with all its legs.
  std::vector<std::int64_t> messages;
  const bool pass_suspects = suspects_.one_is_out() && !in_order;
  Statement& due = pass_suspects ? due_unsuspected_ : due_;
  if (pass_suspects) {
    due.query(protocol, lane, to_unix_ms(now), crashes_until_suspect, most);
  } else {
    due.query(protocol, lane, to_unix_ms(now), most);
  }
  while (due.row()) messages.push_back(due.integer(0));

  std::unordered_set<std::int64_t> seen;
  std::size_t bytes = 0;
  for (std::int64_t message : messages) {
    if (most == 0 || bytes > claim_bytes_max) break;
    if (!seen.insert(message).second) continue;
    if (!suspects_.may_leave(message)) {
      if (in_order) break;   // D7, xmpp 4.7: nothing goes past it
      continue;
    }
    Work work = take({protocol, lane}, message, most, now);
    if (work.targets.empty()) continue;
    most -= work.targets.size();
    bytes += work.body.bytes ? work.body.bytes->size() : 0;
    claimed.work.push_back(std::move(work));
  }
  if (claimed.work.empty()) {
    next_.query(protocol, lane, due_never);
    if (next_.row()) {
      claimed.next = from_unix_ms(next_.integer(0));
      // What is due and did not go waits for the suspect that is out.
      if (*claimed.next <= now) claimed.next = now + suspect_wait;
      next_.done();
    }
  }
  claimed.waiting = ledger_.waiting(protocol, lane);
  return claimed;
}

Work Claims::take(const Lane& lane, std::int64_t message, std::size_t most, UtcTime now) {
  Work work;
  legs_.query(first_leg_of(message), last_leg_of(message), lane.protocol, lane.lane,
              to_unix_ms(now), most);
  while (legs_.row()) {
    Target target;
    target.id = legs_.integer(0);
    target.attempt = static_cast<unsigned>(legs_.integer(2)) + 1;
    target.to = {std::string(legs_.text(4)), std::string(legs_.text(5)),
                 std::string(legs_.text(6))};
    ledger_.move(lane.protocol, lane.lane, static_cast<LegState>(legs_.integer(1)),
                 LegState::active, static_cast<std::uint64_t>(legs_.integer(3)));
    work.targets.push_back(std::move(target));
  }
  if (work.targets.empty()) return work;
  if (!read(message, work)) {
    set_aside(lane, work);
    return {};
  }
  for (const Target& target : work.targets) start_.run(due_never, to_unix_ms(now), target.id);
  suspects_.left(message, work.targets.size());
  return work;
}

bool Claims::read(std::int64_t message, Work& work) {
  message_.query(message);
  if (!message_.row()) return false;
  const auto size = static_cast<std::uint64_t>(message_.integer(0));
  Result<Envelope> envelope = decode_envelope(message_.bytes(1));
  message_.done();
  if (!envelope) return false;
  work.envelope = std::make_shared<const Envelope>(*std::move(envelope));
  work.body = bodies_.load(message, size);
  return work.body.bytes != nullptr || work.body.blob != 0;
}

// A damaged row must not stop its lane, nor the node: somebody has to look at it.
void Claims::set_aside(const Lane& lane, const Work& work) {
  for (const Target& target : work.targets) {
    damaged_.run(due_never, target.id);
    ledger_.move(lane.protocol, lane.lane, LegState::active, LegState::quarantine, 0);
  }
}

}  // namespace hanse::store
