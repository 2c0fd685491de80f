// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "federation/certificate.h"

namespace hanse::xmpp {

// Whether a certificate speaks for a name (RFC 6120 13.7.1.2, xmpp 3.4). Only names are looked at:
// chain and dates are somebody else's question.
struct Identity {
  bool proven = false;
  std::string story;   // "DNS-ID *.b.example", or "names x.example, y.example, not b.example"
};

// `domain` as on the wire or as a key. `common_name`: also believe the subject's CN, of a
// certificate that has no other name of a kind we know.
Identity prove_domain(const CertificateFacts& certificate, std::string_view domain,
                      bool common_name = false);

// The host behind a secure SRV record, as a further reference identity (RFC 7712 delegation):
// DNS-ID alone.
Identity prove_host(const CertificateFacts& certificate, std::string_view host);

}  // namespace hanse::xmpp
