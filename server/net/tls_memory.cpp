// SPDX-License-Identifier: Apache-2.0
#include "server/net/tls_memory.h"

#include <malloc.h>
#include <openssl/crypto.h>

#include <atomic>
#include <cstdlib>

namespace hanse::net {

namespace {

std::atomic<std::size_t> held_bytes{0};

void* take(std::size_t bytes, const char*, int) {
  void* const memory = std::malloc(bytes);
  held_bytes.fetch_add(::malloc_usable_size(memory), std::memory_order_relaxed);
  return memory;
}

void* resize(void* memory, std::size_t bytes, const char*, int) {
  const std::size_t before = ::malloc_usable_size(memory);
  void* const moved = std::realloc(memory, bytes);
  if (moved == nullptr && bytes != 0) return nullptr;   // what was there still is
  held_bytes.fetch_add(::malloc_usable_size(moved) - before, std::memory_order_relaxed);
  return moved;
}

void give(void* memory, const char*, int) {
  held_bytes.fetch_sub(::malloc_usable_size(memory), std::memory_order_relaxed);
  std::free(memory);
}

}  // namespace

bool count_tls_memory() { return CRYPTO_set_mem_functions(take, resize, give) == 1; }

std::size_t tls_memory_bytes() { return held_bytes.load(std::memory_order_relaxed); }

}  // namespace hanse::net
