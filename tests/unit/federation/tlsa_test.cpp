// SPDX-License-Identifier: Apache-2.0
#include "federation/tlsa.h"

#include "server/base/digest.h"
#include "server/base/encoding.h"
#include "tests/catch.h"

namespace hanse {
namespace {

CertificateFacts certificate(const std::string& name) {
  CertificateFacts out;
  out.der = "certificate of " + name;
  out.key_der = "key of " + name;
  out.sha256 = hex(sha256(out.der));
  out.sha512 = hex(sha512(out.der));
  out.key_sha256 = hex(sha256(out.key_der));
  out.key_sha512 = hex(sha512(out.key_der));
  return out;
}

// Leaf, intermediate, root: each signed by the next.
CertificateChain shown() {
  CertificateChain chain;
  for (const char* name : {"leaf", "middle", "root"})
    chain.certificates.push_back(certificate(name));
  chain.certificates[0].signed_by_next = chain.certificates[1].signed_by_next = true;
  return chain;
}

DnsTlsa record(unsigned usage, unsigned selector, unsigned matching, const std::string& name) {
  const std::string of = (selector == 0 ? "certificate of " : "key of ") + name;
  return {static_cast<std::uint8_t>(usage), static_cast<std::uint8_t>(selector),
          static_cast<std::uint8_t>(matching),
          matching == 0 ? of : matching == 1 ? sha256(of) : sha512(of)};
}

TlsaVerdict verdict(const std::vector<DnsTlsa>& records, const CertificateChain& chain = shown()) {
  const TlsaFinding finding = judge_tlsa(records, chain);
  CHECK_FALSE(finding.evidence.empty());
  return finding.verdict;
}

TEST_CASE("X-5 xmpp 1.10 which TLSA records are usable") {
  for (unsigned usage : {2u, 3u})
    for (unsigned selector : {0u, 1u})
      for (unsigned matching : {0u, 1u, 2u})
        CHECK(is_usable(record(usage, selector, matching, "leaf")));
  for (const DnsTlsa& bad : std::initializer_list<DnsTlsa>{
           record(0, 0, 1, "leaf"), record(1, 1, 1, "leaf"), record(4, 1, 1, "leaf"),
           record(255, 1, 1, "leaf"), record(3, 2, 1, "leaf"), record(3, 1, 3, "leaf"),
           {3, 1, 1, ""}, {3, 1, 0, ""}, {3, 1, 1, std::string(31, 'x')},
           {3, 1, 1, std::string(64, 'x')}, {3, 1, 2, std::string(32, 'x')}})
    CHECK_FALSE(is_usable(bad));
  CHECK(verdict({}) == TlsaVerdict::none_usable);
  CHECK(verdict({record(1, 1, 1, "leaf"), {3, 1, 1, "short"}}) == TlsaVerdict::none_usable);
}

TEST_CASE("X-6 usage 3 is the leaf and nothing else, whatever it says of itself") {
  for (unsigned selector : {0u, 1u})
    for (unsigned matching : {0u, 1u, 2u}) {
      CHECK(verdict({record(3, selector, matching, "leaf")}) == TlsaVerdict::match_end_entity);
      CHECK(verdict({record(3, selector, matching, "other")}) == TlsaVerdict::mismatch);
      CHECK(verdict({record(3, selector, matching, "middle")}) == TlsaVerdict::mismatch);
    }
  CertificateChain expired = shown();
  expired.valid = false;
  expired.error = "certificate has expired";
  CHECK(verdict({record(3, 1, 1, "leaf")}, expired) == TlsaVerdict::match_end_entity);
  CHECK(judge_tlsa(std::vector{record(3, 1, 1, "leaf")}, shown()).evidence ==
        "TLSA 3 1 1 " + hex(sha256("key of leaf")).substr(0, 16) + "... matches the leaf");
}

TEST_CASE("X-6 usage 2 is an authority that was shown and signed the leaf") {
  for (unsigned selector : {0u, 1u})
    for (unsigned matching : {0u, 1u, 2u}) {
      CHECK(verdict({record(2, selector, matching, "middle")}) == TlsaVerdict::match_anchor);
      CHECK(judge_tlsa(std::vector{record(2, selector, matching, "root")}, shown()).depth == 2);
      CHECK(verdict({record(2, selector, matching, "leaf")}) == TlsaVerdict::mismatch);
      CHECK(verdict({record(2, selector, matching, "other")}) == TlsaVerdict::mismatch);
    }
}

TEST_CASE("X-6 an authority that is only shown beside the leaf proves nothing") {
  CertificateChain chain = shown();
  chain.certificates[0].signed_by_next = false;
  CHECK(verdict({record(2, 1, 1, "middle")}, chain) == TlsaVerdict::mismatch);
  CHECK(verdict({record(2, 0, 1, "root")}, chain) == TlsaVerdict::mismatch);
  chain = shown();
  chain.certificates[1].signed_by_next = false;
  CHECK(verdict({record(2, 1, 1, "middle")}, chain) == TlsaVerdict::match_anchor);
  CHECK(verdict({record(2, 1, 1, "root")}, chain) == TlsaVerdict::mismatch);
}

TEST_CASE("X-7 usable records that do not fit are a mismatch, also among unusable ones") {
  CHECK(verdict({record(1, 1, 1, "leaf"), record(3, 1, 1, "other")}) == TlsaVerdict::mismatch);
  CHECK(verdict({record(3, 1, 1, "other"), record(3, 1, 1, "leaf")}) ==
        TlsaVerdict::match_end_entity);
  CHECK(verdict({record(2, 1, 1, "root"), record(3, 1, 1, "leaf")}) ==
        TlsaVerdict::match_end_entity);
  CHECK(verdict({record(3, 1, 1, "leaf")}, {}) == TlsaVerdict::mismatch);
}

TEST_CASE("RFC 7671 9 the stronger digest of the same thing decides") {
  CHECK(verdict({record(3, 1, 1, "leaf"), record(3, 1, 2, "other")}) == TlsaVerdict::mismatch);
  CHECK(verdict({record(3, 1, 1, "other"), record(3, 1, 2, "leaf")}) ==
        TlsaVerdict::match_end_entity);
  CHECK(verdict({record(3, 0, 1, "leaf"), record(3, 1, 2, "other")}) ==
        TlsaVerdict::match_end_entity);
  CHECK(verdict({record(3, 1, 1, "leaf"), {3, 1, 2, "short"}}) == TlsaVerdict::match_end_entity);
}

TEST_CASE("X-6 facts that were not read match nothing") {
  CertificateChain chain;
  chain.certificates.emplace_back();
  CHECK(verdict({record(3, 1, 1, "leaf"), record(3, 0, 0, "leaf")}, chain) ==
        TlsaVerdict::mismatch);
}

}  // namespace
}  // namespace hanse
