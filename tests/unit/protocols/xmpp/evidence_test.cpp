// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/evidence.h"

#include "server/base/encoding.h"
#include "tests/catch.h"

namespace hanse::xmpp {
namespace {

// xmpp 3.5: pin, DANE, authority, dialback; each may be demanded or left out.
TEST_CASE("xmpp 3.5 what a certificate proves is what policy lets count") {
  CertificateChain chain;
  CertificateFacts& leaf = chain.certificates.emplace_back();
  leaf.dns_names = {"b.example"};
  leaf.key_sha256 = std::string(64, 'a');
  const std::vector<DnsTlsa> right = {{3, 1, 1, std::string(32, '\xaa')}};
  const std::vector<DnsTlsa> wrong = {{3, 1, 1, std::string(32, '\xbb')}};
  struct Row {
    Trust trust;
    bool valid;
    const std::vector<DnsTlsa>* tlsa;
    std::string_view kind;
    bool proved;
  };
  const std::vector<DnsTlsa> none;
  const std::vector<Row> rows = {
      {Trust::verify, true, &none, "pkix", true},
      {Trust::verify, false, &none, "pkix", false},
      {Trust::verify, false, &right, "dane", true},
      {Trust::verify, true, &wrong, "dane", false},
      {Trust::dialback, true, &wrong, "dane", false},
      {Trust::dialback, true, &none, "pkix", true},
      {Trust::dane, true, &none, "dane", false},
      {Trust::dane, true, &wrong, "dane", false},
      {Trust::dane, false, &right, "dane", true},
      {Trust::authority, true, &wrong, "pkix", true},
      {Trust::authority, false, &right, "pkix", false},
      {Trust::pin, true, &right, "pkix", false},
  };
  for (const Row& row : rows) {
    CAPTURE(static_cast<int>(row.trust), row.valid, row.tlsa->size());
    chain.valid = row.valid;
    CertificateQuestion question;
    question.chain = &chain;
    question.domain_key = "b.example";
    question.tlsa = *row.tlsa;
    question.trust = row.trust;
    const std::vector<Evidence> evidence = certificate_evidence(question);
    REQUIRE(evidence.size() == 1);
    CHECK(evidence[0].kind == row.kind);
    CHECK(certificate_proves(evidence) == row.proved);
  }
}

}  // namespace
}  // namespace hanse::xmpp
