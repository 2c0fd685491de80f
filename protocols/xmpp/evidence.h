// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "federation/certificate.h"
#include "federation/dns.h"
#include "federation/trust.h"
#include "protocols/xmpp/settings.h"

namespace hanse::xmpp {

// A peer's certificates, held against the domain it claims to be.
struct CertificateQuestion {
  const CertificateChain* chain = nullptr;     // null: it showed none
  std::string_view tls;                        // "TLSv1.3 ...", empty without
  std::string_view domain_key;
  std::span<const std::string> other_names{};  // hosts that secure SRV records lead to (xmpp 1.10)
  std::span<const DnsTlsa> tlsa{};             // of a secure answer
  bool legacy_cn = false;
  Trust trust = Trust::verify;                 // what counts; a pin is looked at by trust itself
  std::string_view tlsa_missing{};             // a secure name whose TLSA records cannot be had
};

// The facts for trust to judge (xmpp 3.4, 3.5): "tls", and either "dane" or "pkix". Where usable
// TLSA records are there, they decide and authorities are not asked.
std::vector<Evidence> certificate_evidence(const CertificateQuestion& question);

// True when these facts alone prove the domain.
bool certificate_proves(std::span<const Evidence> evidence);

// A pinned certificate proves the peer it is pinned for, whoever has signed it.
bool shows_pin(const TrustDecision& decision, std::string_view domain_key);

}  // namespace hanse::xmpp
