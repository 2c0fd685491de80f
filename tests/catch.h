// SPDX-License-Identifier: Apache-2.0
#pragma once

// The one seam to Catch2: version 2 has a single header, version 3 splits it and renames what a
// listener needs. Only the file with the main asks for that.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif

#ifdef CATCH_CONFIG_EXTERNAL_INTERFACES
#include <string>
#if __has_include(<catch2/catch_all.hpp>)
using ResultListener = Catch::EventListenerBase;
inline std::string name_of(const Catch::TestCaseStats& stats) { return stats.testInfo->name; }
#else
using ResultListener = Catch::TestEventListenerBase;
inline std::string name_of(const Catch::TestCaseStats& stats) { return stats.testInfo.name; }
#endif
#endif
