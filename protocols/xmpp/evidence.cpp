// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/evidence.h"

#include <algorithm>

#include "federation/tlsa.h"
#include "protocols/xmpp/identity.h"
#include "server/base/text.h"

namespace hanse::xmpp {

namespace {

Identity names_of(const CertificateQuestion& question) {
  const CertificateFacts& leaf = question.chain->certificates.front();
  Identity own = prove_domain(leaf, question.domain_key, question.legacy_cn);
  if (own.proven) return own;
  for (const std::string& host : question.other_names)
    if (Identity by_host = prove_host(leaf, host); by_host.proven) return by_host;
  return own;
}

Evidence by_authority(const CertificateQuestion& question, const Identity& names) {
  const CertificateChain& chain = *question.chain;
  if (!chain.valid) return {"pkix", false, chain.error + " (" + names.story + ")"};
  return {"pkix", names.proven, names.story};
}

}  // namespace

std::vector<Evidence> certificate_evidence(const CertificateQuestion& question) {
  std::vector<Evidence> out;
  if (!question.tls.empty()) out.push_back({"tls", true, std::string(question.tls)});
  if (question.chain == nullptr || question.chain->certificates.empty()) {
    out.push_back({"pkix", false, "no certificate was shown"});
    return out;
  }
  if (question.trust == Trust::pin) {
    out.push_back({"pkix", false, "only a pinned certificate counts"});
    return out;
  }
  const Identity names = names_of(question);
  if (question.trust == Trust::authority) {
    out.push_back(by_authority(question, names));
    return out;
  }
  const TlsaFinding dane = judge_tlsa(question.tlsa, *question.chain);
  switch (dane.verdict) {
    case TlsaVerdict::none_usable:
      if (!question.tlsa_missing.empty())
        out.push_back({"dane", false, "no answer to " + std::string(question.tlsa_missing)});
      else if (question.trust == Trust::dane) out.push_back({"dane", false, dane.evidence});
      else out.push_back(by_authority(question, names));
      break;
    case TlsaVerdict::match_end_entity: out.push_back({"dane", true, dane.evidence}); break;
    case TlsaVerdict::match_anchor:   // RFC 7671 5.2: the names count here
      out.push_back({"dane", names.proven, dane.evidence + "; " + names.story});
      break;
    case TlsaVerdict::mismatch: out.push_back({"dane", false, dane.evidence}); break;
  }
  return out;
}

bool certificate_proves(std::span<const Evidence> evidence) {
  return std::any_of(evidence.begin(), evidence.end(), [](const Evidence& one) {
    return one.passed && (one.kind == "dane" || one.kind == "pkix");
  });
}

bool shows_pin(const TrustDecision& decision, std::string_view domain_key) {
  return equal_ascii_case(decision.peer, domain_key) &&
         std::any_of(decision.evidence.begin(), decision.evidence.end(),
                     [](const Evidence& one) { return one.kind == "pin" && one.passed; });
}

}  // namespace hanse::xmpp
