// SPDX-License-Identifier: Apache-2.0
// Runs a fuzz target over files, without a fuzzer: for the corpus in `make test`, and to look at
// what a fuzzer has found.
//   replay-TARGET FILE...

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/fuzz/fuzz.h"

int main(int count, char** arguments) {
  for (int number = 1; number < count; ++number) {
    std::ifstream file(arguments[number], std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    if (!file) {
      std::fprintf(stderr, "cannot read %s\n", arguments[number]);
      return 1;
    }
    std::printf("%s\n", arguments[number]);
    std::fflush(stdout);   // the last name printed is the one that broke
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  }
  std::printf("%d files replayed\n", count - 1);
  return count > 1 ? 0 : 1;
}
