// SPDX-License-Identifier: Apache-2.0
// The main of every unit test program. When HANSE_RESULTS names a file, each test case appends
// "pass NAME" or "fail NAME" to it, so that one runner can count over all kinds of tests.

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
using ResultListener = Catch::EventListenerBase;
#else
#define CATCH_CONFIG_MAIN
#define CATCH_CONFIG_EXTERNAL_INTERFACES
#include <catch2/catch.hpp>
using ResultListener = Catch::TestEventListenerBase;
#endif

#include <cstdlib>
#include <fstream>

namespace {

struct ResultWriter : ResultListener {
  using ResultListener::ResultListener;
  void testCaseEnded(const Catch::TestCaseStats& stats) override {
    const char* path = std::getenv("HANSE_RESULTS");
    if (path == nullptr) return;
    std::ofstream(path, std::ios::app)
        << (stats.totals.assertions.allOk() ? "pass " : "fail ") << stats.testInfo.name << '\n';
  }
};

}  // namespace

CATCH_REGISTER_LISTENER(ResultWriter)
