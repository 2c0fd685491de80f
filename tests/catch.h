// SPDX-License-Identifier: Apache-2.0
#pragma once

// The one seam to Catch2: version 2 has a single header, version 3 splits it.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
