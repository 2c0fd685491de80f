// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "federation/queue_admin.h"
#include "store/database.h"
#include "store/disk.h"

namespace hanse::store {

// Step N leads from schema N to schema N + 1; the first one makes an empty store.
using SchemaSteps = std::span<const std::string_view>;
SchemaSteps schema_steps();

// Brings the database to the newest schema: a copy first when there is something to lose, then all
// steps in one transaction. A database of a newer schema is refused with the way out.
Result<void> bring_up_to_date(Database& database, Disk& disk, const std::string& path,
                              SchemaSteps steps);

// A leg's id is its message's id times this, plus its place: the legs of a message stand together
// in the table and need no index of their own.
constexpr std::int64_t legs_per_message = 1024;
constexpr std::int64_t message_of(std::int64_t leg) { return leg / legs_per_message; }
constexpr std::int64_t first_leg_of(std::int64_t message) { return message * legs_per_message; }
constexpr std::int64_t last_leg_of(std::int64_t message) {
  return first_leg_of(message) + legs_per_message - 1;
}

// leg.due of a leg that waits for something else than time: sorted behind all that may be claimed.
constexpr std::int64_t due_never = INT64_MAX;

// leg.pending: why the body of a final leg is still needed.
enum class Pending : int { nothing = 0, report = 1, trash = 2 };

// The statements of this room and the indexes on disk write these as numbers.
static_assert(legs_per_message == 1024);
static_assert(static_cast<int>(LegState::ready) == 0 && static_cast<int>(LegState::active) == 1 &&
              static_cast<int>(LegState::deferred) == 2 && static_cast<int>(LegState::held) == 3 &&
              static_cast<int>(LegState::quarantine) == 4 &&   // the last that is not final
              static_cast<int>(LegState::discarded) == 8);
static_assert(static_cast<int>(Pending::report) == 1 && static_cast<int>(Pending::trash) == 2);

}  // namespace hanse::store
