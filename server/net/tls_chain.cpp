// SPDX-License-Identifier: Apache-2.0
#include "server/net/tls_chain.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>

#include "server/base/digest.h"
#include "server/base/encoding.h"
#include "server/base/limits.h"
#include "server/net/tls_handles.h"
#include "server/net/tls_staple.h"

namespace hanse::net {

namespace {

using Names = std::unique_ptr<GENERAL_NAMES, Freed<GENERAL_NAMES, GENERAL_NAMES_free>>;

std::string_view octets(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

// NUL, other controls, and what the type of the string does not allow.
bool is_plain(const ASN1_STRING* text) {
  const std::string_view bytes = octets(text);
  const bool ascii = ASN1_STRING_type(text) != V_ASN1_UTF8STRING;
  const bool good = std::all_of(bytes.begin(), bytes.end(), [&](char byte) {
    const auto value = static_cast<unsigned char>(byte);
    return value >= 0x20 && value != 0x7F && (!ascii || value < 0x80);
  });
  if (!good || ascii) return good;
  unsigned char* again = nullptr;  // reads every character, which finds what is no UTF-8
  const int size = ASN1_STRING_to_UTF8(&again, text);
  OPENSSL_free(again);
  return size >= 0 && !bytes.empty();
}

std::string identifier(const ASN1_OBJECT* object) {
  char text[limits::object_identifier_bytes_max];
  const int size = OBJ_obj2txt(text, sizeof text, object, 1);
  return size > 0 && static_cast<std::size_t>(size) < sizeof text ? std::string(text)
                                                                   : std::string();
}

class SubjectNames {
 public:
  explicit SubjectNames(CertificateFacts& facts) : facts_(facts) {}

  void take(const GENERAL_NAME* name) {
    switch (name->type) {
      case GEN_DNS:
        if (fits(name->d.dNSName, limits::domain_name_octets_max, facts_.dns_names.size()))
          facts_.dns_names.emplace_back(octets(name->d.dNSName));
        break;
      case GEN_IPADD: take_address(octets(name->d.iPAddress)); break;
      case GEN_OTHERNAME: take_other(*name->d.otherName); break;
      case GEN_EMAIL: check(name->d.rfc822Name); break;
      case GEN_URI: check(name->d.uniformResourceIdentifier); break;
      default: break;
    }
  }

 private:
  bool check(const ASN1_STRING* text) {
    if (!is_plain(text)) facts_.malformed_name = true;
    return !facts_.malformed_name;
  }

  bool fits(const ASN1_STRING* text, std::size_t octets_max, std::size_t have) {
    return check(text) && octets(text).size() <= octets_max &&
           have < limits::certificate_names_max;
  }

  void take_address(std::string_view bytes) {
    if (facts_.ip_addresses.size() >= limits::certificate_names_max) return;
    const std::string text = ip_text(bytes);
    if (!text.empty()) facts_.ip_addresses.push_back(text);
  }

  void take_other(const OTHERNAME& name) {
    const ASN1_TYPE* value = name.value;
    if (value->type != V_ASN1_IA5STRING && value->type != V_ASN1_UTF8STRING) return;
    const ASN1_STRING* text = value->value.asn1_string;
    if (!fits(text, limits::certificate_text_octets_max, facts_.other_names.size())) return;
    if (std::string type = identifier(name.type_id); !type.empty())
      facts_.other_names.push_back({std::move(type), std::string(octets(text))});
  }

  // RFC 5280 4.2.1.6: four octets or sixteen, in network order.
  static std::string ip_text(std::string_view bytes) {
    if (bytes.size() != 4 && bytes.size() != 16) return {};
    char text[INET6_ADDRSTRLEN];
    const int family = bytes.size() == 4 ? AF_INET : AF_INET6;
    return ::inet_ntop(family, bytes.data(), text, sizeof text) == nullptr ? "" : text;
  }

  CertificateFacts& facts_;
};

std::string common_name(X509* certificate) {
  const X509_NAME* subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) return {};
  const ASN1_STRING* text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
  const int type = ASN1_STRING_type(text);
  if (type != V_ASN1_UTF8STRING && type != V_ASN1_PRINTABLESTRING && type != V_ASN1_IA5STRING)
    return {};
  if (!is_plain(text) || octets(text).size() > limits::domain_name_octets_max) return {};
  return std::string(octets(text));
}

// A time that cannot be read is the beginning of time: not valid any more, or for ever.
UtcTime time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return UtcTime(std::chrono::seconds(::timegm(&parts)));
}

template <class T>
std::string encoded(T* object, int (*encode)(const T*, unsigned char**)) {
  unsigned char* bytes = nullptr;
  const int size = encode(object, &bytes);
  if (size <= 0) return {};
  std::string out(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  return out;
}

}  // namespace

CertificateFacts certificate_facts(X509* certificate) {
  CertificateFacts facts;
  int critical = 0;
  const Names names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, &critical, nullptr)));
  if (names) {
    SubjectNames taken(facts);
    for (int at = 0; at < sk_GENERAL_NAME_num(names.get()); ++at)
      taken.take(sk_GENERAL_NAME_value(names.get(), at));
  } else if (critical != -1) {  // there, and unreadable or there twice
    facts.malformed_name = true;
  }
  facts.common_name = common_name(certificate);
  facts.not_before = time_of(X509_get0_notBefore(certificate));
  facts.not_after = time_of(X509_get0_notAfter(certificate));
  facts.der = encoded(certificate, i2d_X509);
  facts.key_der = encoded(X509_get_X509_PUBKEY(certificate), i2d_X509_PUBKEY);
  facts.sha256 = sha256_hex(facts.der);
  facts.sha512 = hex(sha512(facts.der));
  facts.key_sha256 = sha256_hex(facts.key_der);
  facts.key_sha512 = hex(sha512(facts.key_der));
  return facts;
}

namespace {

// Name, permission and signature, as a chain is built (RFC 5280 6.1).
bool signs(X509* issuer, X509* subject) {
  const bool good = X509_check_issued(issuer, subject) == X509_V_OK &&
                    X509_check_ca(issuer) == 1 &&
                    X509_verify(subject, X509_get0_pubkey(issuer)) == 1;
  ERR_clear_error();
  return good;
}

}  // namespace

std::shared_ptr<const CertificateChain> peer_chain(SSL* ssl) {
  const Certificate leaf(SSL_get1_peer_certificate(ssl));
  if (!leaf) return nullptr;
  auto chain = std::make_shared<CertificateChain>();
  chain->certificates.push_back(certificate_facts(leaf.get()));
  X509* below = leaf.get();
  // The library keeps a server's leaf in its chain, and a client's beside it.
  const STACK_OF(X509)* shown = SSL_get_peer_cert_chain(ssl);
  const int count = shown == nullptr ? 0 : sk_X509_num(shown);
  for (int at = SSL_is_server(ssl) == 1 ? 0 : 1; at < count; ++at) {
    if (chain->certificates.size() >= limits::certificates_per_chain_max) break;
    X509* next = sk_X509_value(shown, at);
    chain->certificates.back().signed_by_next = signs(next, below);
    chain->certificates.push_back(certificate_facts(next));
    below = next;
  }
  const long result = SSL_get_verify_result(ssl);
  chain->valid = result == X509_V_OK;
  if (!chain->valid) chain->error = X509_verify_cert_error_string(result);
  if (chain->valid && SSL_is_server(ssl) == 0 && is_revoked(ssl)) {   // xmpp 3.4
    chain->valid = false;
    chain->error = X509_verify_cert_error_string(X509_V_ERR_CERT_REVOKED);
  }
  return chain;
}

}  // namespace hanse::net
