// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

// What every fuzz target has: this function, and ways to say what must hold.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace hanse::fuzz {

// Ends the program with a reason, so that the fuzzer keeps the input.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

inline std::string_view as_text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// A copy that ends exactly where the bytes end: reading on is seen by the address sanitizer.
class Exact {
 public:
  explicit Exact(std::string_view bytes) : copy_(bytes.begin(), bytes.end()) {}
  std::string_view view() const { return {copy_.data(), copy_.size()}; }

 private:
  std::vector<char> copy_;
};

// The first line of an input tells what happens around the bytes that follow it: one octet a
// decision. Where it is used up, decisions are 0, the plain way.
class Script {
 public:
  explicit Script(std::string_view& input) {
    const std::size_t end = input.find('\n');
    if (end == input.npos) return;
    line_ = input.substr(0, end);
    input.remove_prefix(end + 1);
  }

  std::uint8_t next() {
    if (line_.empty()) return 0;
    const auto decision = static_cast<std::uint8_t>(line_.front());
    line_.remove_prefix(1);
    return decision;
  }

 private:
  std::string_view line_;
};

}  // namespace hanse::fuzz
