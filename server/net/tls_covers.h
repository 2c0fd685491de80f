// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "server/net/tls.h"

namespace hanse::net {

// Whether one of these certificates names this domain, itself or by a wildcard: which one is shown
// for it is then no matter of chance. False for certificates that cannot be read.
bool covers(const TlsSettings& ours, std::string_view domain);

}  // namespace hanse::net
