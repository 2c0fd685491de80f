// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>

// Sockets and TLS of the load generator. Everything blocks; what goes wrong throws Broken.
namespace bench {

struct Broken {
  std::string what;
};

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using TlsContext = std::unique_ptr<SSL_CTX, FreeContext>;

// Both sides: shows the certificate, asks a client for one, believes whatever it gets.
TlsContext tls_context(const std::string& certificate, const std::string& key);

// One connection and what was read from it and not used yet.
class Wire {
 public:
  explicit Wire(int descriptor);
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  void start_tls(SSL_CTX& context, const std::string& server_name);
  void accept_tls(SSL_CTX& context);

  void send(std::string_view bytes);
  // Sends while reading and throwing away what comes: neither side may wait for the other.
  void stream(std::string_view bytes);
  // Appends what there is to `input`; waits for at least one byte. False at the end.
  bool receive();
  // The first byte to come, left where it is.
  char peek() const;
  // Reads until one of the texts is there; drops everything up to its end and returns the rest
  // before it, the text included.
  std::string take(std::string_view text, std::string_view or_text = {});
  void shut_down() const;

  std::string input;

 private:
  void wait(short events) const;
  bool read_away();

  int descriptor_;
  SSL* tls_ = nullptr;
};

std::unique_ptr<Wire> dial(const std::string& host, int port);
int listen_at(const std::string& host, int port);
std::unique_ptr<Wire> accept_at(int listener);

}  // namespace bench
