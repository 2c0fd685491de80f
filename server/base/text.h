// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/base/network_address.h"
#include "server/base/quantity.h"

namespace hanse {

// ASCII only: protocol keywords and domain names. Bytes above 127 stay as they are.
std::string lower_ascii(std::string_view text);
bool equal_ascii_case(std::string_view a, std::string_view b);
bool starts_with_case(std::string_view text, std::string_view prefix);

std::string_view trim(std::string_view text);                      // SP and HTAB at both ends
std::vector<std::string_view> split(std::string_view text, char at);  // keeps empty parts

// Printable ASCII only, at most `bytes_max`; everything else becomes \xNN, a cut ends in "...".
// For every peer byte that goes to a reply, a terminal or a person.
std::string escape_text(std::string_view text, std::size_t bytes_max = 128);

// With quotes. Bad UTF-8 becomes \ufffd; controls of every kind, and the marks that turn the
// direction of writing, become \uNNNN, so that a line shows what it says.
void append_json_string(std::string& out, std::string_view text);

// The start of `text`, at most `bytes_max` long, never ending inside a UTF-8 character.
std::string_view cut_utf8(std::string_view text, std::size_t bytes_max);

// The known word nearest to `word` by edit distance (at most 3 edits away), or empty.
std::string nearest_word(std::string_view word, const std::vector<std::string>& known);

}  // namespace hanse
