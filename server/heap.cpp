// SPDX-License-Identifier: Apache-2.0
#include "server/heap.h"

#include <malloc.h>
#include <sys/auxv.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>

namespace hanse {

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool own_heap = false;                 // a sanitizer brings its own
#else
constexpr bool own_heap = true;
#endif

// Freed pieces of one size that a thread keeps for itself: what the messages of a read are made of.
constexpr unsigned kept_pieces_max = 1000;
constexpr const char* variable = "GLIBC_TUNABLES";
constexpr const char* tunable = "glibc.malloc.tcache_count";

std::string own_file() {
  std::array<char, 4096> path{};
  const ssize_t size = ::readlink("/proc/self/exe", path.data(), path.size());
  if (size <= 0 || static_cast<std::size_t>(size) == path.size()) return {};
  return {path.data(), static_cast<std::size_t>(size)};
}

}  // namespace

void set_up_heap(char** arguments) {
  // One arena a core: the default of eight a core keeps freed memory of short bursts for ever.
  ::mallopt(M_ARENA_MAX, 2);
  // With more rights than its caller it is not told of the variable, and would start for ever.
  if (!own_heap || ::getauxval(AT_SECURE) != 0) return;
  if (::getauxval(AT_BASE) == 0) return;   // started through the loader, which is no file of ours
  const char* set = std::getenv(variable);
  std::string value = set == nullptr ? std::string() : set;
  if (value.find(tunable) != std::string::npos) return;   // so wished, or by ourselves
  const std::string file = own_file();
  if (file.empty()) return;
  if (!value.empty()) value += ':';
  value += std::string(tunable) + "=" + std::to_string(kept_pieces_max);
  if (::setenv(variable, value.c_str(), 1) != 0) return;
  ::execv(file.c_str(), arguments);   // comes back only when it cannot; the defaults do then
}

}  // namespace hanse
