// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "federation/lane.h"
#include "server/console/json_text.h"

namespace hanse::console {

Json lane_json(const LaneStatus& lane);
std::string lane_text(const Json& lane);   // "backoff, 5 failures (connect timeout), breaker ..."

}  // namespace hanse::console
