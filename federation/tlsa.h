// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "federation/certificate.h"
#include "federation/dns.h"

namespace hanse {

// What the TLSA records of a host say of the certificates it showed (RFC 6698, 7671). Pure. The
// records are those of a secure answer; whoever asks sees to that.
enum class TlsaVerdict : std::uint8_t {
  none_usable,        // DANE says nothing: no record, or none we can use
  match_end_entity,   // DANE-EE: the leaf is the right one; names and dates do not count
  match_anchor,       // DANE-TA: the leaf hangs on a named authority; names and dates of the
                      // certificates up to `depth` are still to be judged
  mismatch,           // usable records, and none fits: not the peer
};

struct TlsaFinding {
  TlsaVerdict verdict = TlsaVerdict::none_usable;
  std::size_t depth = 0;    // of the certificate that matched; 0 is the leaf
  std::string evidence;     // for people: "TLSA 3 1 1 8bd1da95... matches the leaf"
};
TlsaFinding judge_tlsa(std::span<const DnsTlsa> records, const CertificateChain& chain);

// DANE-EE or DANE-TA, by whole certificate or key, with a digest of the right length (smtp X-5).
bool is_usable(const DnsTlsa& record);
std::string to_text(const DnsTlsa& record);   // "3 1 1 8bd1da95...", the data cut

}  // namespace hanse
