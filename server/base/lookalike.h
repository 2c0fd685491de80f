// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace hanse {

// What a domain name looks like to a person (UTS 39 skeleton of its U-labels, lower case): two
// names that can be taken for one another share it. Not a name itself. Empty: it cannot be told.
// The one seam to ICU's uspoof. Thread: any.
std::string domain_skeleton(std::string_view domain);

}  // namespace hanse
