// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "federation/queue_admin.h"
#include "store/database.h"

namespace hanse::store {

using SqlValue = std::variant<std::int64_t, std::string>;

// A selector as SQL over `leg` and `message`. Values are always bound, never written into the text.
struct Selection {
  std::string from;                     // "leg ... JOIN message ..."
  std::string where;
  std::vector<SqlValue> values;
};

// Without a status, and not by id, a selector means what is still in the queue.
Selection select_legs(const Selector& selector, UtcTime now);

// What read_row() expects of a statement's columns.
inline constexpr std::string_view row_columns =
    "message.qid, leg.id, message.sender, leg.kind, leg.local, leg.domain, leg.protocol, leg.lane,"
    " leg.route, leg.state, message.size, leg.attempts, message.accepted, message.expires, leg.due,"
    " leg.status, leg.reply, leg.remote";
QueueRow read_row(const Statement& statement);

}  // namespace hanse::store
