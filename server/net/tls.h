// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/engine.h"
#include "server/base/result.h"

namespace hanse::net {

struct TlsSettings {
  std::string certificate_pem;   // chain, leaf first; empty: no server side
  std::string key_pem;
  std::string ca;                // "system" or the path of a PEM file
  std::string version_min = "1.2";
};

// The loaded keys and trust anchors; immutable, shared by all shards, replaced whole on reload.
class TlsContext {
 public:
  static Result<std::shared_ptr<const TlsContext>> load(const TlsSettings& settings);
  ~TlsContext();
  bool can_serve() const;
  std::optional<UtcTime> certificate_expires() const;

 private:
  friend class TlsChannel;
  struct State;
  explicit TlsContext(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// TLS as a machine over bytes (memory BIOs): cipher text and plain text in and out, no socket.
// Thread: one connection's.
class TlsChannel {
 public:
  TlsChannel(std::shared_ptr<const TlsContext> context, bool server, std::string_view name,
             const std::vector<std::string>& also);
  ~TlsChannel();

  enum class State : std::uint8_t { handshaking, up, peer_closed, failed };
  // Feeds received cipher text; appends plain text to `plain` and what must be sent to `cipher`.
  State receive(std::string_view bytes, std::string& plain, std::string& cipher);
  State send(std::string_view plain, std::string& cipher);   // after up
  State start(std::string& cipher);                          // client hello
  void shut_down(std::string& cipher);                       // close_notify
  TlsFacts facts() const;
  const std::string& error() const;

 private:
  struct Machine;
  std::unique_ptr<Machine> machine_;
};

}  // namespace hanse::net
