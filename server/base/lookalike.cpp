// SPDX-License-Identifier: Apache-2.0
#include "server/base/lookalike.h"

#include <unicode/uidna.h>
#include <unicode/uspoof.h>

#include <array>
#include <memory>

#include "server/base/idna.h"
#include "server/base/limits.h"

namespace hanse {

namespace {

constexpr std::size_t text_bytes_max = 4 * limits::domain_name_octets_max;

struct Close {
  void operator()(UIDNA* names) const { uidna_close(names); }
  void operator()(USpoofChecker* checker) const { uspoof_close(checker); }
};

// Once made they are only read, which ICU allows from any thread.
const UIDNA* names() {
  static const std::unique_ptr<UIDNA, Close> one = [] {
    UErrorCode failed = U_ZERO_ERROR;
    return std::unique_ptr<UIDNA, Close>(
        uidna_openUTS46(UIDNA_NONTRANSITIONAL_TO_UNICODE, &failed));
  }();
  return one.get();
}

const USpoofChecker* checker() {
  static const std::unique_ptr<USpoofChecker, Close> one = [] {
    UErrorCode failed = U_ZERO_ERROR;
    return std::unique_ptr<USpoofChecker, Close>(uspoof_open(&failed));
  }();
  return one.get();
}

}  // namespace

std::string domain_skeleton(std::string_view domain) {
  const std::string plain = plain_domain(domain);
  if (plain.empty() || plain.size() > limits::domain_name_octets_max) return {};
  if (names() == nullptr || checker() == nullptr) return {};
  std::array<char, text_bytes_max> shown{}, skeleton{};
  UErrorCode failed = U_ZERO_ERROR;
  UIDNAInfo info = UIDNA_INFO_INITIALIZER;
  // What is wrong with the name is no matter here: it is shown all the same.
  const std::int32_t shown_size = uidna_nameToUnicodeUTF8(
      names(), plain.data(), static_cast<std::int32_t>(plain.size()), shown.data(),
      static_cast<std::int32_t>(shown.size()), &info, &failed);
  if (U_FAILURE(failed) || shown_size > static_cast<std::int32_t>(shown.size())) return {};
  const std::int32_t size = uspoof_getSkeletonUTF8(
      checker(), 0, shown.data(), shown_size, skeleton.data(),
      static_cast<std::int32_t>(skeleton.size()), &failed);
  if (U_FAILURE(failed) || size > static_cast<std::int32_t>(skeleton.size())) return {};
  return std::string(skeleton.data(), static_cast<std::size_t>(size));
}

}  // namespace hanse
