// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string_view>

#include "federation/certificate.h"

namespace hanse::net {

constexpr std::string_view other_name_srv = "1.3.6.1.5.5.7.8.7";    // RFC 4985
constexpr std::string_view other_name_address = "1.3.6.1.5.5.7.8.5";   // RFC 6120 13.7.1.4

// Bounded: what stands beyond the bounds of limits.h is left out, never cut in the middle.
CertificateFacts certificate_facts(X509* certificate);

// What the peer showed in this handshake and what the library's own verification said to it.
// Null when it showed nothing.
std::shared_ptr<const CertificateChain> peer_chain(SSL* ssl);

}  // namespace hanse::net
