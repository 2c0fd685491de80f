// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "server/base/result.h"

namespace hanse {

// A domain name in the form the DNS takes: A-labels (IDNA2008, non-transitional), lower case, no
// last dot. Names of letters, digits, hyphens and underscores pass as they are. The one seam to
// libidn2.
Result<std::string> to_ascii_domain(std::string_view domain);

// The form in which names are compared: A-labels where it is an international name, whichever way
// it is written, and lower case.
std::string plain_domain(std::string_view domain);

}  // namespace hanse
