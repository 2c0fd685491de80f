// SPDX-License-Identifier: Apache-2.0
#include "server/base/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <limits>
#include <stdexcept>

#include "server/base/encoding.h"

namespace hanse {

namespace {

std::string octets(const unsigned char* bytes, unsigned int count) {
  return {reinterpret_cast<const char*>(bytes), count};
}

std::string digest_of(const EVP_MD* kind, std::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest, &length, kind, nullptr) != 1) {
    throw std::runtime_error("a digest is not available in this OpenSSL");
  }
  return octets(digest, length);
}

}  // namespace

std::string sha1(std::string_view bytes) { return digest_of(EVP_sha1(), bytes); }
std::string sha256(std::string_view bytes) { return digest_of(EVP_sha256(), bytes); }
std::string sha512(std::string_view bytes) { return digest_of(EVP_sha512(), bytes); }
std::string sha256_hex(std::string_view bytes) { return hex(sha256(bytes)); }

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  // A null key would mean "the one of before" to the library.
  const char* start = key.empty() ? "" : key.data();
  if (key.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()) ||
      HMAC(EVP_sha256(), start, static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest,
           &length) == nullptr) {
    throw std::runtime_error("HMAC-SHA256 is not available in this OpenSSL");
  }
  return octets(digest, length);
}

// The length is no secret; the bytes are.
bool equal_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string random_octets(std::size_t count) {
  std::string out(count, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(count)) != 1) {
    throw std::runtime_error("the system gives no random octets");
  }
  return out;
}

}  // namespace hanse
