// SPDX-License-Identifier: Apache-2.0
#include "store/changes.h"

#include "server/base/text.h"
#include "store/schema.h"
#include "store/selection.h"

namespace hanse::store {

namespace {

constexpr std::size_t sample_rows_max = 10;

// The states a verb may be used on: the allowed transitions of smtp Q-1. What was discarded or
// quarantined is brought back only when the selector says so.
std::string legs_for(QueueVerb verb, const std::optional<LegState>& asked) {
  switch (verb) {
    case QueueVerb::retry:
    case QueueVerb::hold: return "leg.state IN (0, 2)";
    case QueueVerb::release:
      if (asked == LegState::discarded) return "leg.state = 8 AND leg.pending = 2";
      return asked == LegState::quarantine ? "leg.state = 4" : "leg.state = 3";
    case QueueVerb::bounce:
    case QueueVerb::discard: return "leg.state IN (0, 2, 3, 4)";
  }
  return "FALSE";
}

std::string in_words(const Selector& selector) {
  std::string words;
  const auto add = [&words](std::string_view term, const std::string& value) {
    words += (words.empty() ? "" : " ") + std::string(term) + value;
  };
  if (selector.id) add("id=", *selector.id);
  if (selector.dest) add("dest=", *selector.dest);
  if (selector.protocol) add("proto=", *selector.protocol);
  if (selector.from) add("from=", *selector.from);
  if (selector.to) add("to=", *selector.to);
  if (selector.status) add("status=", std::string(leg_state_name(*selector.status)));
  if (selector.older_than) add("age>", format_duration(*selector.older_than));
  if (selector.younger_than) add("age<", format_duration(*selector.younger_than));
  if (selector.larger_than) add("size>", std::to_string(*selector.larger_than));
  if (selector.smaller_than) add("size<", std::to_string(*selector.smaller_than));
  return words;
}

std::string note_of(std::string_view done, const QueueChange& change) {
  return std::string(done) + " by " + change.who + ": " + change.reason;
}

}  // namespace

std::string_view verb_name(QueueVerb verb) {
  switch (verb) {
    case QueueVerb::retry: return "retry";
    case QueueVerb::hold: return "hold";
    case QueueVerb::release: return "release";
    case QueueVerb::bounce: return "bounce";
    case QueueVerb::discard: return "discard";
  }
  return "retry";
}

Changes::Changes(Database& database, Ledger& ledger, Endings& endings, Rerouting& rerouting)
    : database_(database),
      ledger_(ledger),
      endings_(endings),
      rerouting_(rerouting),
      wait_(database,
            "UPDATE leg SET state = ?2, due = ?3, pending = 0, note = ?4 WHERE id = ?1"),
      park_(database, "UPDATE leg SET state = 3, due = ?2, note = ?3 WHERE id = ?1"),
      end_(database,
           "UPDATE leg SET state = ?2, due = ?3, pending = ?4, ended = ?5, fault = ?6, status = ?7,"
           " reply = ?8, note = ?8 WHERE id = ?1"),
      audit_(database,
             "INSERT INTO audit(at, who, verb, what, reason, legs) VALUES(?, ?, ?, ?, ?, ?)") {}

QueueChanged Changes::apply(const QueueChange& change, UtcTime now) {
  QueueChanged changed;
  const std::vector<Found> legs = find(change, now, changed);
  changed.legs = legs.size();
  std::set<std::pair<std::string, std::string>> lanes;
  for (const Found& leg : legs) lanes.insert({leg.protocol, leg.lane});
  changed.lanes.assign(lanes.begin(), lanes.end());
  if (change.dry_run) return changed;
  for (const Found& leg : legs) change_one(leg, change, now);
  audit_.run(to_unix_ms(now), change.who, verb_name(change.verb), in_words(change.selector),
             change.reason, changed.legs);
  return changed;
}

std::vector<Changes::Found> Changes::find(const QueueChange& change, UtcTime now,
                                          QueueChanged& changed) {
  Selection selection = select_legs(change.selector, now);
  const std::string from = " FROM " + selection.from + " WHERE " + selection.where;
  Statement busy(database_, "SELECT count(*)" + from + " AND leg.state = 1");
  busy.query(selection.values);
  if (busy.row()) changed.busy = static_cast<std::uint64_t>(busy.integer(0));
  busy.done();

  const std::string matching = from + " AND " + legs_for(change.verb, change.selector.status);
  Statement rows(database_, "SELECT " + std::string(row_columns) + matching +
                                " ORDER BY leg.id LIMIT " + std::to_string(sample_rows_max));
  for (rows.query(selection.values); rows.row();) changed.sample.push_back(read_row(rows));

  std::vector<Found> found;
  Statement legs(database_, "SELECT leg.id, leg.state, leg.protocol, leg.lane, leg.size,"
                            " leg.attempts, leg.local, leg.domain" + matching);
  for (legs.query(selection.values); legs.row();) {
    found.push_back({legs.integer(0), static_cast<LegState>(legs.integer(1)),
                     std::string(legs.text(2)), std::string(legs.text(3)),
                     static_cast<std::uint64_t>(legs.integer(4)), legs.integer(5),
                     std::string(legs.text(6)), std::string(legs.text(7))});
  }
  return found;
}

void Changes::change_one(const Found& leg, const QueueChange& change, UtcTime now) {
  LegState after = leg.state;
  switch (change.verb) {
    case QueueVerb::retry:
      wait_.run(leg.id, static_cast<int>(after), to_unix_ms(now), note_of("retried", change));
      break;
    case QueueVerb::release:
      after = leg.attempts == 0 ? LegState::ready : LegState::deferred;
      wait_.run(leg.id, static_cast<int>(after), to_unix_ms(now), note_of("released", change));
      break;
    case QueueVerb::hold:
      after = LegState::held;
      park_.run(leg.id, due_never, note_of("held", change));
      break;
    case QueueVerb::bounce:
      after = LegState::failed;
      end_.run(leg.id, static_cast<int>(after), due_never, static_cast<int>(Pending::report),
               to_unix_ms(now), static_cast<int>(Fault::refused), "5.0.0",
               "returned by the operator: " + change.reason);   // by which: for nobody outside
      endings_.note(leg.id, "msg.bounced", "5.0.0", note_of("returned", change));
      break;
    case QueueVerb::discard:
      after = LegState::discarded;
      end_.run(leg.id, static_cast<int>(after), due_never, static_cast<int>(Pending::trash),
               to_unix_ms(now), static_cast<int>(Fault::refused), "", note_of("discarded", change));
      endings_.note(leg.id, "msg.discarded", "", note_of("discarded", change));
      break;
  }
  ledger_.move(leg.protocol, leg.lane, leg.state, after, leg.size);
  if (is_waiting(after))   // what was in the trash has seen no new rules
    rerouting_.waits_again({leg.id, after, leg.protocol, leg.lane, leg.size, leg.local,
                            leg.domain});
}

}  // namespace hanse::store
