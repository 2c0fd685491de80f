// SPDX-License-Identifier: Apache-2.0
#include "server/net/tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>

#include "server/base/text.h"

namespace hanse::net {

namespace {

template <class T, void (*free)(T*)>
struct Freed {
  void operator()(T* object) const { free(object); }
};
using Context = std::unique_ptr<SSL_CTX, Freed<SSL_CTX, SSL_CTX_free>>;
using Connection = std::unique_ptr<SSL, Freed<SSL, SSL_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509, X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY, EVP_PKEY_free>>;
using Bio = std::unique_ptr<BIO, Freed<BIO, BIO_free_all>>;
using BioMethod = std::unique_ptr<BIO_METHOD, Freed<BIO_METHOD, BIO_meth_free>>;

constexpr std::size_t record_bytes_max = 16 * 1024;
constexpr unsigned char session_context[] = "hanse";

// What went wrong last, in OpenSSL's words; clears the thread's list of errors.
std::string last_error(std::string_view otherwise) {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? std::string(otherwise) : std::string(reason);
}

Error load_error(const std::string& what) {
  return {Fault::never, what + ": " + last_error("not readable")};
}

// ---- the memory on both sides of an SSL object ----

struct Pipe {
  std::string_view incoming;
  std::string* outgoing = nullptr;
};

int pipe_read(BIO* bio, char* out, int size) {
  auto& pipe = *static_cast<Pipe*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (pipe.incoming.empty()) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const std::size_t part = std::min(pipe.incoming.size(), static_cast<std::size_t>(size));
  std::copy_n(pipe.incoming.begin(), part, out);
  pipe.incoming.remove_prefix(part);
  return static_cast<int>(part);
}

int pipe_write(BIO* bio, const char* bytes, int size) {
  auto& pipe = *static_cast<Pipe*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (pipe.outgoing != nullptr) pipe.outgoing->append(bytes, static_cast<std::size_t>(size));
  return size;
}

long pipe_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

BioMethod make_pipe_method() {
  BioMethod method(BIO_meth_new(BIO_TYPE_SOURCE_SINK, "hanse"));
  BIO_meth_set_read(method.get(), pipe_read);
  BIO_meth_set_write(method.get(), pipe_write);
  BIO_meth_set_ctrl(method.get(), pipe_control);
  return method;
}

// ---- loading ----

// No protocol here has an ALPN name on its port. A client that offers one means another protocol
// and has been led astray (operations section 9: cross-protocol attacks).
int refuse_alpn(SSL*, const unsigned char**, unsigned char*, const unsigned char*, unsigned,
                void*) {
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

// smtp T-1, operations section 9
Result<Context> make_context(const TlsSettings& settings, bool server) {
  Context context(SSL_CTX_new(server ? TLS_server_method() : TLS_client_method()));
  if (!context) return load_error("TLS");
  const int least = settings.version_min == "1.3" ? TLS1_3_VERSION : TLS1_2_VERSION;
  SSL_CTX_set_min_proto_version(context.get(), least);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                         SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);  // the engine judges the facts
  if (server) SSL_CTX_set_alpn_select_cb(context.get(), refuse_alpn, nullptr);
  SSL_CTX_set_session_id_context(context.get(), session_context, sizeof session_context - 1);
  return context;
}

Bio bio_of(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

Result<void> use_certificates(SSL_CTX* context, const std::string& pem) {
  const Bio bio = bio_of(pem);
  const Certificate leaf(PEM_read_bio_X509_AUX(bio.get(), nullptr, nullptr, nullptr));
  if (!leaf || SSL_CTX_use_certificate(context, leaf.get()) != 1)
    return load_error("certificate");
  for (;;) {
    Certificate next(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (!next) break;
    if (SSL_CTX_add0_chain_cert(context, next.get()) != 1) return load_error("certificate chain");
    (void)next.release();  // the context has it now
  }
  ERR_clear_error();  // the end of the file
  return {};
}

Result<void> use_key(SSL_CTX* context, const std::string& pem) {
  const Bio bio = bio_of(pem);
  const Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  if (!key || SSL_CTX_use_PrivateKey(context, key.get()) != 1) return load_error("key");
  if (SSL_CTX_check_private_key(context) != 1) return load_error("key and certificate");
  return {};
}

Result<void> use_anchors(SSL_CTX* context, const std::string& ca) {
  const bool loaded = ca.empty() || ca == "system"
                          ? SSL_CTX_set_default_verify_paths(context) == 1
                          : SSL_CTX_load_verify_file(context, ca.c_str()) == 1;
  if (!loaded) return load_error("trust anchors " + ca);
  return {};
}

std::string hex_digest(const X509* certificate) {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (X509_digest(certificate, EVP_sha256(), bytes, &size) != 1) return {};
  constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (unsigned at = 0; at < size; ++at) {
    out += digits[bytes[at] >> 4];
    out += digits[bytes[at] & 15];
  }
  return out;
}

// RFC 9525: only subject alternative names count, and a wildcard stands for one whole label.
bool names_any(X509* certificate, const std::vector<std::string>& names) {
  constexpr unsigned flags =
      X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT;
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    if (is_ip_address(name)) return X509_check_ip_asc(certificate, name.c_str(), 0) == 1;
    return X509_check_host(certificate, name.data(), name.size(), flags, nullptr) == 1;
  });
}

}  // namespace

struct TlsContext::State {
  BioMethod pipe = make_pipe_method();
  Context server, client;     // server: null without a certificate
};

TlsContext::TlsContext(std::unique_ptr<State> state) : state_(std::move(state)) {}
TlsContext::~TlsContext() = default;

Result<std::shared_ptr<const TlsContext>> TlsContext::load(const TlsSettings& settings) {
  auto state = std::make_unique<State>();
  Result<Context> client = make_context(settings, false);
  if (!client) return client.error();
  if (Result<void> done = use_anchors(client->get(), settings.ca); !done) return done.error();
  state->client = std::move(*client);
  if (!settings.certificate_pem.empty()) {
    Result<Context> server = make_context(settings, true);
    if (!server) return server.error();
    if (Result<void> done = use_certificates(server->get(), settings.certificate_pem); !done)
      return done.error();
    if (Result<void> done = use_key(server->get(), settings.key_pem); !done) return done.error();
    state->server = std::move(*server);
  }
  return std::shared_ptr<const TlsContext>(new TlsContext(std::move(state)));
}

bool TlsContext::can_serve() const { return state_->server != nullptr; }

std::optional<UtcTime> TlsContext::certificate_expires() const {
  const X509* leaf = state_->server ? SSL_CTX_get0_certificate(state_->server.get()) : nullptr;
  std::tm parts{};
  if (leaf == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(leaf), &parts) != 1) return {};
  return UtcTime(std::chrono::seconds(::timegm(&parts)));
}

// ---- the channel ----

struct TlsChannel::Machine {
  std::shared_ptr<const TlsContext> context;
  bool server = false;
  Pipe pipe;
  Connection ssl;
  std::vector<std::string> names;   // client: one of them must be in the certificate
  State state = State::handshaking;
  std::string error;

  State fail(std::string_view otherwise) {
    error = last_error(otherwise);
    const long verified = SSL_get_verify_result(ssl.get());
    if (verified != X509_V_OK && !server)
      error += std::string(" (") + X509_verify_cert_error_string(verified) + ")";
    return state = State::failed;
  }

  State handshake() {
    ERR_clear_error();
    const int done = SSL_do_handshake(ssl.get());
    if (done == 1) return state = State::up;
    if (SSL_get_error(ssl.get(), done) == SSL_ERROR_WANT_READ) return state;
    return fail("TLS handshake failed");
  }

  State read_all(std::string& plain) {
    char block[record_bytes_max];
    for (;;) {
      ERR_clear_error();
      std::size_t got = 0;
      const int done = SSL_read_ex(ssl.get(), block, sizeof block, &got);
      if (done == 1) {
        plain.append(block, got);
        continue;
      }
      const int why = SSL_get_error(ssl.get(), done);
      if (why == SSL_ERROR_WANT_READ) return state;
      if (why == SSL_ERROR_ZERO_RETURN) return state = State::peer_closed;
      return fail("TLS record failed");
    }
  }
};

TlsChannel::TlsChannel(std::shared_ptr<const TlsContext> context, bool server,
                       std::string_view name, const std::vector<std::string>& also)
    : machine_(std::make_unique<Machine>()) {
  Machine& machine = *machine_;
  machine.context = std::move(context);
  machine.server = server;
  const TlsContext::State& shared = *machine.context->state_;
  machine.ssl.reset(SSL_new(server ? shared.server.get() : shared.client.get()));
  if (!machine.ssl) throw std::runtime_error(last_error("no TLS object"));
  BIO* bio = BIO_new(shared.pipe.get());
  BIO_set_data(bio, &machine.pipe);
  BIO_set_init(bio, 1);
  SSL_set_bio(machine.ssl.get(), bio, bio);
  if (server) {
    SSL_set_accept_state(machine.ssl.get());
    return;
  }
  SSL_set_connect_state(machine.ssl.get());
  machine.names = also;
  if (!name.empty()) machine.names.emplace_back(name);
  if (!name.empty() && !is_ip_address(name))  // RFC 6066 3: SNI carries names only
    SSL_set_tlsext_host_name(machine.ssl.get(), std::string(name).c_str());
}

TlsChannel::~TlsChannel() = default;

TlsChannel::State TlsChannel::start(std::string& cipher) {
  machine_->pipe = {{}, &cipher};
  const State state = machine_->handshake();
  machine_->pipe = {};
  return state;
}

TlsChannel::State TlsChannel::receive(std::string_view bytes, std::string& plain,
                                      std::string& cipher) {
  Machine& machine = *machine_;
  machine.pipe = {bytes, &cipher};
  if (machine.state == State::handshaking) machine.handshake();
  if (machine.state == State::up) machine.read_all(plain);
  machine.pipe = {};
  return machine.state;
}

TlsChannel::State TlsChannel::send(std::string_view plain, std::string& cipher) {
  Machine& machine = *machine_;
  if (machine.state == State::failed) return machine.state;
  machine.pipe = {{}, &cipher};
  while (!plain.empty()) {
    ERR_clear_error();
    std::size_t put = 0;
    if (SSL_write_ex(machine.ssl.get(), plain.data(), plain.size(), &put) != 1) {
      machine.fail("TLS record failed");
      break;
    }
    plain.remove_prefix(put);
  }
  machine.pipe = {};
  return machine.state;
}

void TlsChannel::shut_down(std::string& cipher) {
  Machine& machine = *machine_;
  if (machine.state != State::up && machine.state != State::peer_closed) return;
  machine.pipe = {{}, &cipher};
  ERR_clear_error();
  SSL_shutdown(machine.ssl.get());
  ERR_clear_error();
  machine.pipe = {};
}

TlsFacts TlsChannel::facts() const {
  const SSL* ssl = machine_->ssl.get();
  TlsFacts facts;
  facts.version = SSL_get_version(ssl);
  facts.cipher = SSL_get_cipher_name(ssl);
  const Certificate peer(SSL_get1_peer_certificate(ssl));
  if (!peer) return facts;
  facts.certificate_sha256 = hex_digest(peer.get());
  const long result = SSL_get_verify_result(ssl);
  if (result != X509_V_OK) {
    facts.verify_error = X509_verify_cert_error_string(result);
  } else if (!machine_->names.empty() && !names_any(peer.get(), machine_->names)) {
    facts.verify_error = X509_verify_cert_error_string(X509_V_ERR_HOSTNAME_MISMATCH);
  } else {
    facts.verified = true;
  }
  return facts;
}

const std::string& TlsChannel::error() const { return machine_->error; }

}  // namespace hanse::net
