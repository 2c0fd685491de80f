// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/console/commands.h"

namespace hanse::console {

Json row_json(const QueueRow& row);
std::string render_rows(std::span<const Json> items, const Style& style);

// The words of a selector; a bare word is a queue id. "all" alone selects everything.
Result<Selector> read_selector(const Request& request);

inline constexpr Parameter selector_parameters[] = {
    {"SELECTOR",
     "Terms such as dest=c.example proto=NAME age>2h from=*@b.example to=user@c.example "
     "status=deferred size>1MiB id=01J9; a bare word is a queue id, and all alone means all.",
     false, true, "queue list"},
};

}  // namespace hanse::console
