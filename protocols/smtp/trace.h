// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "federation/message.h"

namespace hanse::smtp {

// The trace field to be put before the message, with its CRLF: rendered from the newest hop, the
// message's id and, when the envelope has exactly one, its recipient. Empty without a hop.
std::string received_field(const Envelope& envelope);

// Envelope::native of mail: words separated by spaces.
constexpr std::string_view fact_eight_bit = "8bit";  // content has octets above 127
bool has_fact(std::string_view native, std::string_view fact);

}  // namespace hanse::smtp
