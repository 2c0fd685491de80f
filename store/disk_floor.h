// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace hanse::store {

// The free bytes below which nothing new is accepted (D9): what disk.min_free says, or for a 0
// what suits a disk of this size.
std::uint64_t disk_floor(std::uint64_t wished, std::uint64_t total_bytes);

}  // namespace hanse::store
