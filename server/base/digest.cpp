// SPDX-License-Identifier: Apache-2.0
#include "server/base/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <stdexcept>

namespace hanse {

std::string sha256_hex(std::string_view bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest, &length, EVP_sha256(), nullptr) != 1) {
    throw std::runtime_error("SHA-256 is not available in this OpenSSL");
  }
  std::string hex;
  hex.reserve(2 * std::size_t{length});
  for (unsigned int at = 0; at < length; ++at) {
    hex += digits[digest[at] >> 4];
    hex += digits[digest[at] & 15];
  }
  return hex;
}

// The length is no secret; the bytes are.
bool equal_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace hanse
