// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/xmpp_wire.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

namespace bench {

namespace {

constexpr int wait_ms_max = 60'000;
constexpr std::size_t record_bytes_max = 16'384;

Broken broken(const std::string& what) {
  std::array<char, 256> text{};
  const unsigned long code = ERR_get_error();
  if (code != 0) ERR_error_string_n(code, text.data(), text.size());
  return Broken{what + ": " + (code != 0 ? text.data() : std::strerror(errno))};
}

sockaddr_in address_of(const std::string& host, int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  if (inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) throw Broken{"no address: " + host};
  return address;
}

void no_delay(int descriptor) {
  const int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

}  // namespace

TlsContext tls_context(const std::string& certificate, const std::string& key) {
  TlsContext context(SSL_CTX_new(TLS_method()));
  if (!context || SSL_CTX_use_certificate_chain_file(context.get(), certificate.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(context.get(), key.c_str(), SSL_FILETYPE_PEM) != 1) {
    throw broken("certificate " + certificate);
  }
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, [](int, X509_STORE_CTX*) { return 1; });
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  return context;
}

Wire::Wire(int descriptor) : descriptor_(descriptor) {}

Wire::~Wire() {
  SSL_free(tls_);
  ::close(descriptor_);
}

void Wire::start_tls(SSL_CTX& context, const std::string& server_name) {
  tls_ = SSL_new(&context);
  SSL_set_fd(tls_, descriptor_);
  SSL_set_tlsext_host_name(tls_, server_name.c_str());
  if (SSL_connect(tls_) != 1) throw broken("TLS with " + server_name);
  input.clear();
}

void Wire::accept_tls(SSL_CTX& context) {
  tls_ = SSL_new(&context);
  SSL_set_fd(tls_, descriptor_);
  if (SSL_accept(tls_) != 1) throw broken("TLS from a client");
  input.clear();
}

void Wire::send(std::string_view bytes) {
  while (!bytes.empty()) {
    std::size_t sent = 0;
    if (tls_ != nullptr) {
      if (SSL_write_ex(tls_, bytes.data(), bytes.size(), &sent) != 1) throw broken("TLS write");
    } else {
      const ssize_t count = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count < 0) throw broken("write");
      sent = static_cast<std::size_t>(count);
    }
    bytes.remove_prefix(sent);
  }
}

void Wire::wait(short events) const {
  pollfd one{descriptor_, events, 0};
  const int ready = ::poll(&one, 1, wait_ms_max);
  if (ready == 0) throw Broken{"nothing moved for a minute"};
  if (ready < 0 && errno != EINTR) throw broken("poll");
}

bool Wire::read_away() {
  std::array<char, record_bytes_max> buffer{};
  if (tls_ == nullptr) {
    const ssize_t count = ::recv(descriptor_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count == 0) throw Broken{"closed while sending"};
    return count > 0;
  }
  std::size_t got = 0;
  if (SSL_read_ex(tls_, buffer.data(), buffer.size(), &got) == 1) {
    const std::string_view text(buffer.data(), got);
    if (text.find("stream:error") != text.npos) throw Broken{"refused: " + std::string(text)};
    return true;
  }
  const int error = SSL_get_error(tls_, 0);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return false;
  throw broken("closed while sending");
}

void Wire::stream(std::string_view bytes) {
  const int flags = fcntl(descriptor_, F_GETFL);
  fcntl(descriptor_, F_SETFL, flags | O_NONBLOCK);
  while (!bytes.empty()) {
    std::size_t sent = 0;
    const std::string_view piece = bytes.substr(0, record_bytes_max);
    if (tls_ != nullptr) {
      SSL_write_ex(tls_, piece.data(), piece.size(), &sent);
    } else {
      const ssize_t count = ::send(descriptor_, piece.data(), piece.size(), MSG_NOSIGNAL);
      if (count < 0 && errno != EAGAIN) throw broken("write");
      sent = count < 0 ? 0 : static_cast<std::size_t>(count);
    }
    bytes.remove_prefix(sent);
    if (sent > 0) continue;
    while (read_away()) continue;
    wait(POLLOUT | POLLIN);
  }
  fcntl(descriptor_, F_SETFL, flags);
}

bool Wire::receive() {
  const std::size_t before = input.size();
  constexpr std::size_t room = 65'536;
  input.resize(before + room);
  std::size_t got = 0;
  if (tls_ != nullptr) {
    if (SSL_has_pending(tls_) == 0) wait(POLLIN);
    if (SSL_read_ex(tls_, input.data() + before, room, &got) != 1) got = 0;
  } else {
    wait(POLLIN);
    const ssize_t count = ::recv(descriptor_, input.data() + before, room, 0);
    got = count < 0 ? 0 : static_cast<std::size_t>(count);
  }
  input.resize(before + got);
  return got > 0;
}

char Wire::peek() const {
  char first = 0;
  wait(POLLIN);
  if (::recv(descriptor_, &first, 1, MSG_PEEK) != 1) throw Broken{"closed at once"};
  return first;
}

std::string Wire::take(std::string_view text, std::string_view or_text) {
  while (true) {
    std::size_t at = input.find(text);
    std::size_t length = text.size();
    if (at == input.npos && !or_text.empty()) {
      at = input.find(or_text);
      length = or_text.size();
    }
    if (at != input.npos) {
      std::string taken = input.substr(0, at + length);
      input.erase(0, at + length);
      return taken;
    }
    const std::string seen = input;
    if (!receive()) throw Broken{"closed instead of " + std::string(text) + ": " + seen};
  }
}

void Wire::shut_down() const { ::shutdown(descriptor_, SHUT_RDWR); }

std::unique_ptr<Wire> dial(const std::string& host, int port) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = address_of(host, port);
  auto wire = std::make_unique<Wire>(descriptor);
  if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw broken("connect to " + host + ":" + std::to_string(port));
  }
  no_delay(descriptor);
  return wire;
}

int listen_at(const std::string& host, int port) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = address_of(host, port);
  const int on = 1;
  setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(descriptor, SOMAXCONN) != 0) {
    throw broken("listen at " + host + ":" + std::to_string(port));
  }
  return descriptor;
}

std::unique_ptr<Wire> accept_at(int listener) {
  const int descriptor = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
  if (descriptor < 0) return nullptr;
  no_delay(descriptor);
  return std::make_unique<Wire>(descriptor);
}

}  // namespace bench
