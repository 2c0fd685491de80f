// SPDX-License-Identifier: Apache-2.0
#include "store/reports.h"

#include "store/envelope_codec.h"
#include "store/schema.h"

namespace hanse::store {

namespace {

// How far one question looks: failures that cannot be told of yet must not hide all others.
constexpr std::int64_t examined_max = 4096;

}  // namespace

Reports::Reports(Database& database, Bodies& bodies)
    : database_(database),
      bodies_(bodies),
      pending_(database,
               "SELECT id / 1024 FROM (SELECT id, ended FROM leg INDEXED BY leg_pending"
               " WHERE pending > 0 AND pending = 1 ORDER BY ended LIMIT ?)"
               " GROUP BY id / 1024 ORDER BY min(ended)"),
      oldest_(database,
              "SELECT min(ended) FROM leg WHERE id BETWEEN ? AND ? AND pending = 1"),
      open_(database, "SELECT 1 FROM leg WHERE id BETWEEN ? AND ? AND state <= 4 LIMIT 1"),
      message_(database, "SELECT size, envelope FROM message WHERE id = ?"),
      failures_(database,
                "SELECT id, kind, local, domain, ended, fault, status, reply, remote, tls,"
                " ambiguous FROM leg WHERE id BETWEEN ? AND ? AND pending = 1") {}

std::vector<Reportable> Reports::due(UtcTime failed_before, std::size_t most) {
  std::vector<std::int64_t> messages;
  pending_.query(examined_max);
  while (pending_.row()) messages.push_back(pending_.integer(0));
  std::vector<Reportable> reportables;
  for (std::int64_t message : messages) {
    if (reportables.size() == most || database_.failed()) break;
    if (!ripe(message, failed_before)) continue;
    if (auto reportable = read(message)) reportables.push_back(*std::move(reportable));
  }
  return reportables;
}

// Recipients that fail soon after each other share one report (smtp B-5).
bool Reports::ripe(std::int64_t message, UtcTime failed_before) {
  oldest_.query(first_leg_of(message), last_leg_of(message));
  const bool old = oldest_.row() && from_unix_ms(oldest_.integer(0)) <= failed_before;
  oldest_.done();
  if (old) return true;
  open_.query(first_leg_of(message), last_leg_of(message));
  const bool open = open_.row();
  open_.done();
  return !open;
}

// Nothing for a message whose stored form is damaged: nobody can be told then.
std::optional<Reportable> Reports::read(std::int64_t message) {
  message_.query(message);
  if (!message_.row()) return std::nullopt;
  const auto size = static_cast<std::uint64_t>(message_.integer(0));
  Result<Envelope> envelope = decode_envelope(message_.bytes(1));
  message_.done();
  if (!envelope) return std::nullopt;
  Reportable reportable;
  reportable.envelope = std::make_shared<const Envelope>(*std::move(envelope));
  reportable.body = bodies_.load(message, size);
  failures_.query(first_leg_of(message), last_leg_of(message));
  while (failures_.row()) {
    Reportable::Failure failure;
    failure.id = failures_.integer(0);
    failure.to = {std::string(failures_.text(1)), std::string(failures_.text(2)),
                  std::string(failures_.text(3))};
    failure.last_attempt = from_unix_ms(failures_.integer(4));
    failure.outcome = {Disposition::failed, static_cast<Fault>(failures_.integer(5)),
                       std::string(failures_.text(6)), std::string(failures_.text(7)),
                       std::string(failures_.text(8)), std::string(failures_.text(9)),
                       failures_.integer(10) != 0};
    reportable.failures.push_back(std::move(failure));
  }
  return reportable;
}

}  // namespace hanse::store
