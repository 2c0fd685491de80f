// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace hanse {

// Digests as the octets themselves; hex() of server/base/encoding.h writes them for people.
std::string sha1(std::string_view bytes);     // for protocols that name it; never for trust
std::string sha256(std::string_view bytes);
std::string sha512(std::string_view bytes);
std::string hmac_sha256(std::string_view key, std::string_view bytes);   // RFC 2104

std::string sha256_hex(std::string_view bytes);
bool equal_constant_time(std::string_view a, std::string_view b);

// From the system's source of secrets; for what nobody may guess.
std::string random_octets(std::size_t count);

}  // namespace hanse
