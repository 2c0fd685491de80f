// SPDX-License-Identifier: Apache-2.0
// xmpp 3.4: what a server shows of its authority about its own certificate.

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "server/net/tls.h"
#include "server/net/tls_handles.h"
#include "tests/unit/net/bench.h"

namespace hanse::net::test {
namespace {

using State = TlsChannel::State;

// An authority of the test's own, made by the library: only so are its answers, too.
struct Issued {
  Certificate certificate;
  Key key;
};

void extend(X509* certificate, X509* issuer, int what, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, what, value);
  REQUIRE(extension != nullptr);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

Issued issue(const std::string& name, long serial, const Issued* by, const char* usage = nullptr) {
  Issued out{Certificate(X509_new()), Key(EVP_EC_gen("P-256"))};
  X509* made = out.certificate.get();
  X509_set_version(made, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(made), serial);
  X509_gmtime_adj(X509_getm_notBefore(made), -3600);
  X509_gmtime_adj(X509_getm_notAfter(made), 86400);
  X509_set_pubkey(made, out.key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509* issuer = by == nullptr ? made : by->certificate.get();
  X509_set_issuer_name(made, X509_get_subject_name(issuer));
  extend(made, issuer, NID_basic_constraints, by == nullptr ? "critical,CA:TRUE" : "CA:FALSE");
  if (by != nullptr) extend(made, issuer, NID_subject_alt_name, ("DNS:" + name).c_str());
  if (usage != nullptr) extend(made, issuer, NID_ext_key_usage, usage);
  REQUIRE(X509_sign(made, by == nullptr ? out.key.get() : by->key.get(), EVP_sha256()) > 0);
  return out;
}

template <class T>
std::string written(int (*write)(BIO*, T*), T* object) {
  const Bio bio(BIO_new(BIO_s_mem()));
  write(bio.get(), object);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &bytes);
  return std::string(bytes, static_cast<std::size_t>(size));
}
int write_pem(BIO* bio, X509* one) { return PEM_write_bio_X509(bio, one); }

struct Authority {
  const Issued root = issue("root", 1, nullptr);
  const Issued leaf = issue("mx.a.example", 2, &root);
  const Issued other = issue("mx.b.example", 3, &root);
  const Issued delegate = issue("answers.example", 4, &root, "OCSPSigning");
  const Issued stranger = issue("stranger", 1, nullptr);
  std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("hanse-staple-" + std::to_string(::getpid()));
  Authority() {
    std::filesystem::create_directory(folder);
    std::ofstream(folder / "ca.pem") << written(write_pem, root.certificate.get());
  }
  ~Authority() { std::filesystem::remove_all(folder); }
};

struct Wish {
  int status = V_OCSP_CERTSTATUS_REVOKED;
  const Issued* about = nullptr;
  const Issued* by = nullptr;
  const EVP_MD* digest = EVP_sha1();
  long from = -60, until = 3600;
};

std::string answer(const Authority& authority, const Wish& wish) {
  X509* issuer = authority.root.certificate.get();
  OCSP_BASICRESP* basic = OCSP_BASICRESP_new();
  OCSP_CERTID* id = OCSP_cert_to_id(wish.digest, wish.about->certificate.get(), issuer);
  ASN1_TIME* from = X509_gmtime_adj(nullptr, wish.from);
  ASN1_TIME* until = X509_gmtime_adj(nullptr, wish.until);
  const bool revoked = wish.status == V_OCSP_CERTSTATUS_REVOKED;
  REQUIRE(OCSP_basic_add1_status(basic, id, wish.status, OCSP_REVOKED_STATUS_KEYCOMPROMISE,
                                 revoked ? from : nullptr, from, until) != nullptr);
  // The authority's own certificate is with the server's; what is signed ends with the signature.
  const unsigned long flags = wish.by == &authority.root ? OCSP_NOCERTS : 0;
  REQUIRE(OCSP_basic_sign(basic, wish.by->certificate.get(), wish.by->key.get(), EVP_sha256(),
                          nullptr, flags) == 1);
  OCSP_RESPONSE* response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
  unsigned char* bytes = nullptr;
  const int size = i2d_OCSP_RESPONSE(response, &bytes);
  std::string out(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  OCSP_RESPONSE_free(response);
  OCSP_BASICRESP_free(basic);
  OCSP_CERTID_free(id);
  ASN1_TIME_free(from);
  ASN1_TIME_free(until);
  return out;
}

int show_staple(SSL* ssl, void* text) {
  const auto& staple = *static_cast<const std::string*>(text);
  if (staple.empty()) return SSL_TLSEXT_ERR_NOACK;
  void* copy = OPENSSL_memdup(staple.data(), staple.size());
  SSL_set_tlsext_status_ocsp_resp(ssl, static_cast<unsigned char*>(copy),
                                  static_cast<long>(staple.size()));
  return SSL_TLSEXT_ERR_OK;
}

// What our client side makes of a server that shows this.
TlsFacts seen(const Authority& authority, std::string staple, int version = TLS1_3_VERSION) {
  const SslContext at_server(SSL_CTX_new(TLS_server_method()));
  SSL_CTX_set_max_proto_version(at_server.get(), version);
  SSL_CTX_use_certificate(at_server.get(), authority.leaf.certificate.get());
  SSL_CTX_use_PrivateKey(at_server.get(), authority.leaf.key.get());
  SSL_CTX_set_tlsext_status_cb(at_server.get(), show_staple);
  SSL_CTX_set_tlsext_status_arg(at_server.get(), &staple);
  const Ssl server(SSL_new(at_server.get()));
  BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
  SSL_set_bio(server.get(), in, out);
  SSL_set_accept_state(server.get());
  const auto context = TlsContext::load(
      {"", Secret(), (authority.folder / "ca.pem").string(), "1.2", {}});
  REQUIRE(context);
  TlsChannel client(*context, false, {.name = "mx.a.example"}, {});
  std::string to_server, plain;
  State state = client.start(to_server);
  for (int turns = 0; turns < 10 && state == State::handshaking; ++turns) {
    BIO_write(in, to_server.data(), static_cast<int>(to_server.size()));
    to_server.clear();
    (void)SSL_do_handshake(server.get());
    char block[32768];
    const int got = BIO_read(out, block, sizeof block);
    if (got > 0) state = client.receive({block, static_cast<std::size_t>(got)}, plain, to_server);
  }
  ERR_clear_error();
  REQUIRE(state == State::up);
  return client.facts();
}

TEST_CASE("xmpp 3.4 a server that shows that its certificate is revoked is not believed") {
  const Authority authority;
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  Wish wish{.about = &authority.leaf, .by = &authority.root};
  SECTION("by the authority itself") {}
  SECTION("in its name") { wish.by = &authority.delegate; }
  SECTION("with another digest of the names") { wish.digest = EVP_sha256(); }
  const TlsFacts facts = seen(authority, answer(authority, wish), version);
  CHECK_FALSE(facts.verified);
  CHECK(facts.verify_error == "certificate revoked");
  CHECK_FALSE(facts.chain->valid);
}

TEST_CASE("xmpp 3.4 what proves no revocation leaves things as they are") {
  const Authority authority;
  Wish wish{.about = &authority.leaf, .by = &authority.root};
  std::string staple;
  SECTION("nothing") {}
  SECTION("no answer at all") { staple = "nonsense"; }
  SECTION("it is good") {
    wish.status = V_OCSP_CERTSTATUS_GOOD;
    staple = answer(authority, wish);
  }
  SECTION("it is not known") {
    wish.status = V_OCSP_CERTSTATUS_UNKNOWN;
    staple = answer(authority, wish);
  }
  SECTION("another one is revoked") {
    wish.about = &authority.other;
    staple = answer(authority, wish);
  }
  SECTION("a stranger says so") {
    wish.by = &authority.stranger;
    staple = answer(authority, wish);
  }
  SECTION("another server says so, with a certificate of the authority") {
    wish.by = &authority.other;
    staple = answer(authority, wish);
  }
  SECTION("it was said long ago") {
    wish.from = -7200;
    wish.until = -3600;
    staple = answer(authority, wish);
  }
  SECTION("somebody changed it on the way") {
    staple = answer(authority, wish);
    staple.back() = static_cast<char>(staple.back() ^ 1);
  }
  const TlsFacts facts = seen(authority, staple);
  CHECK(facts.verified);
  CHECK(facts.verify_error.empty());
}

}  // namespace
}  // namespace hanse::net::test
