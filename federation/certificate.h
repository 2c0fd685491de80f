// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "server/base/time.h"

namespace hanse {

// A SAN otherName whose value is text.
struct OtherName {
  std::string type;                          // the object identifier: "1.3.6.1.5.5.7.8.5"
  std::string text;
};

// What one certificate says, read once by the TLS room so that trust can judge it without a
// library: names, lifetime, digests. All text is the peer's own, checked for control octets.
struct CertificateFacts {
  std::vector<std::string> dns_names;        // SAN dNSName, as written: "*.a.example" is possible
  std::vector<OtherName> other_names;        // SRV-ID (RFC 4985) is one, 1.3.6.1.5.5.7.8.7
  std::vector<std::string> ip_addresses;     // SAN iPAddress, text form
  std::string common_name;                   // of the subject; a name only where policy says so
  bool malformed_name = false;               // a SAN holds NUL or a control octet: trust nothing
  UtcTime not_before{}, not_after{};
  std::string sha256, sha512;                // of the whole certificate, lower-case hex
  std::string key_sha256, key_sha512;        // of its SubjectPublicKeyInfo, lower-case hex
  std::string der, key_der;                  // the octets themselves, for TLSA matching type 0
  bool signed_by_next = false;               // by the next one's key, which may sign certificates
};

// All that a peer showed, leaf first; empty when it showed nothing.
struct CertificateChain {
  std::vector<CertificateFacts> certificates;
  bool valid = false;                        // leads to a trust anchor, in time, as a TLS server
  std::string error;                         // why not: "certificate has expired"
};

// Of the leaf's public key; empty when nothing was shown.
inline std::string key_sha256(const CertificateChain* chain) {
  const bool none = chain == nullptr || chain->certificates.empty();
  return none ? std::string() : chain->certificates.front().key_sha256;
}

}  // namespace hanse
