// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace hanse {

constexpr std::string_view version = "0.1.0";
extern const std::string_view commit;   // it was built from; "unknown" outside a repository

}  // namespace hanse
