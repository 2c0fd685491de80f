// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "server/base/random.h"
#include "server/base/time.h"

namespace hanse {

// A message's id: 48 bits of milliseconds, 80 bits of randomness, in Crockford's base 32.
// Sorts by time; 26 characters.
std::string make_ulid(UtcTime now, Random& random);

}  // namespace hanse
