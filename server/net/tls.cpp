// SPDX-License-Identifier: Apache-2.0
#include "server/net/tls.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "server/base/digest.h"
#include "server/base/limits.h"
#include "server/base/text.h"
#include "server/net/tls_chain.h"
#include "server/net/tls_handles.h"
#include "server/net/tls_staple.h"

namespace hanse::net {

namespace {

constexpr std::size_t record_bytes_max = 16 * 1024;

// RFC 9525: only subject alternative names count, and a wildcard stands for one whole label.
bool names_one(X509* certificate, const std::string& name) {
  constexpr unsigned flags =
      X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT;
  if (name.empty()) return false;
  if (is_ip_address(name)) return X509_check_ip_asc(certificate, name.c_str(), 0) == 1;
  return X509_check_host(certificate, name.data(), name.size(), flags, nullptr) == 1;
}

bool names_any(X509* certificate, const TlsWish& wish) {
  return names_one(certificate, wish.name) ||
         std::any_of(wish.also.begin(), wish.also.end(),
                     [&](const std::string& name) { return names_one(certificate, name); });
}

}  // namespace

// ---- the memory on both sides of an SSL object ----

namespace {

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

}  // namespace

BioMethod make_pipe_method() {
  BioMethod method(BIO_meth_new(BIO_TYPE_SOURCE_SINK, "hanse"));
  BIO_meth_set_read(method.get(), pipe_read);
  BIO_meth_set_write(method.get(), pipe_write);
  BIO_meth_set_ctrl(method.get(), pipe_control);
  return method;
}

// ---- the channel ----

constexpr const char* strong_suites = "ECDHE+AESGCM:ECDHE+CHACHA20";

struct TlsChannel::Machine final : HelloHeard {
  std::shared_ptr<const TlsContext> context;
  bool server = false;
  TlsWish wish;
  std::string door;
  Pipe pipe;
  Ssl ssl;
  std::string server_name;          // as the client asked
  State state = State::handshaking;
  std::string error;

  const std::string& protocol_wanted() const override { return wish.alpn; }

  // smtp T-1: the name asked for chooses the certificate. A ticket opens the door it was given
  // at, under the same name, and no other (xmpp 3.2).
  bool hello(std::string_view name) override {
    server_name = name;
    const TlsContext::State& shared = *context->state_;
    const Identity* shown = wish.identity.empty() ? nullptr : shared.find(wish.identity);
    if (shown == nullptr) shown = shared.find(name);
    if (shown == nullptr) shown = &shared.identities.front();
    const std::string bound = sha256(door + '\0' + wish.identity + '\0' + server_name);
    return shown->show(ssl.get()) &&
           SSL_set_session_id_context(ssl.get(),
                                      reinterpret_cast<const unsigned char*>(bound.data()),
                                      static_cast<unsigned>(bound.size())) == 1;
  }

  void accept() {
    SSL_set_app_data(ssl.get(), static_cast<HelloHeard*>(this));
    SSL_set_accept_state(ssl.get());
    if (!wish.ask_certificate) return;
    // A ticket would bring back the peer's certificate without its chain: none are given.
    SSL_set_verify(ssl.get(), SSL_VERIFY_PEER, nullptr);
    SSL_set_options(ssl.get(), SSL_OP_NO_TICKET);
    SSL_set_num_tickets(ssl.get(), 0);
  }

  void connect() {
    SSL_set_connect_state(ssl.get());
    ask_for_staple(ssl.get());
    if (!wish.name.empty() && !is_ip_address(wish.name))  // RFC 6066 3: SNI carries names only
      SSL_set_tlsext_host_name(ssl.get(), wish.name.c_str());
    if (!wish.alpn.empty() && wish.alpn.size() <= limits::alpn_octets_max) {
      const std::string list = static_cast<char>(wish.alpn.size()) + wish.alpn;
      SSL_set_alpn_protos(ssl.get(), reinterpret_cast<const unsigned char*>(list.data()),
                          static_cast<unsigned>(list.size()));
    }
    const TlsContext::State& shared = *context->state_;
    if (wish.identity.empty() || shared.identities.empty()) return;
    const Identity* shown = shared.find(wish.identity);
    (void)(shown == nullptr ? shared.identities.front() : *shown).show(ssl.get());
  }

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

TlsChannel::TlsChannel(std::shared_ptr<const TlsContext> context, bool server, TlsWish wish,
                       std::string_view door)
    : machine_(std::make_unique<Machine>()) {
  Machine& machine = *machine_;
  machine.context = std::move(context);
  machine.server = server;
  machine.wish = std::move(wish);
  machine.door = door;
  const TlsContext::State& shared = *machine.context->state_;
  machine.ssl.reset(SSL_new(server ? shared.server.get() : shared.client.get()));
  if (!machine.ssl) throw std::runtime_error(last_error("no TLS object"));
  BIO* bio = BIO_new(shared.pipe.get());
  BIO_set_data(bio, &machine.pipe);
  BIO_set_init(bio, 1);
  SSL_set_bio(machine.ssl.get(), bio, bio);
  // RFC 9325 4.2; of TLS 1.3 there are no others.
  if (machine.wish.strong_only) SSL_set_cipher_list(machine.ssl.get(), strong_suites);
  server ? machine.accept() : machine.connect();
}

TlsChannel::~TlsChannel() = default;

TlsChannel::State TlsChannel::start(std::string& cipher) {
  machine_->pipe = {{}, &cipher};
  const State state = machine_->handshake();
  machine_->pipe = {};
  return state;
}

// What stands below 1.2 signs with digests that the library's usual level refuses.
void TlsChannel::version_min(TlsVersion least) {
  static constexpr int numbers[] = {0, TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION,
                                    TLS1_3_VERSION};
  if (least == TlsVersion::usual) return;
  SSL_set_min_proto_version(machine_->ssl.get(), numbers[static_cast<std::size_t>(least)]);
  if (least >= TlsVersion::v1_2) return;
  SSL_set_security_level(machine_->ssl.get(), 0);
  SSL_set_cipher_list(machine_->ssl.get(), "DEFAULT");   // it has no strong ones
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
  const Machine& machine = *machine_;
  SSL* ssl = machine.ssl.get();
  TlsFacts facts;
  facts.version = SSL_get_version(ssl);
  facts.cipher = SSL_get_cipher_name(ssl);
  const unsigned char* alpn = nullptr;
  unsigned alpn_size = 0;
  SSL_get0_alpn_selected(ssl, &alpn, &alpn_size);
  if (alpn_size > 0) facts.alpn.assign(reinterpret_cast<const char*>(alpn), alpn_size);
  facts.server_name = machine.server ? machine.server_name : machine.wish.name;
  facts.chain = peer_chain(ssl);
  if (!facts.chain) return facts;
  facts.certificate_sha256 = facts.chain->certificates.front().sha256;
  const Certificate peer(SSL_get1_peer_certificate(ssl));
  const bool any_name = !machine.server && machine.wish.name.empty() && machine.wish.also.empty();
  if (!facts.chain->valid) {
    facts.verify_error = facts.chain->error;
  } else if (!any_name && !names_any(peer.get(), machine.wish)) {
    facts.verify_error = X509_verify_cert_error_string(X509_V_ERR_HOSTNAME_MISMATCH);
  } else {
    facts.verified = true;
  }
  return facts;
}

const std::string& TlsChannel::error() const { return machine_->error; }

}  // namespace hanse::net
