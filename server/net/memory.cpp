// SPDX-License-Identifier: Apache-2.0
#include "server/net/memory.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "server/base/text.h"

namespace hanse::net {

namespace {

std::size_t page_bytes() { return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)); }

std::string text_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

}  // namespace

std::size_t connections_max_of_system() {
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) return 1024;
  return static_cast<std::size_t>(files.rlim_cur / 5 * 4);
}

std::size_t memory_soft_default() { return memory_bytes_max() / 10 * 7; }

std::size_t resident_bytes() {
  std::size_t pages = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  return resident * page_bytes();
}

std::optional<std::size_t> group_memory_max(std::string_view group_file, const std::string& root) {
  const std::string_view mark = "0::/";   // the unified hierarchy
  const std::size_t begin = group_file.find(mark);
  if (begin == std::string_view::npos) return std::nullopt;
  std::string_view group = group_file.substr(begin + mark.size() - 1);
  group = group.substr(0, group.find('\n'));
  std::optional<std::size_t> least;
  while (true) {
    const std::string text = text_of(root + std::string(group) + "/memory.max");
    const Result<std::int64_t> bytes = parse_integer(text.substr(0, text.find('\n')));
    if (bytes && *bytes > 0)
      least = std::min(least.value_or(SIZE_MAX), static_cast<std::size_t>(*bytes));
    if (group.empty()) return least;
    group = group.substr(0, group.rfind('/'));
  }
}

std::size_t memory_bytes_max() {
  const std::size_t machine = static_cast<std::size_t>(::sysconf(_SC_PHYS_PAGES)) * page_bytes();
  const auto group = group_memory_max(text_of("/proc/self/cgroup"), "/sys/fs/cgroup");
  return std::min(machine, group.value_or(machine));
}

bool MemoryLimit::is_short(std::size_t resident, std::size_t soft) {
  short_ = resident >= (short_ ? soft - soft / 8 : soft);
  return short_;
}

}  // namespace hanse::net
