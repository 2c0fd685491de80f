// SPDX-License-Identifier: Apache-2.0
#include "store/admin_reads.h"

#include <algorithm>
#include <map>

#include "server/base/text.h"
#include "store/envelope_codec.h"
#include "store/schema.h"
#include "store/selection.h"

namespace hanse::store {

namespace {

constexpr std::size_t shape_ages = 10;              // <5, <10 ... <1280 minutes, and the rest
constexpr std::int64_t shape_first_milliseconds = 5 * 60 * 1000;

std::size_t shape_column(std::int64_t age_milliseconds) {
  std::size_t column = 1;
  for (std::int64_t end = shape_first_milliseconds; column < shape_ages; ++column, end *= 2) {
    if (age_milliseconds < end) break;
  }
  return column;
}

std::vector<AttemptRow> read_attempts(Database& database, DeliveryId leg) {
  Statement rows(database,
                 "SELECT number, started, ended, result, fault, status, reply, remote, tls,"
                 " ambiguous FROM attempt WHERE leg = ? ORDER BY number");
  std::vector<AttemptRow> attempts;
  for (rows.query(leg); rows.row();) {
    attempts.push_back({static_cast<unsigned>(rows.integer(0)), from_unix_ms(rows.integer(1)),
                        from_unix_ms(rows.integer(2)),
                        {static_cast<Disposition>(rows.integer(3)),
                         static_cast<Fault>(rows.integer(4)), std::string(rows.text(5)),
                         std::string(rows.text(6)), std::string(rows.text(7)),
                         std::string(rows.text(8)), rows.integer(9) != 0}});
  }
  return attempts;
}

// A message that went at once has its one attempt in the leg itself.
std::optional<AttemptRow> only_attempt(const Statement& legs, const QueueRow& row) {
  constexpr int first = 18;             // behind row_columns
  if (row.state != LegState::delivered || legs.null(first + 1)) return std::nullopt;
  AttemptRow attempt{row.attempts, from_unix_ms(legs.integer(first)),
                     from_unix_ms(legs.integer(first + 1)), {}};
  attempt.outcome = {Disposition::delivered, static_cast<Fault>(legs.integer(first + 2)),
                     row.last_status, row.last_reply, row.last_remote,
                     std::string(legs.text(first + 3)), false};
  return attempt;
}

}  // namespace

Result<QueuePage> read_page(Database& database, const Selector& selector, std::string_view cursor,
                            std::size_t most, UtcTime now) {
  std::int64_t after = 0;
  if (!cursor.empty()) {
    const Result<std::int64_t> parsed = parse_integer(cursor);
    if (!parsed) return Error{Fault::never, "the cursor is not one of ours"};
    after = *parsed;
  }
  QueuePage page;
  Selection selection = select_legs(selector, now);
  const std::string from = " FROM " + selection.from + " WHERE " + selection.where;
  Statement count(database, "SELECT count(*)" + from);
  count.query(selection.values);
  if (count.row()) page.matching = static_cast<std::uint64_t>(count.integer(0));

  // Ids only grow, so a page never shows a row again, whatever has changed in between.
  Statement rows(database, "SELECT " + std::string(row_columns) + from +
                               " AND leg.id > ? ORDER BY leg.id LIMIT ?");
  rows.query(selection.values, after, most + 1);
  while (rows.row()) {
    if (page.rows.size() == most) {
      page.next_cursor = std::to_string(page.rows.back().delivery);
      break;
    }
    page.rows.push_back(read_row(rows));
  }
  return page;
}

Result<QueueStory> read_story(Database& database, std::string_view id) {
  Statement found(database,
                  "SELECT id, size, envelope FROM message WHERE qid >= ? AND qid < ? LIMIT 2");
  found.query(id, std::string(id) + "~");
  if (!found.row()) return Error{Fault::never, "no message with the id " + escape_text(id)};
  const std::int64_t message = found.integer(0);
  QueueStory story;
  story.size = static_cast<std::uint64_t>(found.integer(1));
  Result<Envelope> envelope = decode_envelope(found.bytes(2));
  if (!envelope) return envelope.error();
  story.envelope = *std::move(envelope);
  if (found.row()) return Error{Fault::never, "more than one message begins with this id"};

  Statement legs(database, "SELECT " + std::string(row_columns) +
                               ", leg.started, leg.ended, leg.fault, leg.tls, leg.note"
                               " FROM message JOIN leg ON leg.id BETWEEN ? AND ?"
                               " WHERE message.id = ? ORDER BY leg.id");
  legs.query(first_leg_of(message), last_leg_of(message), message);
  while (legs.row()) {
    QueueStory::LegStory leg{read_row(legs), {}, std::string(legs.text(22))};
    leg.attempts = read_attempts(database, leg.row.delivery);
    if (leg.attempts.empty()) {
      if (auto attempt = only_attempt(legs, leg.row)) leg.attempts.push_back(*attempt);
    }
    story.legs.push_back(std::move(leg));
  }
  return story;
}

Result<std::vector<ShapeRow>> read_shape(Database& database, std::size_t destinations_max,
                                         UtcTime now) {
  std::map<std::string, std::vector<std::uint64_t>, std::less<>> by_lane;
  std::vector<std::uint64_t> total(shape_ages + 1, 0);
  Statement legs(database,
                 "SELECT leg.lane, message.accepted FROM leg INDEXED BY leg_open"
                 " JOIN message ON message.id = leg.id / 1024 WHERE leg.state <= 4");
  for (legs.query(); legs.row();) {
    auto found = by_lane.find(legs.text(0));
    if (found == by_lane.end()) {
      found = by_lane.emplace(legs.text(0), std::vector<std::uint64_t>(shape_ages + 1, 0)).first;
    }
    const std::size_t column = shape_column(to_unix_ms(now) - legs.integer(1));
    for (std::vector<std::uint64_t>* counts : {&found->second, &total}) {
      ++(*counts)[0];
      ++(*counts)[column];
    }
  }
  std::vector<ShapeRow> rows;
  for (auto& [lane, counts] : by_lane) rows.push_back({lane, std::move(counts)});
  std::stable_sort(rows.begin(), rows.end(), [](const ShapeRow& one, const ShapeRow& other) {
    return one.counts[0] > other.counts[0];
  });
  if (rows.size() > destinations_max) rows.resize(destinations_max);
  rows.insert(rows.begin(), ShapeRow{"TOTAL", std::move(total)});
  return rows;
}

Result<QueueTotals> read_totals(Database& database, UtcTime now) {
  QueueTotals totals;
  Statement states(database,
                   "SELECT state, count(*), sum(size), sum(due <= ?) FROM leg INDEXED BY leg_open"
                   " WHERE state <= 4 GROUP BY state");
  for (states.query(to_unix_ms(now)); states.row();) {
    const auto legs = static_cast<std::uint64_t>(states.integer(1));
    totals.bytes += static_cast<std::uint64_t>(states.integer(2));
    totals.retry_due += static_cast<std::uint64_t>(states.integer(3));
    switch (static_cast<LegState>(states.integer(0))) {
      case LegState::ready: totals.legs_waiting = legs; break;
      case LegState::active: totals.legs_active = legs; break;
      case LegState::deferred: totals.legs_deferred = legs; break;
      case LegState::held: totals.legs_held = legs; break;
      case LegState::quarantine: totals.legs_quarantined = legs; break;
      default: break;
    }
  }
  totals.messages = static_cast<std::uint64_t>(
      database.number("SELECT count(DISTINCT id / 1024) FROM leg INDEXED BY leg_open"
                      " WHERE state <= 4").value_or(0));
  Statement oldest(database,
                   "SELECT message.accepted, leg.lane FROM leg JOIN message"
                   " ON message.id = leg.id / 1024 WHERE leg.id ="
                   " (SELECT min(id) FROM leg INDEXED BY leg_open WHERE state <= 4)");
  if (oldest.query().row()) {
    totals.oldest = from_unix_ms(oldest.integer(0));
    totals.oldest_lane = oldest.text(1);
  }
  // An identifier tells the order of acceptance, and with it the oldest of a lane.
  Statement of_lanes(database,
                     "SELECT open.lane, message.accepted FROM"
                     " (SELECT lane, min(id) AS id FROM leg INDEXED BY leg_open WHERE state <= 4"
                     "  GROUP BY protocol, lane) AS open"
                     " JOIN message ON message.id = open.id / 1024");
  for (of_lanes.query(); of_lanes.row();) {
    const UtcTime accepted = from_unix_ms(of_lanes.integer(1));
    const auto [lane, fresh] = totals.oldest_of_lanes.emplace(of_lanes.text(0), accepted);
    if (!fresh) lane->second = std::min(lane->second, accepted);
  }
  return totals;
}

}  // namespace hanse::store
