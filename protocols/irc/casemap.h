// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hanse::irc {

// Which letters a network takes for the same (irc 2). From fine to coarse: what one of them
// takes for the same, every later one does too.
enum class Casemap : std::uint8_t { ascii, strict_rfc1459, rfc1459 };

std::optional<Casemap> casemap_named(std::string_view name);  // as in CASEMAPPING=
std::string_view casemap_name(Casemap casemap);

std::string fold(Casemap casemap, std::string_view name);
bool same_name(Casemap casemap, std::string_view a, std::string_view b);
// Whether a mask with `*` and `?` is one for that text. Linear in each star, no recursion.
bool matches(Casemap casemap, std::string_view mask, std::string_view text);

}  // namespace hanse::irc
