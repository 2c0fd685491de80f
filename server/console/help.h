// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace hanse::console {

std::string console_page();                                // docs/console.md
std::string completion(std::string_view shell);            // empty: no such shell

}  // namespace hanse::console
