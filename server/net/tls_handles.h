// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/result.h"
#include "server/net/tls.h"

// What the TLS files share and nobody else sees: the library's objects with an owner each.
namespace hanse::net {

template <class T, void (*free)(T*)>
struct Freed {
  void operator()(T* object) const { free(object); }
};
inline void free_certificates(STACK_OF(X509)* all) { sk_X509_pop_free(all, X509_free); }

using SslContext = std::unique_ptr<SSL_CTX, Freed<SSL_CTX, SSL_CTX_free>>;
using Ssl = std::unique_ptr<SSL, Freed<SSL, SSL_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509, X509_free>>;
using Certificates = std::unique_ptr<STACK_OF(X509), Freed<STACK_OF(X509), free_certificates>>;
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY, EVP_PKEY_free>>;
using Bio = std::unique_ptr<BIO, Freed<BIO, BIO_free_all>>;
using BioMethod = std::unique_ptr<BIO_METHOD, Freed<BIO_METHOD, BIO_meth_free>>;

// What went wrong last, in OpenSSL's words; clears the thread's list of errors.
std::string last_error(std::string_view otherwise);

// The memory on both sides of an SSL object.
struct Pipe {
  std::string_view incoming;
  std::string* outgoing = nullptr;
};
BioMethod make_pipe_method();

// One certificate with its key and chain, and the domains it stands for.
struct Identity {
  Certificate leaf;
  Certificates chain;
  Key key;
  std::vector<std::string> names;   // lower case; "*.a.example" is possible
  std::string label;                // for people
  std::string sha256;               // in lower-case hex
  UtcTime expires{};

  Result<void> show(SSL* ssl) const;
};
Result<Identity> load_identity(const std::string& certificate_pem, const std::string& key_pem);

struct TlsContext::State {
  BioMethod pipe = make_pipe_method();
  SslContext server, client;        // server: null without a certificate
  std::vector<Identity> identities;
  std::map<std::string, std::size_t, std::less<>> by_name;   // of `identities`

  void index();
  // The exact name, else the wildcard over it, else null.
  const Identity* find(std::string_view domain) const;
};

// What a server side does as soon as it has the client's hello; set as the SSL's app data.
class HelloHeard {
 public:
  virtual ~HelloHeard() = default;
  virtual bool hello(std::string_view server_name) = 0;       // false: the handshake fails
  virtual const std::string& protocol_wanted() const = 0;     // ALPN; empty: none is spoken here
};

}  // namespace hanse::net
