// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/sim/world.h"

namespace hanse::sim {

// Draws the trouble of one world from its randomness and puts it on the timeline, all of it
// before `end`. Each world only knows some kinds of trouble, so that each kind is also met alone.
void plan_trouble(World& world, Instant end);

// Takes back whatever lasts, at `end`.
void end_trouble(World& world);

}  // namespace hanse::sim
