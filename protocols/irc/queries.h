// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocols/irc/side.h"

namespace hanse::irc {

// Answers what somebody of the network asks a server of ours, or one about a person who is behind
// it (irc 4.2): by the right numerics, or by the one that says that there is nothing.
void answer_query(Side& side, const Queried& query, UserId asker, Timestamp now);

}  // namespace hanse::irc
