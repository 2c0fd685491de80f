// SPDX-License-Identifier: Apache-2.0
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "server/base/limits.h"
#include "server/base/text.h"
#include "server/net/tls_chain.h"
#include "server/net/tls_covers.h"
#include "server/net/tls_handles.h"

namespace hanse::net {

namespace {

Error load_error(const std::string& what) {
  return {Fault::never, what + ": " + last_error("not readable")};
}

HelloHeard& heard(SSL* ssl) { return *static_cast<HelloHeard*>(SSL_get_app_data(ssl)); }

// RFC 6066 3: a list of which only the entry of type host_name is known. Read here and not by the
// library, which tells the name only after it has looked for a session to take up again.
std::string server_name_of(SSL* ssl) {
  const unsigned char* bytes = nullptr;
  std::size_t size = 0;
  if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &bytes, &size) != 1) return {};
  constexpr std::size_t head = 5;  // list length, type, name length
  if (size <= head || bytes[2] != TLSEXT_NAMETYPE_host_name) return {};
  const std::size_t length = std::size_t{bytes[3]} << 8 | bytes[4];
  if (length != size - head || length > limits::domain_name_octets_max) return {};
  const std::string_view name(reinterpret_cast<const char*>(bytes) + head, length);
  if (name.find('\0') != std::string_view::npos) return {};  // the library ends the handshake
  return lower_ascii(name);
}

int hello_heard(SSL* ssl, int*, void*) {
  return heard(ssl).hello(server_name_of(ssl)) ? SSL_CLIENT_HELLO_SUCCESS : SSL_CLIENT_HELLO_ERROR;
}

// A client that offers names of protocols and not ours means another protocol and has been led
// astray (operations section 9: cross-protocol attacks). One that offers none is welcome.
int choose_protocol(SSL* ssl, const unsigned char** chosen, unsigned char* chosen_size,
                    const unsigned char* offered, unsigned offered_size, void*) {
  const std::string& wanted = heard(ssl).protocol_wanted();
  for (unsigned at = 0; !wanted.empty() && at < offered_size; at += 1u + offered[at]) {
    const unsigned size = offered[at];
    if (at + 1 + size > offered_size) break;
    if (wanted != std::string_view(reinterpret_cast<const char*>(offered) + at + 1, size)) continue;
    *chosen = offered + at + 1;
    *chosen_size = static_cast<unsigned char>(size);
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;  // xmpp 1.9: no_application_protocol
}

// Judges the client's certificate as that of a server, since public authorities make no others
// any more, and lets the handshake go on whatever comes out: the engine judges (xmpp 3.2, 3.3).
int judge_client(X509_STORE_CTX* judged, void*) {
  X509_VERIFY_PARAM* how = X509_STORE_CTX_get0_param(judged);
  X509_VERIFY_PARAM_set_purpose(how, X509_PURPOSE_SSL_SERVER);
  X509_VERIFY_PARAM_set_trust(how, X509_TRUST_SSL_SERVER);
  (void)X509_verify_cert(judged);  // the result stays in `judged`, where the library finds it
  return 1;
}

// smtp T-1, xmpp 3.2, operations section 9
Result<SslContext> make_context(const TlsSettings& settings, bool server) {
  SslContext context(SSL_CTX_new(server ? TLS_server_method() : TLS_client_method()));
  if (!context) return load_error("TLS");
  const int least = settings.version_min == "1.3" ? TLS1_3_VERSION : TLS1_2_VERSION;
  SSL_CTX_set_min_proto_version(context.get(), least);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                         SSL_OP_CIPHER_SERVER_PREFERENCE);
  // Our chains are sent as they are configured: no search of the anchors in every handshake.
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_NO_AUTO_CHAIN);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);  // the engine judges the facts
  SSL_CTX_set_max_cert_list(context.get(), limits::certificate_list_bytes_max);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);  // tickets need no memory
  SSL_CTX_set_max_early_data(context.get(), 0);
  SSL_CTX_set_recv_max_early_data(context.get(), 0);
  if (server) {
    SSL_CTX_set_client_hello_cb(context.get(), hello_heard, nullptr);
    SSL_CTX_set_alpn_select_cb(context.get(), choose_protocol, nullptr);
    SSL_CTX_set_cert_verify_callback(context.get(), judge_client, nullptr);
  }
  return context;
}

Bio bio_of(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

Result<void> use_anchors(SSL_CTX* context, const std::string& ca) {
  const bool loaded = ca.empty() || ca == "system"
                          ? SSL_CTX_set_default_verify_paths(context) == 1
                          : SSL_CTX_load_verify_file(context, ca.c_str()) == 1;
  if (!loaded) return load_error("trust anchors " + ca);
  return {};
}

// The domains a certificate stands for, in any of the ways a peer may look for them.
std::vector<std::string> domains_of(const CertificateFacts& facts) {
  std::vector<std::string> out;
  for (const std::string& name : facts.dns_names) out.push_back(lower_ascii(name));
  for (const OtherName& name : facts.other_names) {
    const std::size_t dot = name.text.find('.');
    if (name.type == other_name_srv && name.text.starts_with('_') && dot != std::string::npos)
      out.push_back(lower_ascii(std::string_view(name.text).substr(dot + 1)));  // RFC 4985 2
    if (name.type == other_name_address) out.push_back(lower_ascii(name.text));
  }
  return out;
}

}  // namespace

std::string last_error(std::string_view otherwise) {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? std::string(otherwise) : std::string(reason);
}

// ---- identities ----

Result<Identity> load_identity(const std::string& certificate_pem, const std::string& key_pem) {
  Identity out;
  const Bio pem = bio_of(certificate_pem);
  out.leaf.reset(PEM_read_bio_X509_AUX(pem.get(), nullptr, nullptr, nullptr));
  if (!out.leaf) return load_error("certificate");
  out.chain.reset(sk_X509_new_null());
  for (;;) {
    Certificate next(PEM_read_bio_X509(pem.get(), nullptr, nullptr, nullptr));
    if (!next) break;
    if (sk_X509_push(out.chain.get(), next.get()) == 0) return load_error("certificate chain");
    (void)next.release();  // the chain has it now
  }
  ERR_clear_error();  // the end of the file
  const Bio secret = bio_of(key_pem);
  out.key.reset(PEM_read_bio_PrivateKey(secret.get(), nullptr, nullptr, nullptr));
  if (!out.key) return load_error("key");
  if (X509_check_private_key(out.leaf.get(), out.key.get()) != 1)
    return load_error("key and certificate");
  const CertificateFacts facts = certificate_facts(out.leaf.get());
  out.names = domains_of(facts);
  out.label = !out.names.empty() ? out.names.front() : lower_ascii(facts.common_name);
  out.expires = facts.not_after;
  out.sha256 = facts.sha256;
  return out;
}

Result<void> Identity::show(SSL* ssl) const {
  if (SSL_use_cert_and_key(ssl, leaf.get(), key.get(), chain.get(), 1) != 1)
    return load_error("certificate");
  return {};
}

// Where two certificates stand for one name, the one configured first is shown.
void TlsContext::State::index() {
  for (std::size_t at = 0; at < identities.size(); ++at)
    for (const std::string& name : identities[at].names) by_name.emplace(name, at);
}

const Identity* TlsContext::State::find(std::string_view domain) const {
  std::string name = lower_ascii(domain);
  if (name.ends_with('.')) name.pop_back();
  auto found = by_name.find(name);
  if (found == by_name.end()) {  // RFC 9525 6.3: a wildcard stands for one whole label
    const std::size_t dot = name.find('.');
    if (dot == 0 || dot == std::string::npos) return nullptr;
    found = by_name.find("*" + name.substr(dot));
  }
  return found == by_name.end() ? nullptr : &identities[found->second];
}

// ---- the context ----

namespace {

std::vector<TlsIdentity> identities_of(const TlsSettings& settings) {
  std::vector<TlsIdentity> all = settings.further;
  if (!settings.certificate_pem.empty())
    all.insert(all.begin(), {settings.certificate_pem, settings.key_pem});
  return all;
}

}  // namespace

bool covers(const TlsSettings& ours, std::string_view domain) {
  TlsContext::State state;
  for (const TlsIdentity& one : identities_of(ours)) {
    Result<Identity> identity = load_identity(one.certificate_pem, one.key_pem.text());
    if (identity) state.identities.push_back(std::move(*identity));
  }
  state.index();
  return state.find(domain) != nullptr;
}

TlsContext::TlsContext(std::unique_ptr<State> state) : state_(std::move(state)) {}
TlsContext::~TlsContext() = default;

Result<std::shared_ptr<const TlsContext>> TlsContext::load(const TlsSettings& settings) {
  auto state = std::make_unique<State>();
  Result<SslContext> client = make_context(settings, false);
  if (!client) return client.error();
  if (Result<void> done = use_anchors(client->get(), settings.ca); !done) return done.error();
  state->client = std::move(*client);
  for (const TlsIdentity& one : identities_of(settings)) {
    Result<Identity> identity = load_identity(one.certificate_pem, one.key_pem.text());
    if (!identity) return identity.error();
    state->identities.push_back(std::move(*identity));
  }
  state->index();
  if (!state->identities.empty()) {
    Result<SslContext> server = make_context(settings, true);
    if (!server) return server.error();
    SSL_CTX_set1_cert_store(server->get(), SSL_CTX_get_cert_store(state->client.get()));
    state->server = std::move(*server);
    // What the library would refuse in the first handshake is refused now.
    const Ssl trial(SSL_new(state->server.get()));
    for (const Identity& one : state->identities)
      if (Result<void> done = one.show(trial.get()); !done) return done.error();
  }
  return std::shared_ptr<const TlsContext>(new TlsContext(std::move(state)));
}

bool TlsContext::can_serve() const { return state_->server != nullptr; }

std::vector<TlsContext::Expiry> TlsContext::certificates() const {
  std::vector<Expiry> out;
  for (const Identity& one : state_->identities) out.push_back({one.label, one.expires});
  return out;
}

std::string TlsContext::certificate_sha256(std::string_view identity) const {
  if (const Identity* found = state_->find(identity)) return found->sha256;
  return state_->identities.empty() ? std::string() : state_->identities.front().sha256;
}

}  // namespace hanse::net
