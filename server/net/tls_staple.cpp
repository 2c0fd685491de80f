// SPDX-License-Identifier: Apache-2.0
#include "server/net/tls_staple.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>

#include "server/net/tls_handles.h"

namespace hanse::net {

namespace {

using Response = std::unique_ptr<OCSP_RESPONSE, Freed<OCSP_RESPONSE, OCSP_RESPONSE_free>>;
using Basic = std::unique_ptr<OCSP_BASICRESP, Freed<OCSP_BASICRESP, OCSP_BASICRESP_free>>;
using CertificateId = std::unique_ptr<OCSP_CERTID, Freed<OCSP_CERTID, OCSP_CERTID_free>>;

constexpr long clock_skew_seconds = 300;

Basic stapled(SSL* ssl) {
  const unsigned char* bytes = nullptr;
  const long size = SSL_get_tlsext_status_ocsp_resp(ssl, &bytes);
  if (bytes == nullptr || size <= 0) return nullptr;
  const Response response(d2i_OCSP_RESPONSE(nullptr, &bytes, size));
  if (!response || OCSP_response_status(response.get()) != OCSP_RESPONSE_STATUS_SUCCESSFUL)
    return nullptr;
  return Basic(OCSP_response_get1_basic(response.get()));
}

// The authority names a certificate by digests of its own choice (RFC 6960 4.1.1).
bool is_about(const OCSP_SINGLERESP* one, X509* certificate, X509* issuer) {
  const OCSP_CERTID* said = OCSP_SINGLERESP_get0_id(one);
  ASN1_OBJECT* digest = nullptr;
  OCSP_id_get0_info(nullptr, &digest, nullptr, nullptr, const_cast<OCSP_CERTID*>(said));
  const EVP_MD* method = digest == nullptr ? nullptr : EVP_get_digestbyobj(digest);
  if (method == nullptr) return false;
  const CertificateId ours(OCSP_cert_to_id(method, certificate, issuer));
  return ours && OCSP_id_cmp(ours.get(), said) == 0;
}

bool says_revoked(OCSP_SINGLERESP* one) {
  int reason = 0;
  ASN1_GENERALIZEDTIME *since = nullptr, *from = nullptr, *until = nullptr;
  return OCSP_single_get0_status(one, &reason, &since, &from, &until) ==
             V_OCSP_CERTSTATUS_REVOKED &&
         OCSP_check_validity(from, until, clock_skew_seconds, -1) == 1;
}

}  // namespace

void ask_for_staple(SSL* client) { SSL_set_tlsext_status_type(client, TLSEXT_STATUSTYPE_ocsp); }

bool is_revoked(SSL* client) {
  const Basic answer = stapled(client);
  STACK_OF(X509)* chain = SSL_get0_verified_chain(client);
  bool revoked = false;
  if (answer && chain != nullptr && sk_X509_num(chain) > 0) {
    X509* certificate = sk_X509_value(chain, 0);
    X509* issuer = sk_X509_value(chain, sk_X509_num(chain) > 1 ? 1 : 0);
    X509_STORE* anchors = SSL_CTX_get_cert_store(SSL_get_SSL_CTX(client));
    if (OCSP_basic_verify(answer.get(), chain, anchors, 0) == 1) {
      for (int at = 0; at < OCSP_resp_count(answer.get()) && !revoked; ++at) {
        OCSP_SINGLERESP* one = OCSP_resp_get0(answer.get(), at);
        revoked = is_about(one, certificate, issuer) && says_revoked(one);
      }
    }
  }
  ERR_clear_error();
  return revoked;
}

}  // namespace hanse::net
