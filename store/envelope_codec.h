// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "federation/message.h"
#include "server/base/result.h"

namespace hanse::store {

// An envelope as bytes, for the message row. The first byte is the form's number, so that later
// forms can be told apart without a migration of every row.
std::string encode_envelope(const Envelope& envelope);
Result<Envelope> decode_envelope(std::string_view bytes);

}  // namespace hanse::store
