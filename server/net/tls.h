// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/engine.h"
#include "server/base/result.h"
#include "server/base/secret.h"

namespace hanse::net {

struct TlsIdentity {
  std::string certificate_pem;   // chain, leaf first
  Secret key_pem;
};

struct TlsSettings {
  std::string certificate_pem;   // the one shown when no other fits; may be empty
  Secret key_pem;
  std::string ca;                // "system" or the path of a PEM file
  std::string version_min = "1.2";
  std::vector<TlsIdentity> further{};   // without any certificate there is no server side
};

// The loaded keys and trust anchors; immutable, shared by all shards, replaced whole on reload.
class TlsContext {
 public:
  static Result<std::shared_ptr<const TlsContext>> load(const TlsSettings& settings);
  ~TlsContext();
  bool can_serve() const;
  struct Expiry { std::string name; UtcTime at; };
  std::vector<Expiry> certificates() const;          // ours
  // Of the one we show in this name, in lower-case hex; empty: there is none.
  std::string certificate_sha256(std::string_view identity) const;

  struct State;                                      // tls_handles.h

 private:
  friend class TlsChannel;
  explicit TlsContext(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// TLS as a machine over bytes (memory BIOs): cipher text and plain text in and out, no socket.
// A server shows the certificate for wish.identity, else for the name the client asks for, else
// the first; a client shows one only when wish.identity says as whom.
// Thread: one connection's.
class TlsChannel {
 public:
  // `door`: what a session ticket of this server side is good for.
  TlsChannel(std::shared_ptr<const TlsContext> context, bool server, TlsWish wish,
             std::string_view door);
  ~TlsChannel();

  enum class State : std::uint8_t { handshaking, up, peer_closed, failed };
  // Feeds received cipher text; appends plain text to `plain` and what must be sent to `cipher`.
  State receive(std::string_view bytes, std::string& plain, std::string& cipher);
  State send(std::string_view plain, std::string& cipher);   // after up
  State start(std::string& cipher);                          // client hello
  void version_min(TlsVersion least);                        // before it; usual: as configured
  void shut_down(std::string& cipher);                       // close_notify
  TlsFacts facts() const;
  const std::string& error() const;

 private:
  struct Machine;
  std::unique_ptr<Machine> machine_;
};

}  // namespace hanse::net
