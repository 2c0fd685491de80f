// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "federation/queue_admin.h"
#include "store/database.h"

namespace hanse::store {

// What the console asks of a reading connection. The caller looks at Database::failed() afterwards.
Result<QueuePage> read_page(Database& database, const Selector& selector, std::string_view cursor,
                            std::size_t most, UtcTime now);
Result<QueueStory> read_story(Database& database, std::string_view id);
Result<std::vector<ShapeRow>> read_shape(Database& database, std::size_t destinations_max,
                                         UtcTime now);
Result<QueueTotals> read_totals(Database& database, UtcTime now);

}  // namespace hanse::store
