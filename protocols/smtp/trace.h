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
constexpr std::string_view fact_no_from = "no-from", fact_several_from = "several-from";  // D-7
bool has_fact(std::string_view native, std::string_view fact);
void add_fact(NativeFacts& native, std::string_view fact);
std::string_view tag_text(std::string_view fact);    // "no From field", for people

}  // namespace hanse::smtp
