// SPDX-License-Identifier: Apache-2.0
// Runs a fuzz target over files, without a fuzzer: for the corpus in `make test`, and to look at
// what a fuzzer has found.
//   replay-TARGET FILE...
// When HANSE_RESULTS names a file, "pass fuzz corpus: replay-TARGET" is added to it.

#include <cstdio>
#include <cstdlib>
#include <filesystem>
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
  if (count < 2) return 1;
  if (const char* results = std::getenv("HANSE_RESULTS"); results != nullptr) {
    std::ofstream(results, std::ios::app)
        << "pass fuzz corpus: " << std::filesystem::path(arguments[0]).filename().string() << '\n';
  }
  return 0;
}
