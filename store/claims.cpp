// SPDX-License-Identifier: Apache-2.0
#include "store/claims.h"

#include <string>
#include <unordered_set>

#include "server/base/limits.h"
#include "store/envelope_codec.h"
#include "store/schema.h"

namespace hanse::store {

namespace {

constexpr std::size_t claim_bytes_max = 4 * 1024 * 1024;
constexpr std::chrono::seconds suspect_wait{1};

std::string due_query(std::string_view which, std::string_view order) {
  return "SELECT id / 1024 FROM leg INDEXED BY leg_open WHERE state <= 4 AND protocol = ?"
         " AND lane = ? AND due <= ?" +
         std::string(which) + " ORDER BY " + std::string(order) + " LIMIT ?";
}

}  // namespace

Claims::Due::Due(Database& database, std::string_view order)
    : all(database, due_query("", order)),
      unsuspected(database, due_query(" AND id / 1024 NOT IN"
                                      " (SELECT message FROM crash WHERE count >= ?)",
                                      order)) {}

Claims::Claims(Database& database, Ledger& ledger, Bodies& bodies, Suspects& suspects, Log& log,
               Metrics& metrics)
    : log_(log),
      metrics_(metrics),
      ledger_(ledger),
      bodies_(bodies),
      suspects_(suspects),
      oldest_(database, "due, id"),
      newest_(database, "due DESC, id DESC"),
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
               " WHERE id = ?"),
      name_(database, "SELECT qid FROM message WHERE id = ?") {}

Queue::Claimed Claims::claim(std::string_view protocol, std::string_view lane, std::size_t most,
                             UtcTime now, bool in_order) {
  Queue::Claimed claimed;
  // Several legs of one message may be found: the message goes once, with all its legs.
  std::unordered_set<std::int64_t> seen;
  std::size_t bytes = 0;
  for (std::int64_t message : find({protocol, lane}, most, now, in_order)) {
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

// What has waited longest and what is due last take turns (smtp Q-5): a long queue does not stand
// before what comes new, nor that before the queue.
std::vector<std::int64_t> Claims::find(const Lane& lane, std::size_t most, UtcTime now,
                                       bool in_order) {
  const bool pass_suspects = suspects_.one_is_out() && !in_order;
  const std::size_t late = in_order ? 0 : most / 2;
  const std::vector<std::int64_t> first =
      find(oldest_, pass_suspects, lane, most - late, now);
  if (late == 0 || first.size() < most - late) return first;   // there are no more
  const std::vector<std::int64_t> last = find(newest_, pass_suspects, lane, late, now);
  std::vector<std::int64_t> out;
  for (std::size_t at = 0; at < first.size(); ++at) {
    out.push_back(first[at]);
    if (at < last.size()) out.push_back(last[at]);
  }
  return out;
}

std::vector<std::int64_t> Claims::find(Due& due, bool pass_suspects, const Lane& lane,
                                       std::size_t most, UtcTime now) {
  std::vector<std::int64_t> out;
  Statement& rows = pass_suspects ? due.unsuspected : due.all;
  if (pass_suspects) {
    rows.query(lane.protocol, lane.lane, to_unix_ms(now), crashes_until_suspect, most);
  } else {
    rows.query(lane.protocol, lane.lane, to_unix_ms(now), most);
  }
  while (rows.row()) out.push_back(rows.integer(0));
  return out;
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
    set_aside(lane, message, work);
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

// A damaged row, or a body that is lost, must not stop its lane, nor the node: somebody has to
// look at it.
void Claims::set_aside(const Lane& lane, std::int64_t message, const Work& work) {
  name_.query(message);
  const std::string qid(name_.row() ? name_.text(0) : std::string_view());
  name_.done();
  log_.write(Level::error, "store.message_damaged",
             "its stored form is damaged or gone: it is in quarantine",
             {{"proto", lane.protocol}, {"peer", lane.lane}, {"qid", qid},
              {"recipients", static_cast<std::int64_t>(work.targets.size())}});
  metrics_.counter("hanse_messages_damaged_total",
                   "Messages set aside because their stored form is damaged or gone.").add();
  for (const Target& target : work.targets) {
    damaged_.run(due_never, target.id);
    ledger_.move(lane.protocol, lane.lane, LegState::active, LegState::quarantine, 0);
  }
}

}  // namespace hanse::store
