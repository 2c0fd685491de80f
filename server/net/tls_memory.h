// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace hanse::net {

// What OpenSSL holds, by its own allocations: 0 unless it was counted from the first one on.
// Thread: count_tls_memory() before any other use of OpenSSL; tls_memory_bytes() any.
bool count_tls_memory();
std::size_t tls_memory_bytes();

}  // namespace hanse::net
