// SPDX-License-Identifier: Apache-2.0
// The main of every unit test program. When HANSE_RESULTS names a file, each test case appends
// "pass NAME" or "fail NAME" to it, so that one runner can count over all kinds of tests.

#define CATCH_CONFIG_MAIN   // version 2 brings its main along, version 3 has it in its library
#define CATCH_CONFIG_EXTERNAL_INTERFACES
#include "tests/catch.h"

#include <cstdlib>
#include <fstream>

namespace {

struct ResultWriter : ResultListener {
  using ResultListener::ResultListener;
  void testCaseEnded(const Catch::TestCaseStats& stats) override {
    const char* path = std::getenv("HANSE_RESULTS");
    if (path == nullptr) return;
    std::ofstream(path, std::ios::app)
        << (stats.totals.assertions.allOk() ? "pass " : "fail ") << name_of(stats) << '\n';
  }
};

}  // namespace

CATCH_REGISTER_LISTENER(ResultWriter)
