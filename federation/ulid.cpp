// SPDX-License-Identifier: Apache-2.0
#include "federation/ulid.h"

#include <string_view>

namespace hanse {

namespace {

constexpr std::string_view digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

char* put(char* out, std::uint64_t value, int characters) {
  for (int at = characters - 1; at >= 0; --at) *out++ = digits[(value >> (5 * at)) & 31];
  return out;
}

}  // namespace

std::string make_ulid(UtcTime now, Random& random) {
  std::string out(26, '0');
  char* at = put(out.data(), static_cast<std::uint64_t>(to_unix_ms(now)) & 0xffff'ffff'ffff, 10);
  at = put(at, random.next(), 8);
  put(at, random.next(), 8);
  return out;
}

}  // namespace hanse
