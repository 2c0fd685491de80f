// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace hanse {

std::string sha256_hex(std::string_view bytes);
bool equal_constant_time(std::string_view a, std::string_view b);

}  // namespace hanse
