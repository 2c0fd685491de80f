// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace hanse::net {

std::size_t resident_bytes();      // of this process
std::size_t memory_bytes_max();    // of its control group, or of the machine
std::size_t memory_soft_default(); // 70 % of that: where memory.soft is 0
std::size_t connections_max_of_system();   // 80 % of RLIMIT_NOFILE: limits.connections_max likewise

// The lowest memory.max of the group named in the text of /proc/self/cgroup and of those above it,
// below `root`; empty when none has a limit.
std::optional<std::size_t> group_memory_max(std::string_view group_file, const std::string& root);

// Whether the process is over its soft limit; under it again only an eighth below, so that it does
// not go to and fro.
class MemoryLimit {
 public:
  bool is_short(std::size_t resident, std::size_t soft);

 private:
  bool short_ = false;
};

}  // namespace hanse::net
