// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "federation/exchange.h"
#include "protocols/smtp/settings.h"

namespace hanse::smtp {

// The message that tells a sender which recipients were not reached (RFC 3461, 3464, 6522).
// `head` is the beginning of the original. The same failures give the same bytes.
Result<Submission> make_report(const SmtpSettings& settings, const Reportable& failed,
                               std::string_view head, UtcTime now);

}  // namespace hanse::smtp
