// SPDX-License-Identifier: Apache-2.0
#include "federation/tlsa.h"

#include <algorithm>
#include <vector>

#include "server/base/encoding.h"

namespace hanse {

namespace {

// RFC 7218: the numbers' names.
constexpr std::uint8_t dane_ta = 2, dane_ee = 3;
constexpr std::uint8_t whole_certificate = 0, public_key = 1;
constexpr std::uint8_t exact = 0, sha2_256 = 1, sha2_512 = 2;

bool is_usable_kind(const DnsTlsa& record) {
  return (record.usage == dane_ta || record.usage == dane_ee) &&
         (record.selector == whole_certificate || record.selector == public_key);
}

// RFC 7671 9: of two digests of the same thing the stronger decides, so that a weak one cannot be
// the way in.
bool is_outdone(const DnsTlsa& record, std::span<const DnsTlsa> records) {
  return record.matching == sha2_256 &&
         std::any_of(records.begin(), records.end(), [&record](const DnsTlsa& other) {
           return other.matching == sha2_512 && other.usage == record.usage &&
                  other.selector == record.selector && is_usable(other);
         });
}

bool matches(const DnsTlsa& record, const CertificateFacts& certificate) {
  const bool whole = record.selector == whole_certificate;
  std::string_view known;
  switch (record.matching) {
    case exact:
      known = whole ? certificate.der : certificate.key_der;
      return !known.empty() && record.data == known;
    case sha2_256: known = whole ? certificate.sha256 : certificate.key_sha256; break;
    case sha2_512: known = whole ? certificate.sha512 : certificate.key_sha512; break;
    default: return false;
  }
  return !known.empty() && hex(record.data) == known;
}

// RFC 7671 5.2: an authority counts only where the leaf hangs on it. Anybody can show a public
// authority's certificate beside a leaf of his own: every link must have been checked.
std::size_t linked_depth(const CertificateChain& chain) {
  std::size_t depth = 0;
  while (depth + 1 < chain.certificates.size() && chain.certificates[depth].signed_by_next)
    ++depth;
  return depth;
}

std::string place(std::size_t depth) {
  if (depth == 0) return "the leaf";
  return "the authority at depth " + std::to_string(depth);
}

}  // namespace

bool is_usable(const DnsTlsa& record) {
  if (!is_usable_kind(record)) return false;
  switch (record.matching) {
    case exact: return !record.data.empty();
    case sha2_256: return record.data.size() == 32;
    case sha2_512: return record.data.size() == 64;
    default: return false;
  }
}

std::string to_text(const DnsTlsa& record) {
  constexpr std::size_t shown_octets = 8;
  std::string out = std::to_string(record.usage) + " " + std::to_string(record.selector) + " " +
                    std::to_string(record.matching) + " " +
                    hex(std::string_view(record.data).substr(0, shown_octets));
  return record.data.size() > shown_octets ? out + "..." : out;
}

TlsaFinding judge_tlsa(std::span<const DnsTlsa> records, const CertificateChain& chain) {
  std::vector<const DnsTlsa*> usable;
  for (const DnsTlsa& record : records)
    if (is_usable(record) && !is_outdone(record, records)) usable.push_back(&record);
  if (usable.empty())
    return {TlsaVerdict::none_usable, 0,
            records.empty() ? "no TLSA record" : "no usable TLSA record of " +
                                                     std::to_string(records.size())};
  if (chain.certificates.empty())
    return {TlsaVerdict::mismatch, 0, "TLSA records, and no certificate was shown"};

  // RFC 7671 5.1: the end entity first: it asks for the least.
  for (const DnsTlsa* record : usable) {
    if (record->usage != dane_ee || !matches(*record, chain.certificates.front())) continue;
    return {TlsaVerdict::match_end_entity, 0,
            "TLSA " + to_text(*record) + " matches " + place(0)};
  }
  const std::size_t linked = linked_depth(chain);
  for (std::size_t depth = 1; depth < chain.certificates.size(); ++depth) {
    for (const DnsTlsa* record : usable) {
      if (record->usage != dane_ta || !matches(*record, chain.certificates[depth])) continue;
      if (depth <= linked)
        return {TlsaVerdict::match_anchor, depth,
                "TLSA " + to_text(*record) + " matches " + place(depth)};
      return {TlsaVerdict::mismatch, depth, "TLSA " + to_text(*record) + " matches " +
                                                place(depth) + ", which did not sign the leaf"};
    }
  }
  return {TlsaVerdict::mismatch, 0, "TLSA " + to_text(*usable.front()) +
                                        (usable.size() > 1 ? " and its like match" : " matches") +
                                        " no certificate that was shown"};
}

}  // namespace hanse
